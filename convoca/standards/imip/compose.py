"""A message put into MIME, exactly as mail programs need it to offer their own buttons."""

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from struct import Struct
from types import MappingProxyType
from typing import NamedTuple

from convoca.standards.ical.address import domain_of, is_address
from convoca.standards.ical.cleaning import clean
from convoca.standards.ical.stencil import LineStencil

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
_LONGEST_QP = 76  # octets in a line of quoted-printable, its soft break included


class Unmailable(ValueError):
    """What cannot be put into a mail safely, such as an address that is none."""


class Mailbox(NamedTuple):
    """A name and an address in a mail header."""

    address: str
    name: str = ""


class Letter(NamedTuple):
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
    headers: Mapping[str, str] = MappingProxyType({})


def compose(letter: Letter, ics: bytes, method: str) -> bytes:
    """Return the MIME message that carries a scheduling object to one guest.

    multipart/mixed of multipart/alternative (text, HTML, text/calendar with `method`, in this
    order, as the first child, for Outlook looks no further) and the same calendar bytes as the
    attachment `invite.ics` (RFC 6047, 2.4). CRLF, no line that begins with a dot, words in
    quoted-printable and calendar in base64, ASCII only unless an address itself needs SMTPUTF8.
    The same letter gives the same bytes. Raises Unmailable.
    """
    return compose_encoded(letter, encoded(letter.text), encoded(letter.html), ics, method)


def compose_encoded(letter: Letter, text: bytes, html: bytes, ics: bytes, method: str) -> bytes:
    """Return what `compose` does, with both texts as `encoded` gives them."""
    open_, then_html, then_calendar, then_attachment, close = _frame(method)
    calendar = _base64(ics)
    return b"".join(
        (
            *(_head(letter), open_, text, then_html, html),
            *(then_calendar, calendar, then_attachment, calendar, close),
        )
    )


@lru_cache(16)
def _frame(method: str) -> list[bytes]:
    """Return what stands before, between and after the four parts of an invitation."""
    if not _METHOD.fullmatch(method):
        raise Unmailable(f"{method!r} is no method")
    invitation = _part_head(f"text/calendar; charset=UTF-8; method={method}", "base64")
    attachment = _part_head(
        'application/ics; name="invite.ics"', "base64", 'attachment; filename="invite.ics"'
    )
    here = b"\0"  # stands nowhere else
    alternative = _multipart("alternative", [*_words(here, here), invitation + here])
    return _multipart("mixed", [alternative, attachment + here]).split(here)


def compose_plain(letter: Letter) -> bytes:
    """Return a multipart/alternative of text and HTML: for codes, notices and password resets."""
    words = _words(encoded(letter.text), encoded(letter.html))
    return _head(letter) + _multipart("alternative", words)


def compose_enclosing(letter: Letter, name: str, enclosed: bytes) -> bytes:
    """Return a letter of text and HTML with a file beside it, such as a mail that is passed on."""
    if not _TOKEN.fullmatch(name) or '"' in name or "\\" in name:
        raise Unmailable(f"{name[:40]!r} is no plain file name")
    words = _multipart("alternative", _words(encoded(letter.text), encoded(letter.html)))
    file = _part_head(
        f'application/octet-stream; name="{name}"', "base64", f'attachment; filename="{name}"'
    )
    return _head(letter) + _multipart("mixed", [words, file + _base64(enclosed)])


def _head(letter: Letter) -> bytes:
    """Return the headers; most are the same in hundreds of mails, so they are kept."""
    before, between, after = _shared_headers(
        letter.sender, letter.reply_to, letter.subject, letter.date, tuple(letter.headers.items())
    )
    to, own = _mailbox("To", letter.recipient), _message_id(letter.message_id)
    if letter.references:
        references = [_message_id(one) for one in letter.references[-_MAX_REFERENCES:]]
        own += f"\r\nIn-Reply-To: {references[-1]}\r\nReferences: " + "\r\n ".join(references)
    return f"{before}{to}{between}{own}{after}".encode()


@lru_cache(64)
def _shared_headers(
    sender: Mailbox,
    reply_to: Mailbox | None,
    subject: str,
    date: datetime,
    further: tuple[tuple[str, str], ...],
) -> tuple[str, str, str]:
    """Return all headers but the recipient's own, as they stand before, between and after those."""
    before = f"From: {_mailbox('From', sender)}\r\nTo: "
    between = f"\r\nSubject: {_unstructured('Subject', subject)}\r\nDate: {format_datetime(date)}"
    if reply_to is not None:
        between = f"\r\nReply-To: {_mailbox('Reply-To', reply_to)}{between}"
    after = "\r\nAuto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: OOF, AutoReply\r\n"
    for name, value in further:
        if not _TOKEN.fullmatch(name) or name.lower() in _RESERVED:
            raise Unmailable(f"{name[:40]!r} is no header to be set here")
        after += f"{name}: {_further(name, value)}\r\n"
    return before, f"{between}\r\nMessage-ID: ", f"{after}MIME-Version: 1.0\r\n"


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


def _further(name: str, value: str) -> str:
    """Return a further header's value as it stands: it is structured, so it must be ASCII."""
    if clean(value) != value or "\n" in value or not value.isascii() or len(value) > 900:
        raise Unmailable(f"the value of {name} cannot stand in a header")
    return value


def _message_id(text: str) -> str:
    if not _MESSAGE_ID.fullmatch(text):
        raise Unmailable(f"{text[:80]!r} is no message id")
    return text


def _words(text: bytes, html: bytes) -> list[bytes]:
    return [
        _part_head(f"text/{kind}; charset=UTF-8", "quoted-printable") + words
        for kind, words in (("plain", text), ("html", html))
    ]


def encoded(text: str) -> bytes:
    """Return a text in quoted-printable: clean, with CRLF line ends (RFC 2045, 6.7).

    Our mails are mostly ASCII, which this leaves a third shorter than base64 does. One line end
    more than the text has belongs to the boundary that follows.
    """
    return _quoted_printable(_as_body(text))


def body_stencil(text: str, *, fixed: Mapping[str, str], free: Mapping[str, str]) -> LineStencil:
    """Cut a text at its marks, so that filled in it is what `encoded` gives."""
    lines = _as_body(text).split(b"\r\n")
    return LineStencil(lines, _quoted_printable, b"=\r\n", fixed=fixed, free=free)


def _as_body(text: str) -> bytes:
    return clean(text).replace("\n", "\r\n").encode()


def _quoted_printable(body: bytes) -> bytes:
    """Return lines encoded, the last one ended too; none begins with a dot, for SMTP doubles it."""
    lines = b2a_qp(body + b"\r\n")
    if b"\n." in lines or lines.startswith(b"."):
        return b"\r\n".join(map(_without_leading_dot, lines.split(b"\r\n")))
    return lines


def _without_leading_dot(line: bytes) -> bytes:
    """Return an encoded line with a leading dot in hexadecimal, broken anew if that is too long."""
    if not line.startswith(b"."):
        return line
    line = b"=2E" + line[1:]
    if len(line) <= _LONGEST_QP:
        return line
    end = _LONGEST_QP - 1
    while b"=" in line[end - 2 : end]:  # not inside an escape
        end -= 1
    return line[:end] + b"=\r\n" + _without_leading_dot(line[end:])


def _part_head(content_type: str, encoding: str, disposition: str = "") -> bytes:
    extra = f"Content-Disposition: {disposition}\r\n" if disposition else ""
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    return f"{head}{extra}\r\n".encode()


def _base64(content: bytes) -> bytes:
    """Return the content in base64, in lines of 76 characters (RFC 2045, 6.8)."""
    text = b2a_base64(content, newline=False)
    whole = len(text) // 76
    lines = list(_cutter(whole).unpack_from(text))
    if rest := text[76 * whole :]:
        lines.append(rest)
    lines.append(b"")
    return b"\r\n".join(lines)


@lru_cache(1024)
def _cutter(lines: int) -> Struct:
    """Return what cuts that many lines at once, several times as fast as one by one."""
    return Struct("76s" * lines)


def _multipart(kind: str, parts: list[bytes]) -> bytes:
    """Return the parts, each with a line end, between boundaries that no line of theirs can equal.

    Neither quoted-printable nor base64 can contain `=_`.
    """
    boundary = f"=_{kind}_convoca"
    body = b"".join(b"--%s\r\n%s" % (boundary.encode(), part) for part in parts)
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'
    return b"%s%s--%s--\r\n" % (head.encode(), body, boundary.encode())
