"""The demo mailbox: the mails that the demo's own server took, read as their recipients do."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

KEY = re.compile(r"\d{1,20}-[0-9a-f]{8}")
LINK_START = re.compile(r"<a\b(?![^>]*\btarget=)", re.IGNORECASE)


@dataclass(frozen=True)
class Letter:
    """One mail in one person's mailbox."""

    key: str
    source: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.source, policy=policy.default)

    @property
    def recipient(self) -> str:
        """The address it was delivered to, in lower case."""
        return str(self.message["Delivered-To"] or "").lower()

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def sender(self) -> Address:
        return self._address("From")

    @property
    def addressee(self) -> Address:
        return self._address("To")

    @cached_property
    def arrived_at(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(int(self.key.partition("-")[0]) / 1e9, dt.UTC)

    @cached_property
    def sent_at(self) -> dt.datetime | None:
        try:
            return parsedate_to_datetime(str(self.message["Date"]))
        except ValueError:
            return None

    @cached_property
    def text(self) -> str:
        return self._body("plain")

    @cached_property
    def html(self) -> str:
        """The HTML part, with every link leaving the frame it is shown in."""
        return LINK_START.sub('<a target="_top"', self._body("html"))

    @cached_property
    def calendar(self) -> str:
        """The first text/calendar part, which calendar programs act upon, unfolded."""
        for part in self.message.walk():
            if part.get_content_type() == "text/calendar":
                return re.sub(r"\r?\n[ \t]", "", str(part.get_content()))
        return ""

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    def _address(self, header: str) -> Address:
        field: Any = self.message[header]
        addresses = getattr(field, "addresses", ())
        return addresses[0] if addresses else Address()

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


def letters(recipient: str = "") -> list[Letter]:
    """Return the mails of one recipient, or everybody's, newest first."""
    found = (_read(path) for path in sorted(_folder().glob("*.eml"), reverse=True))
    return [letter for letter in found if not recipient or letter.recipient == recipient.lower()]


def find(key: str) -> Letter | None:
    """Return the mail with that key, if the mailbox has it."""
    path = _folder() / f"{key}.eml"
    return _read(path) if KEY.fullmatch(key) and path.is_file() else None


def recipients() -> list[tuple[str, str, int]]:
    """Return address, name and number of mails of everybody who got one, by name."""
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}
    for letter in letters():
        counts[letter.recipient] += 1
        names.setdefault(letter.recipient, letter.addressee.display_name or letter.recipient)
    people = [(address, names[address], count) for address, count in counts.items()]
    return sorted(people, key=lambda person: person[1].casefold())


def _folder() -> Path:
    return Path(settings.DEMO_MAILBOX_DIR)


@lru_cache(maxsize=2000)
def _read(path: Path) -> Letter:
    """Read a mail once; its file never changes."""
    return Letter(path.stem, path.read_bytes())
