"""A mail taken apart: the scheduling message in it, wherever a mail program has put it."""

import codecs
import email.errors
import email.header
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.feedparser import BytesFeedParser
from email.message import Message as MailMessage
from email.utils import getaddresses

from convoca.standards.ical.address import is_address, normalise
from convoca.standards.ical.cleaning import clean
from convoca.standards.ical.reading import MAX_BYTES, Calendar, Unreadable, read

MAX_DEPTH = 16
MAX_PARTS = 256
MAX_MAIL = 10 * 1024 * 1024
MAX_LINES = 250_000
_MAX_TEXT = 64 * 1024
_PIECE = 64 * 1024
_MAX_HEADER = 16 * 1024
_MAX_REPORTED = 10_000
"""How many empty lines a delivery report may have: each of its blocks is parsed by itself."""
_CONTENT_HEADER = re.compile(rb"(?im)^content-[^:\r\n]*:[^\n]*(?:\n[ \t][^\n]*)*")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_MULTIPART = re.compile(rb"(?i)\ncontent-type:\s*multipart/")
_MAX_STEPS = 3_000_000
"""The parser passes each line through every multipart it may stand in."""
_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
"""Codecs of Python's that are no charsets; one of them takes hours for a mail."""
_TNEF = {"application/ms-tnef", "application/vnd.ms-tnef"}


class NotAMail(ValueError):
    """What is no mail within bounds; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What a mail is to an organizer.

    `calendar` is None when there is none, and `problem` then says why if one was there but could
    not be read. `method` is the calendar's own, else that of the part's Content-Type; a calendar
    part may lack either. `has_tnef` tells of a winmail.dat, in which Outlook hides its answer.
    `sender` is the From address; it proves nothing. `text` is the plain text, for showing.
    """

    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    references: tuple[str, ...]
    text: str
    method: str = ""
    calendar: Calendar | None = None
    problem: str = ""
    has_tnef: bool = False


def extract(data: bytes) -> Incoming:
    """Take a mail apart, or raise NotAMail.

    One calendar part is chosen: text/calendar with `method`, else text/calendar, else
    application/ics or a file *.ics (RFC 6047, 2.4). Forwarded mails are not looked into. The
    bytes are read by the charset the part declares.
    """
    mail = parse(data)
    parts = list(leaves(mail))
    found = _chosen(parts)
    calendar, problem = _read(found) if found is not None else (None, "")
    declared = found.get_param("method", "") if found is not None else ""
    name, address = next(iter(_addresses([_header(mail, "From")])), ("", ""))
    return Incoming(
        sender=normalise(address),
        sender_name=clean(name),
        recipients=_recipients(mail),
        subject=_header(mail, "Subject"),
        message_id=_header(mail, "Message-ID").strip(),
        references=_references(mail),
        text=_plain_text(parts),
        method=(calendar.method if calendar else "") or str(declared).upper(),
        calendar=calendar,
        problem=problem,
        has_tnef=any(part.get_content_type() in _TNEF for part in parts),
    )


def parse(data: bytes) -> MailMessage:
    """Parse a mail, or raise NotAMail when it is too large, too deep or has too many parts."""
    if len(data) > MAX_MAIL:
        raise NotAMail("the mail is larger than 10 MiB")
    if data.count(b"\nContent-") > 8 * MAX_PARTS or data.count(b"\n--") > 40 * MAX_PARTS:
        raise NotAMail("the mail has too many parts")
    lines = data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
    if lines > MAX_LINES or lines * len(_MULTIPART.findall(data)) > _MAX_STEPS:
        raise NotAMail("the mail has too many lines")
    if b"delivery-status" in data and data.count(b"\n\n") > _MAX_REPORTED:
        raise NotAMail("the mail has too many parts")
    if any(len(one[0]) > _MAX_HEADER for one in _CONTENT_HEADER.finditer(data)):
        raise NotAMail("a header of the mail is too long")
    try:
        return _parsed(data)
    except (ValueError, LookupError, RecursionError, AttributeError, TypeError) as problem:
        raise NotAMail("the mail cannot be parsed") from problem


def _parsed(data: bytes) -> MailMessage:
    """Return the mail, fed piece by piece: as a whole the library would hold it four times over."""
    parser = BytesFeedParser(policy=email.policy.compat32)
    for at in range(0, len(data), _PIECE):
        parser.feed(data[at : at + _PIECE])
    return parser.close()


def parse_head(data: bytes) -> MailMessage:
    """Parse the headers of a mail alone, or raise NotAMail."""
    end = _END_OF_HEAD.search(data)
    return parse(data[: end.start()] if end else data)


def leaves(mail: MailMessage) -> Iterator[MailMessage]:
    """Yield the parts that hold something, in order, not those of a mail within the mail."""
    waiting = [(mail, 1)]
    seen = 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            raise NotAMail("the mail has too many parts")
        if part.get_content_maintype() == "message":
            continue
        payload = part.get_payload()
        if part.is_multipart() and isinstance(payload, list):
            waiting += [(one, depth + 1) for one in reversed(payload) if not isinstance(one, str)]
        else:
            yield part


def _chosen(parts: list[MailMessage]) -> MailMessage | None:
    """Return the calendar part, the best kind first."""
    calendars = [part for part in parts if part.get_content_type() == "text/calendar"]
    with_method = [part for part in calendars if part.get_param("method")]
    files = [part for part in parts if _is_calendar_file(part)]
    return next(iter((*with_method, *calendars, *files)), None)


def _is_calendar_file(part: MailMessage) -> bool:
    name = (_filename(part) or "").lower()
    return part.get_content_type() == "application/ics" or name.endswith(".ics")


def _filename(part: MailMessage) -> str | None:
    try:
        return part.get_filename()
    except (ValueError, LookupError, TypeError):
        return None


def _read(part: MailMessage) -> tuple[Calendar | None, str]:
    encoded = part.get_payload()
    is_endless = len(str(encoded)) > 4 * MAX_BYTES  # whatever the encoding, which takes 3 at most
    content = b"" if is_endless else _content(part)
    if is_endless or len(content) > MAX_BYTES:
        return None, "the calendar in it is larger than 1 MiB"
    try:
        return read(_decoded(part, content)), ""
    except Unreadable as problem:
        return None, str(problem)


def _content(part: MailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: MailMessage, content: bytes) -> bytes | str:
    """Return the content by its declared charset, as it is where that is none or a lie."""
    try:
        charset = codecs.lookup(part.get_content_charset("us-ascii")).name
        if charset == "ascii" or charset in _NO_CHARSETS:
            return content
        return content.decode(charset)
    except (ValueError, LookupError, TypeError):
        return content


def _plain_text(parts: list[MailMessage]) -> str:
    for part in parts:
        if part.get_content_type() == "text/plain" and not _filename(part):
            content = _decoded(part, _content(part)[:_MAX_TEXT])
            text = content if isinstance(content, str) else content.decode(errors="replace")
            return clean(text)
    return ""


def _recipients(mail: MailMessage) -> tuple[str, ...]:
    names = ("Delivered-To", "X-Original-To", "To", "Cc")
    values = [str(value) for name in names for value in mail.get_all(name, [])]
    found = (normalise(address) for _, address in _addresses(values))
    return tuple(dict.fromkeys(address for address in found if is_address(address)))


def _addresses(values: list[str]) -> list[tuple[str, str]]:
    """Return names and addresses; none of what is nested beyond reason."""
    try:
        return getaddresses([value[:_MAX_HEADER] for value in values[:20]])
    except RecursionError:
        return []


def _references(mail: MailMessage) -> tuple[str, ...]:
    text = f"{_header(mail, 'References')} {_header(mail, 'In-Reply-To')}"
    ids = (word for word in text.split() if word.startswith("<") and word.endswith(">"))
    return tuple(dict.fromkeys(ids))[-50:]


def _header(mail: MailMessage, name: str) -> str:
    """Return a header in plain words on one line, whatever its encoding."""
    raw = mail.get(name)
    if raw is None:
        return ""
    if len(str(raw)) > _MAX_HEADER:
        raw = str(raw)[:_MAX_HEADER]
    try:
        text = str(email.header.make_header(email.header.decode_header(raw)))
    except (ValueError, LookupError, TypeError, email.errors.MessageError):
        text = str(raw)
    return " ".join(clean(text[:8192]).split())
