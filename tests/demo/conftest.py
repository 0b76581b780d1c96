"""A demo mailbox in a folder of its own, and a way to put mails into it."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from convoca.web.mailbox import Letter
from convoca.worker.demo import listener

Post = Callable[..., str]

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:A long \r\n line\r\nEND:VCALENDAR\r\n"
HTML = '<p style="color:green">Hello</p><a href="http://testserver/r/x/" style="">Accept</a>'


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.DEMO_MAILBOX_DIR = tmp_path / "mailbox"
    settings.DEMO_MAILBOX_DIR.mkdir()
    return settings.DEMO_MAILBOX_DIR


@pytest.fixture
def post(folder: Path) -> Post:
    """Put a mail into the mailbox as the listener does, and return its key."""

    def deliver(to: str = "gwen@guest.example", subject: str = "Invitation: Lunch") -> str:
        message = EmailMessage()
        message["From"] = "Alice Álvarez <alice@acme.example>"
        message["To"] = f"Gwen López <{to}>"
        message["Subject"] = subject
        message["Date"] = "Tue, 24 Nov 2026 10:00:00 +0100"
        message.set_content("Hello in plain text")
        message.add_alternative(HTML, subtype="html")
        message.add_alternative(CALENDAR, subtype="calendar", params={"method": "REQUEST"})
        postman = listener.Postman(folder)
        return postman.store("alice@acme.example", to, message.as_bytes()).stem

    return deliver


@pytest.fixture
def letter(post: Post, folder: Path) -> Letter:
    key = post()
    return Letter(key, (folder / f"{key}.eml").read_bytes())
