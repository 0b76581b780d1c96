"""Mails that are no answer: passed on to the host, unless a machine wrote them."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from convoca.calendars import words
from convoca.calendars.models import Event
from convoca.invitations import links
from convoca.invitations.replies import finding
from convoca.invitations.replies.letter import Letter
from convoca.invitations.waiting import correspondence
from convoca.mail.inbound.inbox import Outcome, Verdict
from convoca.mail.outbox import letters
from convoca.standards.ical.address import is_address, normalise
from convoca.standards.imip.compose import Mailbox
from convoca.standards.imip.reports import is_automatic
from convoca.standards.itip import incoming

_LONGEST_TEXT = 10_000


def forward(letter: Letter) -> Verdict:
    """Pass a mail that is no answer on to the host of the event it was written to.

    Automatic mails and those without an envelope sender are ignored, ours among them, so that
    two machines never write to each other. So is what the host has in their own mailbox, unless
    it must be explained.
    """
    mail, message = letter.mail, letter.message
    is_unread = bool(mail.problem) or mail.has_tnef
    if not message.is_answerable:
        return Verdict(outcome=Outcome.IGNORED, detail="it has no envelope sender")
    if is_automatic(bytes(message.content)) and not is_unread:
        return Verdict(outcome=Outcome.IGNORED, detail="an automatic mail")
    thread = finding.by_thread(mail.references, mailbox=message.mailbox)
    event = letter.own_event or (thread.event if thread else None)
    if event is None:
        return Verdict(outcome=Outcome.IGNORED, detail="about no event of ours")
    _keep(letter, event)
    is_theirs = message.mailbox is not None and message.mailbox.sender.owner_id == event.host_id
    if is_theirs and not is_unread:
        return Verdict(outcome=Outcome.IGNORED, detail="the host has it already")
    with translation.override(event.host.user.language):
        sentence = _why(letter)
    return _post(letter, event, sentence, mail.text)


def forward_proposal(letter: Letter, event: Event, proposal: incoming.Proposal) -> Verdict:
    """Tell the host of another time that an attendee proposes; nothing changes by itself."""
    invitation = finding.invitation_of(event, proposal.address)
    if invitation is None or not letter.message.is_answerable:
        return Verdict(outcome=Outcome.IGNORED, detail="a proposal of nobody invited")
    with translation.override(event.host.user.language):
        sentence = _("%(name)s proposes another time: %(when)s. Nothing has been changed.") % {
            "name": invitation.name or invitation.email,
            "when": words.when_briefly(proposal.start, event.zone),
        }
    return _post(letter, event, sentence, proposal.comment)


def _keep(letter: Letter, event: Event) -> None:
    """Keep the words under the guest they came from, unless they are the host's own."""
    writer, host = finding.alike(letter, event), event.host
    own = {normalise(host.email), event.sender.email_key if event.sender else ""}
    if writer is not None and letter.mail.sender not in own:
        correspondence.keep(writer, letter.message, letter.mail.sender, letter.mail.text)


def _why(letter: Letter) -> str:
    """Return why the host has to read a mail that perhaps is an answer."""
    if letter.mail.has_tnef:
        return _(
            "Outlook has hidden the answer in a file (winmail.dat) that only Outlook can read; "
            "please ask whether they come."
        )
    if letter.mail.problem:
        return _("There is an answer in this mail that could not be read; please look yourself.")
    return ""


def _post(letter: Letter, event: Event, sentence: str, text: str) -> Verdict:
    """Queue the mail to the host; an answer to it goes to whoever wrote, not to us."""
    mail, host = letter.mail, event.host
    writer = Mailbox(address=mail.sender, name=mail.sender_name)
    context: dict[str, Any] = {
        "sentence": sentence,
        "writer": f"{mail.sender_name} <{mail.sender}>".strip(),
        "title": event.title,
        "about": mail.subject[:300],
        "text": text.strip()[:_LONGEST_TEXT],
        "url": links.event_url(event),
    }
    letters.post(
        f"inbound:{letter.message.pk}",
        "invitations/mail/forwarded",
        context,
        recipient=host.email,
        name=host.name,
        language=host.user.language,
        team=event.team,
        reply_to=writer if is_address(mail.sender) else None,
        enclosed=bytes(letter.message.content),
    )
    return Verdict(outcome=Outcome.FORWARDED)
