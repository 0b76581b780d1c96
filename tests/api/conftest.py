"""Programs that act for the cast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from convoca.accounts import tokens
from convoca.accounts.models import Membership


class Program:
    """Speaks JSON with the API in the name of a member."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.client = Client(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        response = self.client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else content,
            content_type=headers.pop("type", "application/json"),
            headers={"Authorization": f"Bearer {self.token}"} | headers if self.token else headers,
        )
        return Answer(response)

    def get(self, path: str, **headers: str) -> Answer:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self("POST", path, body, **headers)

    def upload(self, name: str, content: bytes) -> Answer:
        edge = "----edge"
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        body = f"--{edge}\r\n{head}\r\n\r\n".encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self("POST", "/files", body, type=f"multipart/form-data; boundary={edge}")

    def patch(self, path: str, body: Any) -> Answer:
        return self("PATCH", path, body)

    def delete(self, path: str, body: Any = None) -> Answer:
        return self("DELETE", path, body)


class Answer:
    """What came back: `status`, `json`, and for a problem the fields complained of."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.body = b"".join(response) if response.streaming else response.content
        is_json = "json" in response.headers.get("Content-Type", "")
        self.json = json.loads(self.body) if is_json and self.body else None

    @property
    def fields(self) -> list[str]:
        assert self.headers["Content-Type"] == "application/problem+json"
        assert {"type", "title", "status", "detail"} <= self.json.keys()
        assert self.json["status"] == self.status
        return [error["field"] for error in self.json.get("errors", [])]

    @property
    def kind(self) -> str:
        """The last part of a problem's type."""
        assert self.headers["Content-Type"] == "application/problem+json"
        return self.json["type"].rpartition("/")[2]


@pytest.fixture(autouse=True)
def quiet(settings: Any, tmp_path: Path) -> None:
    """No counts of guesses from other tests, and a folder of one's own."""
    cache.clear()
    settings.FILES_DIR = tmp_path / "files"


def program_of(member: Membership) -> Program:
    return Program(tokens.issue(member, "tests")[1])


@pytest.fixture
def as_alice(alice: Membership) -> Program:
    return program_of(alice)


@pytest.fixture
def as_bob(bob: Membership) -> Program:
    return program_of(bob)


@pytest.fixture
def as_mallory(mallory: Membership) -> Program:
    return program_of(mallory)


@pytest.fixture
def stranger(db: None) -> Program:
    return Program()
