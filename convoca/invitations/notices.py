"""What the host and colleagues are told: the bell, and an e-mail beside it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q
from django.utils import translation

from convoca.accounts.models import Membership
from convoca.calendars import words as spoken
from convoca.calendars.editing import Change
from convoca.calendars.models import Attendee, Event, Kind
from convoca.invitations import failures, links
from convoca.invitations.invitees import Invited
from convoca.invitations.models import GuestMessage, HeldAnswer, Proposal, Rsvp
from convoca.mail.models import Delivery, Mailbox
from convoca.mail.outbox import letters
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import event_facts, words
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.changes import Difference, InstanceChange
from convoca.standards.itip.outgoing import Plan

GATHERING = dt.timedelta(minutes=2)  # in which failures of one event come in one mail
_COUNTED = (Partstat.ACCEPTED, Partstat.TENTATIVE, Partstat.DECLINED, Partstat.NEEDS_ACTION)


def answered(rsvp: Rsvp, *, start: dt.datetime | None = None, is_current: bool = True) -> None:
    """Tell the host of an answer, if the event asks for it (rule S11).

    `start` is when the one date that it answers takes place now (wall clock). `is_current` tells
    whether it was given to the time as it is now.
    """
    invitation = rsvp.invitation
    event = invitation.event
    if not event.notify_answers or rsvp.recorded_by_id == event.host_id:
        return
    facts = event_facts(event, start or rsvp.recurrence_id) | {
        "name": invitation.name or invitation.email,
        "email": invitation.email,
        "is_series": bool(event.rrule or event.rdates) and rsvp.recurrence_id is None,
        "recurrence_id": rsvp.recurrence_id and rsvp.recurrence_id.isoformat(),
        "partstat": rsvp.partstat,
        "note": rsvp.note,
        "is_applied": is_current,
    }
    told = notify.tell(event.host, Notification.Kind.ANSWER, event, facts, f"answer:{rsvp.pk}")
    post([told] if told else [])


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
        "is_series": bool(event.rrule or event.rdates),
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
        _mail(group)


def _mail_of_failures(line: Notification) -> None:
    """Write what the line says into the mail that waits, into a new one if that has left."""
    mails = line.facts.get("mails", 0)
    if _mail([line], key=f"notice:{line.public_id}:{mails}", wait=GATHERING) is None:
        line.facts["mails"] = mails = mails + 1
        line.save(update_fields=["facts"])
        _mail([line], key=f"notice:{line.public_id}:{mails}", wait=GATHERING)


def _mail(
    group: list[Notification], *, key: str = "", wait: dt.timedelta | None = None
) -> Delivery | None:
    newest, member = group[-1], group[-1].member
    event = newest.event
    with translation.override(member.user.language):
        told = [words(one) for one in group]
        is_answer = newest.kind == Notification.Kind.ANSWER
        context = {
            "headline": told[-1].sentence,
            "told": told,
            "more": len(told) - 1,
            "counts": _counts(event, newest.facts.get("recurrence_id"))
            if event and is_answer
            else [],
            "url": links.event_url(event) + links.place_of(newest.kind) if event else "",
            "settings_url": links.settings_url(),
            "mailboxes_url": "" if event else links.senders_url(),
            "is_answer": is_answer,
        }
        return letters.post(
            key or f"notice:{newest.public_id}",
            "invitations/mail/notice",
            context,
            recipient=member.email,
            name=member.name,
            language=member.user.language,
            team=member.team,
            wait=wait,
        )


def _counts(event: Event, recurrence_id: str | None) -> list[tuple[str, int]]:
    """Return how many gave which answer, in words, without those nobody gave; of one date, if any.

    A date without a row of its own is answered as its series is.
    """
    date = event.overrides.filter(recurrence_id=recurrence_id).first() if recurrence_id else None
    people = Attendee.objects.filter(event=date or event).exclude(kind=Kind.ROOM)
    answers = list(people.values_list("partstat", flat=True))
    counted = [(spoken.partstat(one.value), answers.count(one.value)) for one in _COUNTED]
    return [(name, count) for name, count in counted if count]


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
