"""What a host is told of answers: the bell at each, and e-mails that gather what comes in a row."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from convoca.calendars.models import Attendee, Event, Kind
from convoca.invitations import notices
from convoca.invitations.models import AnswerMail, Rsvp
from convoca.mail import outbox
from convoca.mail.outbox import letters
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import event_facts
from convoca.standards.ical.model import Partstat

PAUSE = dt.timedelta(minutes=5)  # between two mails to a host about the answers to one event
MOST_LISTED = 20  # answers that one mail tells one by one
_COUNTED = (Partstat.ACCEPTED, Partstat.TENTATIVE, Partstat.DECLINED, Partstat.NEEDS_ACTION)

Counts = list[tuple[str, int]]
"""How many gave which answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer that was recorded.

    `start` is when the one date that it answers takes place now (wall clock). `is_current` tells
    whether it was given to the time as it is now.
    """

    rsvp: Rsvp
    start: dt.datetime | None = None
    is_current: bool = True


def tell(answers: Iterable[Answered]) -> None:
    """Tell the hosts of answers, where the event asks for it (rule S11).

    Inside the transaction in which they are recorded, with the events locked. The first mail about
    an event leaves at once, what comes within PAUSE after it in one mail at its end.
    """
    told = notify.tell_each(_line(one) for one in answers if _is_wanted(one))
    groups: dict[int, list[Notification]] = defaultdict(list)
    for one in told:
        if one.member.notify_by_email and one.event_id:
            groups[one.event_id].append(one)
    if groups:
        _mail(groups, timezone.now())


def _is_wanted(one: Answered) -> bool:
    event = one.rsvp.invitation.event
    return event.notify_answers and one.rsvp.recorded_by_id != event.host_id


def _line(one: Answered) -> Notification:
    rsvp, invitation = one.rsvp, one.rsvp.invitation
    event = invitation.event
    facts = event_facts(event, one.start or rsvp.recurrence_id) | {
        "name": invitation.name or invitation.email,
        "email": invitation.email,
        "is_series": event.is_recurring and rsvp.recurrence_id is None,
        "recurrence_id": rsvp.recurrence_id and rsvp.recurrence_id.isoformat(),
        "partstat": rsvp.partstat,
        "note": rsvp.note,
        "is_applied": one.is_current,
    }
    return Notification(
        member=event.host,
        kind=Notification.Kind.ANSWER,
        event=event,
        facts=facts,
        key=f"answer:{rsvp.pk}",
    )


def _mail(groups: dict[int, list[Notification]], now: dt.datetime) -> None:
    """Write what is new of each event into its next mail, and keep how far the host is told."""
    known = {row.event_id: row for row in AnswerMail.objects.filter(event__in=groups)}
    counts = _counts(groups)
    rows, begun = [], []
    for key, new in groups.items():
        row = known.get(key)
        if row is None or row.member_id != new[0].member_id:
            row = AnswerMail(event_id=key, member=new[0].member)
        rows.append(row)
        if not _is_added(row, new, counts[key], now):
            begun.append(_begun(row, new, counts[key], now))
    outbox.enqueue_posts(begun)
    AnswerMail.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["event"],
        update_fields=["member", "after", "count", "leaves_at"],
    )


def _is_added(row: AnswerMail, new: list[Notification], counts: Counts, now: dt.datetime) -> bool:
    """Write the answers into the mail that waits; return False if none does, or it just left."""
    if row.leaves_at is None or row.leaves_at <= now:
        return False
    row.count += len(new)
    letter = _letter(row, _newest(row, new), counts, row.leaves_at - now)
    return letters.queue(letter) is not None


def _begun(
    row: AnswerMail, new: list[Notification], counts: Counts, now: dt.datetime
) -> outbox.Finished:
    """Return the next mail; it waits if the one before it left a moment ago."""
    row.leaves_at = now if row.leaves_at is None else max(now, row.leaves_at + PAUSE)
    row.after, row.count = new[0].pk - 1, len(new)
    return _letter(row, new[-MOST_LISTED:], counts, row.leaves_at - now)


def _newest(row: AnswerMail, new: list[Notification]) -> list[Notification]:
    """Return the newest answers that the waiting mail tells, oldest first."""
    if len(new) >= MOST_LISTED:
        return new[-MOST_LISTED:]
    lines = Notification.objects.filter(
        member=row.member_id,
        event=row.event_id,
        kind=Notification.Kind.ANSWER,
        pk__gt=row.after,
        pk__lt=new[0].pk,
    )
    before = list(lines.select_related("event").order_by("-id")[: MOST_LISTED - len(new)])
    for one in before:
        one.member = new[0].member
    return [*reversed(before), *new]


def _letter(
    row: AnswerMail, lines: list[Notification], counts: Counts, wait: dt.timedelta
) -> outbox.Finished:
    is_one_place = len({one.facts["recurrence_id"] for one in lines}) == 1
    return notices.write(
        lines,
        unlisted=row.count - len(lines),
        counts=counts if is_one_place else (),
        key=f"answers:{row.event_id}:{row.after}",
        wait=wait,
    )


def _counts(groups: dict[int, list[Notification]]) -> dict[int, Counts]:
    """Return for each event how many gave which answer, without those nobody gave.

    It is that of the one date that was answered last, if it was one; a date without a row of its
    own is answered as its series is.
    """
    places = {key: _place(key, new[-1]) for key, new in groups.items()}
    people = Attendee.objects.filter(event__in=places.values()).exclude(kind=Kind.ROOM)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    answers = people.order_by().values_list("event", "partstat").annotate(number=Count("pk"))
    for place, partstat, number in answers:
        found[place][partstat] = number
    return {
        key: [(one.value, found[place][one]) for one in _COUNTED if one in found[place]]
        for key, place in places.items()
    }


def _place(key: int, newest: Notification) -> int:
    date = newest.facts["recurrence_id"]
    rows = Event.objects.filter(series=key, recurrence_id=date) if date else Event.objects.none()
    return rows.values_list("pk", flat=True).first() or key
