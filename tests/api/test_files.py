"""Files through the API: uploaded, attached, downloaded; nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from convoca.calendars.models import File
from tests.api.conftest import Program


def test_a_file_comes_back_as_a_download(as_alice: Program):
    uploaded = as_alice.upload("plan.pdf", b"%PDF-1.7 plan")
    assert uploaded.status == 201
    assert uploaded.json == {
        "id": str(File.objects.get().public_id),
        "name": "plan.pdf",
        "size": 13,
        "media_type": "application/pdf",
    }
    answer = as_alice.get(f"/files/{uploaded.json['id']}")
    assert (answer.status, answer.body) == (200, b"%PDF-1.7 plan")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="plan.pdf"'
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    part = as_alice.get(f"/files/{uploaded.json['id']}", Range="bytes=0-3")
    assert (part.status, part.body) == (206, b"%PDF")


def test_an_upload_is_ones_own_until_an_event_has_it(as_alice: Program, as_bob: Program):
    file = as_alice.upload("plan.txt", b"plan").json
    event = {"title": "T", "start": "2096-11-26T10:00", "files": [file["id"]]}
    assert as_bob.get(f"/files/{file['id']}").status == 404
    assert as_bob.post("/events", event).fields == ["files.0"]
    assert as_alice.post("/events", event).status == 201
    assert as_bob.get(f"/files/{file['id']}").status == 200


def test_unknown_files_are_named(as_alice: Program):
    nobody = "00000000-0000-0000-0000-000000000000"
    event = {"title": "T", "start": "2096-11-26T10:00", "files": [nobody]}
    assert as_alice.post("/events", event).fields == ["files.0"]


def test_without_a_file_nothing_is_saved(as_alice: Program):
    answer = as_alice.post("/files", b"", type="multipart/form-data; boundary=x")
    assert (answer.status, answer.fields) == (422, ["file"])


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary="])
def test_a_broken_form_is_malformed(as_alice: Program, kind: str):
    answer = as_alice.post("/files", b"--x--", type=kind)
    assert (answer.status, answer.kind) == (400, "malformed")


def test_too_large_files_are_refused(as_alice: Program, settings: Any):
    settings.MAX_UPLOAD_BYTES = 10
    just = as_alice.upload("plan.txt", b"x" * 11)
    assert (just.status, just.fields) == (422, ["file"])
    far = as_alice.upload("plan.txt", b"x" * 100_000)
    assert (far.status, far.kind) == (413, "too-large")
    assert not File.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("..", "file"), ("<b>.html", "_b_.html"), ("a\x00b", "ab")],
)
def test_hostile_names_become_harmless(as_alice: Program, name: str, kept: str):
    answer = as_alice.upload(name, b"x")
    assert answer.json is not None
    assert answer.status == 422 or answer.json["name"] == kept
