"""A message put into MIME, exactly as mail programs need it to offer their own buttons."""

import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from struct import Struct

from convoca.standards.ical.address import domain_of, is_address
from convoca.standards.ical.cleaning import clean

_TOKEN = re.compile(r"[!-9;-~]{1,76}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_METHOD = re.compile(r"[A-Z]{1,20}")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_ADDRESS_BREAKING = re.compile(r"[\x00-\x20\x7f-\x9f()<>\[\]:;\\,\"]")
_RESERVED = frozenset(
    (
        *("from", "to", "reply-to", "subject", "date", "message-id", "references", "in-reply-to"),
        *("mime-version", "content-type", "content-transfer-encoding", "content-disposition"),
        *("auto-submitted", "x-auto-response-suppress", "bcc", "cc"),
    )
)
_MAX_REFERENCES = 20


class Unmailable(ValueError):
    """What cannot be put into a mail safely, such as an address that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name and an address in a mail header."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything around the calendar object: who writes to whom, and the words in two forms.

    `message_id` and `references` come with angle brackets. `headers` are further ones, such as
    List-Unsubscribe; those this module sets itself are refused.
    """

    sender: Mailbox
    recipient: Mailbox
    subject: str
    message_id: str
    date: datetime
    text: str = ""
    html: str = ""
    reply_to: Mailbox | None = None
    references: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def compose(letter: Letter, ics: bytes, method: str) -> bytes:
    """Return the MIME message that carries a scheduling object to one guest.

    multipart/mixed of multipart/alternative (text, HTML, text/calendar with `method`, in this
    order, as the first child, for Outlook looks no further) and the same calendar bytes as the
    attachment `invite.ics` (RFC 6047, 2.4). CRLF, no line that begins with a dot, base64 bodies,
    ASCII only unless an address itself needs SMTPUTF8. The same letter gives the same bytes.
    Raises Unmailable.
    """
    return compose_encoded(letter, as_body(letter.text), as_body(letter.html), ics, method)


def compose_encoded(letter: Letter, text: bytes, html: bytes, ics: bytes, method: str) -> bytes:
    """Return what `compose` does, with both texts as `as_body` gives them."""
    if not _METHOD.fullmatch(method):
        raise Unmailable(f"{method!r} is no method")
    calendar = _body(ics)
    invitation = f"text/calendar; charset=UTF-8; method={method}"
    words = [*_words(text, html), f"{_part_head(invitation)}{calendar}"]
    attachment = _part_head(
        'application/ics; name="invite.ics"', 'attachment; filename="invite.ics"'
    )
    alternative = _multipart("alternative", letter, words)
    return _encode(letter, _multipart("mixed", letter, [alternative, f"{attachment}{calendar}"]))


def compose_plain(letter: Letter) -> bytes:
    """Return a multipart/alternative of text and HTML: for codes, notices and password resets."""
    words = _words(as_body(letter.text), as_body(letter.html))
    return _encode(letter, _multipart("alternative", letter, words))


def compose_enclosing(letter: Letter, name: str, enclosed: bytes) -> bytes:
    """Return a letter of text and HTML with a file beside it, such as a mail that is passed on."""
    if not _TOKEN.fullmatch(name) or '"' in name or "\\" in name:
        raise Unmailable(f"{name[:40]!r} is no plain file name")
    texts = _words(as_body(letter.text), as_body(letter.html))
    words = _multipart("alternative", letter, texts)
    head = _part_head(f'application/octet-stream; name="{name}"', f'attachment; filename="{name}"')
    return _encode(letter, _multipart("mixed", letter, [words, f"{head}{_body(enclosed)}"]))


def _encode(letter: Letter, content: str) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in _headers(letter))
    return f"{head}MIME-Version: 1.0\r\n{content}".encode()


def _headers(letter: Letter) -> Iterator[tuple[str, str]]:
    yield "From", _mailbox("From", letter.sender)
    yield "To", _mailbox("To", letter.recipient)
    if letter.reply_to is not None:
        yield "Reply-To", _mailbox("Reply-To", letter.reply_to)
    yield "Subject", _unstructured("Subject", letter.subject)
    yield "Date", _date(letter.date)
    yield "Message-ID", _message_id(letter.message_id)
    references = [_message_id(one) for one in letter.references[-_MAX_REFERENCES:]]
    if references:
        yield "In-Reply-To", references[-1]
        yield "References", "\r\n ".join(references)
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "OOF, AutoReply"
    for name, value in letter.headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _RESERVED:
            raise Unmailable(f"{name[:40]!r} is no header to be set here")
        yield name, _further(name, value)


@lru_cache(1024)  # so are these, but for the recipient
def _mailbox(header: str, box: Mailbox) -> str:
    """Return `Name <address>`; the address is checked, the name can be anything.

    A domain stands in its ASCII form: only a local part may need SMTPUTF8 (RFC 6531, 3.2).
    """
    if not is_address(box.address) or _ADDRESS_BREAKING.search(box.address):
        raise Unmailable(f"{box.address[:80]!r} is no e-mail address")
    address = f"{box.address.rpartition('@')[0]}@{domain_of(box.address)}"
    name = " ".join(clean(box.name).split())
    if not name:
        return address
    if name.isascii() and "=?" not in name:
        quoted = name if _PHRASE.fullmatch(name) else _quoted(name)
        shown = quoted if len(header) + len(quoted) < 70 else _encoded(header, name)
    else:
        shown = _encoded(header, name)
    space = "\r\n " if len(shown.rpartition("\n")[2]) + len(address) > 66 else " "
    return f"{shown}{space}<{address}>"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unstructured(header: str, text: str) -> str:
    """Return the text of a header such as Subject, on one line for the reader."""
    plain = " ".join(clean(text).split())
    is_safe = plain.isascii() and len(header) + len(plain) < 76 and "=?" not in plain
    return plain if is_safe else _encoded(header, plain)


@lru_cache(1024)  # sender and subject are the same in hundreds of mails
def _encoded(header: str, text: str) -> str:
    """Return the text as folded encoded words (RFC 2047)."""
    encoded = Header(text, "utf-8", maxlinelen=74, header_name=header)
    return encoded.encode(linesep="\r\n")


@lru_cache(16)
def _date(moment: datetime) -> str:
    return format_datetime(moment)


def _further(name: str, value: str) -> str:
    """Return a further header's value as it stands: it is structured, so it must be ASCII."""
    if clean(value) != value or "\n" in value or not value.isascii() or len(value) > 900:
        raise Unmailable(f"the value of {name} cannot stand in a header")
    return value


def _message_id(text: str) -> str:
    if not _MESSAGE_ID.fullmatch(text):
        raise Unmailable(f"{text[:80]!r} is no message id")
    return text


def _words(text: bytes, html: bytes) -> list[str]:
    return [
        f"{_part_head(f'text/{kind}; charset=UTF-8')}{_body(words)}"
        for kind, words in (("plain", text), ("html", html))
    ]


def as_body(text: str) -> bytes:
    """Return a text as its part holds it before it is encoded: clean, with CRLF line ends."""
    return clean(text).replace("\n", "\r\n").encode()


def _part_head(content_type: str, disposition: str = "") -> str:
    extra = f"Content-Disposition: {disposition}\r\n" if disposition else ""
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n{extra}\r\n"


def _body(content: bytes) -> str:
    """Return the content in base64, in lines of 76 characters (RFC 2045, 6.8)."""
    text = b2a_base64(content, newline=False)
    whole = len(text) // 76
    lines = list(_cutter(whole).unpack_from(text))
    if rest := text[76 * whole :]:
        lines.append(rest)
    lines.append(b"")
    return b"\r\n".join(lines).decode("ascii")


@lru_cache(1024)
def _cutter(lines: int) -> Struct:
    """Return what cuts that many lines at once, several times as fast as one by one."""
    return Struct("76s" * lines)


def _multipart(kind: str, letter: Letter, parts: list[str]) -> str:
    """Return the parts between boundaries that no base64 line can equal."""
    digest = sha256(f"{kind} {letter.message_id}".encode(errors="replace")).hexdigest()[:24]
    boundary = f"=_{kind}_{digest}"
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'
    return f"{head}{body}--{boundary}--\r\n"
