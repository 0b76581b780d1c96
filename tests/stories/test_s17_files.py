"""S17: the guest downloads the event's files through a link of their own."""

from __future__ import annotations

import re

import pytest
from django.test import Client

LUNCH = {"title": "Lunch", "start": "2026-11-24T14:00", "end": "2026-11-24T15:00"}
PDF = b"%PDF-1.4 menu of the day"
FILE = re.compile(r'href="http://testserver(/r/[^"]+/files/[^"]+)"')


@pytest.fixture
def event(door, gus, gwen):
    return door.create(**LUNCH, who=[gus, gwen], files=[("menú.pdf", PDF)])


@pytest.fixture
def links(event, deliver) -> dict[str, str]:
    return {mail.recipients[0][:3]: FILE.search(mail.html).group(1) for mail in deliver()}


def download(path: str):
    return Client().get(path)


def test_s17_guest_downloads_the_file_by_a_link(links):
    response = download(links["gus"])
    assert response.status_code == 200
    assert b"".join(response) == PDF
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_s17_file_itself_is_not_in_the_mail(event, smtp, deliver):
    assert all(PDF not in mail.data for mail in deliver())


def test_s17_page_of_the_guest_has_the_file(event, deliver, guest_opens):
    page = guest_opens(deliver()[0])
    assert "menú.pdf" in page.text


def test_s17_everyone_has_a_link_of_their_own(links):
    assert links["gus"] != links["gwe"]


def test_s17_link_ends_when_the_guest_is_removed(door, event, links, gus):
    door.edit(event, remove=[gus])
    assert download(links["gus"]).status_code in {404, 410}
    assert download(links["gwe"]).status_code == 200


def test_s17_link_ends_when_the_event_is_cancelled(door, event, links):
    door.cancel(event)
    assert download(links["gus"]).status_code in {404, 410}


def test_s17_file_added_later_is_told(door, event, links, deliver):
    files = [("menú.pdf", PDF), ("wine.pdf", b"%PDF-1.4 wine")]
    door.edit(event, files=files)
    mail = deliver()[0]
    assert "wine.pdf" in mail.text
