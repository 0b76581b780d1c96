"""From a kept message to a verdict: report, answer, or something for the host to read."""

from __future__ import annotations

from django.conf import settings

from convoca.invitations import bounces
from convoca.invitations.replies import answers, finding, forwarding
from convoca.invitations.replies.letter import Letter
from convoca.mail import verp
from convoca.mail.inbox import Outcome, Verdict
from convoca.mail.models import InboundMessage
from convoca.standards.imip.authentication import is_proven
from convoca.standards.imip.extract import NotAMail, extract
from convoca.standards.imip.reports import delivery_report
from convoca.standards.itip.messages import Method

_ANSWERS = {Method.REPLY.value, Method.COUNTER.value, Method.REFRESH.value}


def process(message: InboundMessage) -> Verdict:
    """Do what a message asks for, inside the caller's transaction, and say what became of it.

    A delivery report is looked for first, for it may enclose an invitation. Nothing is mailed to
    whoever wrote: what is sent goes to the host, or to the address that was invited.
    """
    content = bytes(message.content)
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
        is_sender_proven=is_proven(content, mail.sender, settings.AUTHSERV_ID),
    )
    if mail.calendar is not None and mail.calendar.events and mail.method in _ANSWERS:
        return answers.take(letter)
    return forwarding.forward(letter)
