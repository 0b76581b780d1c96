"""Mails that no person wrote: delivery reports (RFC 3464) and automatic answers (RFC 3834)."""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as MailMessage
from enum import StrEnum

from convoca.standards.ical.address import is_address, normalise
from convoca.standards.ical.cleaning import clean
from convoca.standards.imip.extract import MAX_DEPTH, MAX_PARTS, NotAMail, parse, parse_head

_MAX_RECIPIENTS = 100
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b", re.ASCII)
_REPORT = re.compile(rb"(?i)delivery-status")
_MAX_WORDS = 500
_STATUS = {"message/delivery-status", "message/global-delivery-status"}


class Action(StrEnum):
    """What became of a mail, in the words of RFC 3464, 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a report says of one recipient; `status` is the enhanced code, such as 5.1.1."""

    address: str
    action: Action
    status: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A delivery report; `message_id` is that of the mail it speaks of, when it tells."""

    deliveries: tuple[Delivery, ...]
    message_id: str = ""


def delivery_report(data: bytes) -> Report | None:
    """Return the delivery report in a mail, None when it is none (or no mail at all).

    To be asked before anything else: a bounced invitation carries the invitation.
    """
    if not _REPORT.search(data):
        return None
    try:
        mail = parse(data)
        parts = list(_all_parts(mail))
    except NotAMail:
        return None
    statuses = [part for part in parts if part.get_content_type() in _STATUS]
    if not statuses:
        return None
    found = [one for part in statuses for one in _deliveries(part)][:_MAX_RECIPIENTS]
    return Report(deliveries=tuple(found), message_id=_original_id(parts))


def is_automatic(data: bytes) -> bool:
    """Tell whether a mail without scheduling message came from a machine (RFC 3834, 5).

    Not to be asked of a REPLY: Gmail marks those as auto-generated.
    """
    try:
        mail = parse_head(data)
    except NotAMail:
        return False
    submitted = _value(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    precedence = _value(mail, "Precedence").lower()
    return (
        submitted not in ("", "no")
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or any(name in mail for name in ("List-Id", "X-Autoreply", "X-Autorespond", "Feedback-ID"))
        or _value(mail, "Return-Path") == "<>"
    )


def _all_parts(mail: MailMessage) -> Iterator[MailMessage]:
    """Yield all parts, those of the mail that is returned too."""
    waiting = [(mail, 1)]
    seen = 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            raise NotAMail("the mail has too many parts")
        yield part
        payload = part.get_payload()
        if part.get_content_type() not in _STATUS and isinstance(payload, list):
            waiting += [(one, depth + 1) for one in reversed(payload) if not isinstance(one, str)]


def _deliveries(part: MailMessage) -> Iterator[Delivery]:
    """Yield the groups of recipient fields (RFC 3464, 2.3)."""
    for group in _messages(part):
        recipient = _value(group, "Final-Recipient") or _value(group, "Original-Recipient")
        original = _value(group, "Original-Recipient") or recipient
        address = normalise(original.rpartition(";")[2].strip(" <>"))
        action = _value(group, "Action").lower()
        if not is_address(address) or action not in {one.value for one in Action}:
            continue
        words = _value(group, "Diagnostic-Code").partition(";")[2].strip()
        code = _ENHANCED.search(_value(group, "Status")) or _ENHANCED.search(words)
        yield Delivery(
            address=address,
            action=Action(action),
            status=code[0] if code else "",
            words=words[:_MAX_WORDS],
        )


def _messages(part: MailMessage) -> list[MailMessage]:
    """Return what the parser made of a message/* part: field groups, or the mail within."""
    payload = part.get_payload()
    return [one for one in payload if not isinstance(one, str)] if isinstance(payload, list) else []


def _original_id(parts: list[MailMessage]) -> str:
    """Return the Message-ID of the returned mail or of its headers."""
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            return "".join(_value(original, "Message-ID") for original in _messages(part)[:1])
        if part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers"):
            return _value(email.message_from_string(str(part.get_payload())), "Message-ID")
    return ""


def _value(mail: MailMessage, name: str) -> str:
    return " ".join(clean(str(mail.get(name, ""))).split())
