"""What the host and colleagues are told: the bell, and an e-mail beside it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.db.models import Q
from django.utils import translation

from convoca.accounts.models import Membership
from convoca.calendars import words as spoken
from convoca.calendars.editing import Change
from convoca.calendars.models import Attendee, Event, Kind
from convoca.invitations import failures, links
from convoca.invitations.invitees import Invited
from convoca.invitations.models import GuestMessage, HeldAnswer, Proposal
from convoca.mail import outbox
from convoca.mail.models import Delivery, Mailbox
from convoca.mail.outbox import letters
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import event_facts, words
from convoca.standards.itip.changes import Difference, InstanceChange
from convoca.standards.itip.outgoing import Plan

GATHERING = dt.timedelta(minutes=2)  # in which failures of one event come in one mail


def held(answer: HeldAnswer) -> None:
    """Tell the host of an answer that waits for their decision; once for each that differs."""
    event = answer.event
    facts = event_facts(event, answer.recurrence_id) | {
        "name": answer.name or answer.email,
        "email": answer.email,
        "partstat": answer.partstat,
        "note": answer.note,
        "why": answer.why,
        "by": answer.resembles.name or answer.resembles.email if answer.resembles else "",
    }
    key = f"held:{answer.pk}:{answer.partstat}"
    told = notify.tell(event.host, Notification.Kind.HELD, event, facts, key)
    post([told] if told else [])


def proposed(proposal: Proposal) -> None:
    """Tell the host of another time that somebody invited proposes."""
    invitation = proposal.invitation
    event = invitation.event
    facts = event_facts(event, proposal.recurrence_id) | {
        "name": invitation.name or invitation.email,
        "email": invitation.email,
        "note": proposal.note,
        "proposed": {
            "start": proposal.start.isoformat(),
            "timezone": proposal.timezone,
            "all_day": proposal.all_day,
        },
    }
    key = f"proposal:{proposal.pk}"
    told = notify.tell(event.host, Notification.Kind.PROPOSAL, event, facts, key)
    post([told] if told else [])


def wrote(message: GuestMessage) -> None:
    """Ring the host's bell for what a guest wrote; the mail itself is passed on beside it."""
    invitation = message.invitation
    event = invitation.event
    facts = event_facts(event) | {
        "name": invitation.name or invitation.email,
        "email": invitation.email,
        "note": message.text[:500],
    }
    kind = Notification.Kind.MESSAGE
    notify.tell(event.host, kind, event, facts, f"message:{message.pk}")


def scheduled(
    member: Membership,
    change: Change,
    plan: Plan,
    known: Mapping[str, Invited],
    told: Iterable[str],
) -> None:
    """Ring the bells of the colleagues a save or a cancellation concerns.

    `member` did it, `known` are the invitations as they were before, and `told` the addresses of
    attendees who are to know. A host whose event somebody else changed is told in any case, by
    e-mail too; attendees get the invitation's mail.
    """
    event, date = change.event, change.date
    people = _members(event, known, told)
    facts = event_facts(date or event) | {
        "by": member.name,
        "changed": _changed(plan.difference, is_one_date=date is not None),
    }
    key = f"version:{event.public_id}:{event.version}"
    groups: dict[tuple[Notification.Kind, bool], list[Membership]] = defaultdict(list)
    for address, colleague in people.items():
        if colleague.pk != member.pk:
            groups[_kind(address, plan, change)].append(colleague)
    for (kind, is_removed), colleagues in groups.items():
        notify.tell_all(colleagues, kind, event, facts | {"is_removed": is_removed}, key)
    if event.host_id != member.pk and (plan.difference or plan.event.is_cancelled):
        kind, _is_removed = _kind("", plan, change)
        post(notify.tell_all([event.host], kind, event, facts | {"is_removed": False}, key))


def delivery_failed(deliveries: Iterable[Delivery]) -> None:
    """Tell each host whose mails to guests were refused for good, or came back.

    The mail beside the bell waits a little, so that all batches of a large event come in one.
    """
    for line in failures.ring(deliveries):
        if line.member.notify_by_email:
            _mail_of_failures(line)


def delivery_late(now: dt.datetime) -> None:
    """Tell each host whose mails to guests have been put off for hours; once a day at most."""
    post(failures.ring_for_late(now))


def unanswered(event: Event, count: int, names: Sequence[str]) -> None:
    """Tell the host that the deadline is over and how many have not answered; `names` some."""
    facts = event_facts(event) | {
        "is_series": event.is_recurring,
        "count": count,
        "names": list(names),
    }
    kind = Notification.Kind.UNANSWERED
    told = notify.tell(event.host, kind, event, facts, deadline_key(event))
    post([told] if told else [])


def deadline_key(event: Event) -> str:
    """Return by which key the host is told that the deadline is over; another one is another."""
    return f"deadline:{event.public_id}:{event.answer_by:%Y%m%dT%H%M}"


def mailbox_unread(mailbox: Mailbox) -> None:
    """Tell the owner of a connected mailbox that it cannot be read; once each time it begins."""
    owner, since = mailbox.sender.owner, mailbox.failing_since or mailbox.connected_at
    facts = {
        "email": mailbox.sender.email,
        "reason": mailbox.reason,
        "is_stopped": mailbox.stopped_at is not None,
    }
    key = f"mailbox:{mailbox.pk}:{since.isoformat()}"
    told = notify.tell(owner, Notification.Kind.MAILBOX, None, facts, key)
    post([told] if told else [])


def post(notifications: Iterable[Notification]) -> None:
    """Send what was told in the bell by e-mail too, to those who want that.

    What one member is told of one event at once comes in one mail.
    """
    groups: dict[tuple[int, int | None, str], list[Notification]] = defaultdict(list)
    for one in notifications:
        if one.member.notify_by_email:
            groups[one.member_id, one.event_id, one.kind].append(one)
    for group in groups.values():
        letters.queue(write(group))


def write(
    told: Sequence[Notification],
    *,
    unlisted: int = 0,
    counts: Sequence[tuple[str, int]] = (),
    key: str = "",
    wait: dt.timedelta = outbox.NO_GRACE,
) -> outbox.Finished:
    """Write a mail that says to one member what the bell told of one event, the newest last.

    `unlisted` is how many more there are, `counts` how many answered what.
    """
    newest, member = told[-1], told[-1].member
    event = newest.event
    with translation.override(member.user.language):
        lines = [words(one) for one in told]
        context = {
            "headline": lines[-1].sentence,
            "told": lines,
            "more": len(lines) - 1 + unlisted,
            "unlisted": unlisted,
            "counts": [(spoken.partstat(answer), count) for answer, count in counts],
            "url": links.event_url(event) + links.place_of(newest.kind) if event else "",
            "settings_url": links.settings_url(),
            "mailboxes_url": "" if event else links.senders_url(),
            "is_answer": newest.kind == Notification.Kind.ANSWER,
        }
        return letters.write(
            key or f"notice:{newest.public_id}",
            "invitations/mail/notice",
            context,
            recipient=member.email,
            name=member.name,
            language=member.user.language,
            team=member.team,
            wait=wait,
        )


def _mail_of_failures(line: Notification) -> None:
    """Write what the line says into the mail that waits, into a new one if that has left."""
    mails = line.facts.get("mails", 0)
    letter = write([line], key=f"notice:{line.public_id}:{mails}", wait=GATHERING)
    if letters.queue(letter) is None:
        line.facts["mails"] = mails = mails + 1
        line.save(update_fields=["facts"])
        letters.queue(replace(letter, key=f"notice:{line.public_id}:{mails}"))


def _members(
    event: Event, known: Mapping[str, Invited], told: Iterable[str]
) -> dict[str, Membership]:
    """Return the colleagues among the told addresses, attendees now or until now."""
    on_event = Q(event=event) | Q(event__series=event)
    rows = Attendee.objects.filter(on_event, kind=Kind.MEMBER, member__isnull=False)
    ids = {key: row.member_id for key, row in known.items() if row.member_id}
    ids |= dict(rows.values_list("email_key", "member_id"))
    wanted = {key: ids[key] for key in told if key in ids}
    members = Membership.objects.current().in_bulk(list(wanted.values()))
    return {key: members[pk] for key, pk in wanted.items() if pk in members}


def _kind(address: str, plan: Plan, change: Change) -> tuple[Notification.Kind, bool]:
    """Return what happened from the view of one address, and whether they were removed."""
    if plan.event.is_cancelled or change.is_date_cancelled:
        return Notification.Kind.CANCELLED, False
    if address in plan.removed:
        return Notification.Kind.CANCELLED, True
    if address in plan.added:
        return Notification.Kind.INVITED, False
    return Notification.Kind.CHANGED, False


def _changed(difference: Difference | None, *, is_one_date: bool) -> list[str]:
    """Return the names of what changed, as the bell knows them; of one date, what did there."""
    if difference is None:
        return []
    if is_one_date and difference.instances:
        return _names_of(difference.instances[0])
    return [*_names_of(difference), *(["dates"] if difference.instances else [])]


def _names_of(change: Difference | InstanceChange) -> list[str]:
    names = [one.name.value for one in change.fields]
    if change.attendees_added or change.attendees_removed:
        names.append("attendees")
    if change.attachments_added or change.attachments_removed:
        names.append("files")
    return names
