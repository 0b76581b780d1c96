"""Which messages of a mailbox may be answers to us, told from the outside of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from typing import Any

from convoca.mail.inbound import inbox

MOST_PARTS = 256
MOST_REFERENCES = 20

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_ANSWERS = {"REPLY", "COUNTER", "REFRESH"}
_REPORTS = {"message/delivery-status", "message/global-delivery-status"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One leaf of a message: its media type, the calendar method it declares, its file's name."""

    kind: str
    method: str = ""
    filename: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek:
    """What a message is from the outside; `references` are the last ones it names."""

    uid: int
    size: int = 0
    parts: tuple[Part, ...] = ()
    message_id: str = ""
    references: tuple[str, ...] = ()

    @classmethod
    def of(cls, uid: int, size: object, structure: Any, header: bytes) -> Peek:
        """Read what a server told: RFC822.SIZE, BODYSTRUCTURE and three headers."""
        fields = BytesHeaderParser().parsebytes(header)
        named = f"{fields.get('References', '')} {fields.get('In-Reply-To', '')}"
        own = _MESSAGE_ID.search(str(fields.get("Message-ID", "")))
        references = dict.fromkeys(_MESSAGE_ID.findall(named))
        return cls(
            uid=uid,
            size=size if isinstance(size, int) else 0,
            parts=tuple(_parts(structure)),
            message_id=own[0] if own else "",
            references=tuple(references)[-MOST_REFERENCES:],
        )

    @property
    def is_small(self) -> bool:
        """Tell whether it could be kept."""
        return self.size <= inbox.LARGEST

    @property
    def looks_like_answer(self) -> bool:
        """Tell whether it carries a calendar that may be an answer, or a delivery report.

        Calendars that say what they are, and are no answers, are other people's invitations.
        Outlook's winmail.dat is none of these: without a thread nothing tells whose it is.
        """
        if any(part.kind in _REPORTS for part in self.parts):
            return True
        calendars = [part for part in self.parts if _is_calendar(part)]
        methods = {part.method for part in calendars if part.method}
        return bool(methods & _ANSWERS) if methods else bool(calendars)


def _is_calendar(part: Part) -> bool:
    return part.kind in ("text/calendar", "application/ics") or part.filename.endswith(".ics")


def _parts(structure: Any) -> Iterator[Part]:
    """Yield the leaves of a BODYSTRUCTURE (RFC 9051, 7.5.2), not those of a mail in the mail."""
    waiting, seen = [structure], 0
    while waiting and seen < MOST_PARTS:
        seen += 1
        body = waiting.pop()
        if not isinstance(body, tuple) or not body:
            continue
        if isinstance(body[0], list):
            waiting += reversed(body[0])
        elif len(body) > 2:
            parameters = _parameters(body[2])
            disposition = next((one for one in body[8:] if _is_disposition(one)), None)
            disposed = _parameters(disposition[1]) if disposition else {}
            yield Part(
                kind=f"{_text(body[0])}/{_text(body[1])}".lower(),
                method=parameters.get("METHOD", "").upper(),
                filename=(_name(disposed, "FILENAME") or _name(parameters, "NAME")).lower(),
            )


def _is_disposition(value: Any) -> bool:
    """Tell it from the other things that may follow, such as languages."""
    is_pair = isinstance(value, tuple) and len(value) == 2
    return is_pair and isinstance(value[0], bytes) and isinstance(value[1], tuple)


def _parameters(value: Any) -> dict[str, str]:
    pairs = value if isinstance(value, tuple) else ()
    named = zip(pairs[::2], pairs[1::2], strict=False)
    return {_text(name).upper(): _text(text) for name, text in named}


def _name(parameters: dict[str, str], key: str) -> str:
    """Return a file's name; one in several pieces or in another charset still has its end."""
    names = [name for name in parameters if name.partition("*")[0] == key]
    return "".join(parameters[name] for name in sorted(names))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
