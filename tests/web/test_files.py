"""Files for those who are signed in."""

from __future__ import annotations

import uuid

from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from convoca.accounts.models import Membership
from convoca.calendars.models import File
from tests.builders import an_event


def upload(client: Client, content: bytes = b"plan", name: str = "plan.txt"):  # type: ignore[no-untyped-def]
    file = SimpleUploadedFile(name, content, content_type="text/plain")
    return client.post(reverse("file-upload"), {"file": file})


def test_upload_answers_with_the_id(as_alice: Client, alice: Membership):
    response = upload(as_alice)
    file = File.objects.get()
    assert (response.status_code, response.json()) == (
        201,
        {"id": str(file.public_id), "name": "plan.txt", "size": 4},
    )
    assert (file.uploaded_by, file.event) == (alice, None)


def test_upload_says_when_it_is_too_large(as_alice: Client, settings: LazySettings):
    settings.MAX_UPLOAD_BYTES = 3
    response = upload(as_alice)
    assert response.status_code == 422
    assert response.json()["detail"]
    assert not File.objects.exists()


def test_upload_needs_a_file(as_alice: Client):
    assert as_alice.post(reverse("file-upload")).status_code == 422


def test_colleagues_download_what_is_on_an_event(
    as_alice: Client, as_bob: Client, alice: Membership
):
    where = reverse("file", args=[upload(as_alice).json()["id"]])
    assert as_bob.get(where).status_code == 404
    File.objects.update(event=an_event(alice))
    response = as_bob.get(where)
    assert b"".join(response.streaming_content) == b"plan"
    assert response["Content-Disposition"].startswith("attachment")


def test_files_do_not_exist_for_another_team(
    as_alice: Client, as_mallory: Client, alice: Membership
):
    where = reverse("file", args=[upload(as_alice).json()["id"]])
    File.objects.update(event=an_event(alice))
    assert as_mallory.get(where).status_code == 404
    assert as_mallory.get(reverse("file", args=[uuid.uuid4()])).status_code == 404
