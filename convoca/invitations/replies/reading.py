"""From a kept message to a verdict: report, answer, or something for the host to read."""

from __future__ import annotations

from django.conf import settings

from convoca.calendars.organizers import is_reply_address
from convoca.invitations.reaching import bounces
from convoca.invitations.replies import answers, finding, forwarding
from convoca.invitations.replies.letter import Letter
from convoca.mail.inbound.inbox import Outcome, Verdict
from convoca.mail.models import InboundMessage, Mailbox
from convoca.mail.transport import verp
from convoca.standards.imip.authentication import is_proven
from convoca.standards.imip.extract import Incoming, NotAMail, extract
from convoca.standards.imip.reports import delivery_report
from convoca.standards.itip.messages import Method

_ANSWERS = {Method.REPLY.value, Method.COUNTER.value, Method.REFRESH.value}


def process(message: InboundMessage) -> Verdict:
    """Do what a message asks for, inside the caller's transaction, and say what became of it.

    A delivery report is looked for first, for it may enclose an invitation. Nothing is mailed to
    whoever wrote: what is sent goes to the host, or to the address that was invited.
    """
    content = bytes(message.content)
    if message.mailbox is not None and not is_ours(message.mailbox, content):
        return Verdict(outcome=Outcome.IGNORED, detail="about no event of this mailbox")
    if (report := delivery_report(content)) is not None:
        return bounces.take(message, report)
    if verp.delivery_id(message.recipient) is not None:
        return Verdict(outcome=Outcome.IGNORED, detail="a report that no machine can read")
    try:
        mail = extract(content)
    except NotAMail as problem:
        return Verdict(outcome=Outcome.IGNORED, detail=str(problem))
    event, invitation = finding.by_token(message, mail)
    letter = Letter(
        message=message,
        mail=mail,
        own_event=event,
        invitation=invitation,
        is_sender_proven=is_proven(content, mail.sender, _believed(message)),
    )
    if _is_answer(mail):
        return answers.take(letter)
    return forwarding.forward(letter)


def is_ours(mailbox: Mailbox, content: bytes) -> bool:
    """Tell whether a message in a connected mailbox is about an event sent from there.

    All others are nobody's business here, and not kept. What went to an address of our reply
    domain too comes to us from there.
    """
    if (report := delivery_report(content)) is not None:
        sent = [report.message_id] if report.message_id else []
        return finding.by_thread(sent, mailbox=mailbox) is not None
    try:
        mail = extract(content)
    except NotAMail:
        return False
    if any(map(is_reply_address, mail.recipients)):
        return False
    if mail.calendar is not None and _is_answer(mail):
        events = mail.calendar.events[: answers.MOST_EVENTS]
        if any(finding.by_uid(received, mail, mailbox) for received in events):
            return True
    return finding.by_thread(mail.references, mailbox=mailbox) is not None


def _is_answer(mail: Incoming) -> bool:
    return mail.calendar is not None and bool(mail.calendar.events) and mail.method in _ANSWERS


def _believed(message: InboundMessage) -> str:
    """Return whose verdict on the From address counts: that of the server it came through."""
    mailbox = message.mailbox
    return settings.AUTHSERV_ID if mailbox is None else mailbox.authserv_id
