"""The web door's fixtures: each of the cast at their own browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from convoca.accounts.models import Membership


@pytest.fixture
def sign_in() -> Callable[[Membership], Client]:
    """Return a browser in which the member is signed in."""

    def browser_of(member: Membership) -> Client:
        client = Client()
        client.force_login(member.user)
        return client

    return browser_of


@pytest.fixture
def as_alice(sign_in: Callable[[Membership], Client], alice: Membership) -> Client:
    return sign_in(alice)


@pytest.fixture
def as_bob(sign_in: Callable[[Membership], Client], bob: Membership) -> Client:
    return sign_in(bob)


@pytest.fixture
def as_mallory(sign_in: Callable[[Membership], Client], mallory: Membership) -> Client:
    return sign_in(mallory)


@pytest.fixture
def visit(
    live_server: LiveServer, context: BrowserContext, sign_in: Callable[[Membership], Client]
) -> Iterator[Callable[..., Page]]:
    """Return how a member opens a page in a real browser; a script's error fails the test."""
    errors: list[str] = []

    def visit(member: Membership, path: str = "/", **media: Any) -> Page:
        session = sign_in(member).cookies["sessionid"].value
        cookie = {"name": "sessionid", "value": session, "url": live_server.url}
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.emulate_media(**media)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.extend(violations(message.text)))
        page.goto(live_server.url + path)
        return page

    yield visit
    assert errors == []


def violations(text: str) -> list[str]:
    """Keep what the browser says when something breaks the content security policy."""
    return [text] if "Content Security Policy" in text else []


@pytest.fixture
def phone(visit: Callable[..., Page]) -> Callable[..., Page]:
    """Return how a member opens a page on a phone."""

    def on_phone(member: Membership, path: str = "/", **media: Any) -> Page:
        page = visit(member, "/agenda/", **media)
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(page.url.removesuffix("/agenda/") + path)
        return page

    return on_phone
