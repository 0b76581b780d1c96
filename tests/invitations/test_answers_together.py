"""Answers taken many at once: what is recorded is what one by one would have recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.drafts import NewGuest, draft_of
from convoca.calendars.models import Attendee, Event
from convoca.guests.models import Guest
from convoca.invitations import replies
from convoca.invitations.answers import rsvp
from convoca.invitations.models import HeldAnswer, Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.mail.inbound import inbox
from convoca.mail.models import Delivery, InboundMessage, Sender
from convoca.notifications.models import Notification
from convoca.standards.ical.model import Partstat
from convoca.standards.itip import incoming
from convoca.worker import inbound
from tests.builders import draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.mailbox import GUS, GWEN, ics, mail, mailbox, move, part, plain, reply
from tests.invitations.post import deliver
from tests.invitations.test_replies import CASES
from tests.support.together import at_once

pytestmark = pytest.mark.usefixtures("reply_domain")

Kept = Callable[[Event], list[bytes]]

LATER, EARLIER = "20260203T080000Z", "20260201T080000Z"
DELEGATE = "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:mia@crash.example"


def answer(event: Event, *lines: str, **fields: Any) -> bytes:
    return reply(ics(event, *lines, **fields))


TALES: dict[str, Kept] = {
    "one": lambda event: [answer(event)],
    "with a note": lambda event: [
        answer(event, "COMMENT:I bring ñ\\n cake\0", partstat="TENTATIVE")
    ],
    "changed her mind": lambda event: [
        answer(event),
        answer(event, partstat="DECLINED", dtstamp=LATER),
    ],
    "out of order": lambda event: [
        answer(event, dtstamp=LATER),
        answer(event, partstat="DECLINED", dtstamp=EARLIER),
    ],
    "by two ways": lambda event: [answer(event), answer(event, "X-WAY:2")],
    "the same again, later": lambda event: [answer(event), answer(event, dtstamp=LATER)],
    "in another's name": lambda event: [answer(event, who=GUS)],
    "a stranger": lambda event: [answer(event, who="mia@crash.example")],
    "a delegate": lambda event: [answer(event, DELEGATE, partstat="DELEGATED")],
    "no answer": lambda event: [answer(event, partstat="NEEDS-ACTION")],
    "another event": lambda event: [answer(event, uid="somebody@else.example")],
    "another method": lambda event: [answer(event, method="PUBLISH")],
    "from the future": lambda event: [answer(event, dtstamp="20991231T000000Z", sequence=9)],
    "a wish to see it again": lambda event: [answer(event, method="REFRESH")],
    "words": lambda event: [plain("Yes, but half an hour later")],
    "two events in one": lambda event: [
        mail(part("text/calendar; method=REPLY", ics(event) + ics(event, uid="o@else.example")))
    ],
    "no mail": lambda event: [b"\0" * 50],
    "a single date": lambda event: [answer(event, "RECURRENCE-ID:20351127T090000Z")],
    **{name: lambda event, case=case: [case(event)] for name, case in CASES.items()},
}


def keep(event: Event, contents: list[bytes], who: str = GWEN) -> None:
    for content in contents:
        inbox.keep(content, recipient=mailbox(event, who), envelope_from=who)


def one_by_one() -> None:
    for pk in InboundMessage.objects.filter(status="WAITING").order_by("id").values_list("pk"):
        inbox.work_off(*pk, replies.process)


def outcome(event: Event) -> dict[str, list[Any]]:
    """Return what working off the inbox can have left, in whatever order it was done."""
    told = Notification.objects.filter(event=event)
    answers = Rsvp.objects.order_by("invitation", "answered_at", "sequence", "partstat")
    people = Attendee.objects.order_by("event", "email_key")
    mails = Delivery.objects.exclude(key__startswith="answers:")  # they tell what the bell does
    return {
        "verdicts": [*InboundMessage.objects.order_by("id").values_list("outcome", "detail")],
        "answers": [
            *answers.values_list(
                "invitation",
                "partstat",
                "note",
                "sequence",
                "answered_at",
                "is_applied",
                "left_out",
                "source",
            )
        ],
        "people": [
            *people.values_list("email_key", "partstat", "note", "replied_sequence", "replied_at")
        ],
        "told": sorted((row.kind, repr(row.facts)) for row in told),
        "held": [*HeldAnswer.objects.values_list("email", "why", "partstat")],
        "mails": sorted(mails.values_list("kind", "email", "wanted", "status")),
    }


def after(work_off: Callable[[], Any], event: Event) -> dict[str, list[Any]]:
    """Return what a way of working off leaves, and undo it."""
    with transaction.atomic():
        work_off()
        found = outcome(event)
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("tale", TALES)
def test_many_at_once_leave_what_one_by_one_do(tale: str, meeting: Event, time_machine: Any):
    time_machine.move_to("2026-11-20T10:00Z", tick=False)
    keep(meeting, TALES[tale](meeting))
    keep(meeting, [answer(meeting, who=GUS, dtstamp=EARLIER)], GUS)
    single = after(one_by_one, meeting)
    assert after(inbound.work_off_due, meeting) == single
    assert all(verdict for verdict, _detail in single["verdicts"])


@pytest.mark.parametrize("how", ["moved", "cancelled", "over", "uninvited", "answered here"])
def test_so_they_do_when_the_event_has_changed(
    how: str, meeting: Event, alice: Membership, gwens: Invitation, time_machine: Any
):
    time_machine.move_to("2026-11-20T10:00Z", tick=False)
    keep(meeting, [answer(meeting, dtstamp=LATER)])
    if how == "moved":
        move(alice, meeting)
    elif how == "cancelled":
        scheduling.cancel_event(alice, meeting)
    elif how == "over":
        Event.objects.update(span_end=timezone.now())
    elif how == "uninvited":
        people = [one for one in draft_of(meeting).attendees if one.email != GWEN]
        scheduling.save_event(alice, replace(draft_of(meeting), attendees=people), meeting)
    else:
        now = timezone.now()
        rsvp.record(gwens, Partstat.DECLINED, source=Rsvp.Source.WEB, now=now)
    assert after(inbound.work_off_due, meeting) == after(one_by_one, meeting)


@pytest.fixture
def series(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    typed = draft(
        start=SOON, rrule="FREQ=WEEKLY;COUNT=4", sender=sender, attendees=[gwen, gus], location="4"
    )
    event = scheduling.save_event(alice, typed)
    deliver()
    event.refresh_from_db()
    return event


@pytest.mark.parametrize("is_split", [False, True])
def test_so_they_do_about_a_series(series: Event, is_split: bool, time_machine: Any):
    time_machine.move_to("2026-11-20T10:00Z", tick=False)
    if is_split:
        gus = Invitation.objects.get(event=series, email_key=GUS)
        rsvp.record(
            gus,
            Partstat.DECLINED,
            source=Rsvp.Source.WEB,
            now=timezone.now(),
            recurrence_id=wall("2035-12-04 10:00"),
        )
    keep(series, [answer(series), answer(series, "RECURRENCE-ID:20351204T090000Z")])
    assert after(inbound.work_off_due, series) == after(one_by_one, series)


def crowd(alice: Membership, sender: Sender, count: int) -> Event:
    """Return an event of so many guests, each of whom has answered by mail; nothing is read yet."""
    guests = [NewGuest(email=f"g{number}@guest.example") for number in range(count)]
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=guests))
    deliver()
    event.refresh_from_db()
    for guest in guests:
        keep(event, [answer(event, who=guest.email)], guest.email)
    return event


def test_answers_to_one_event_cost_a_fixed_number_of_queries(alice: Membership, sender: Sender):
    def queries(count: int) -> int:
        event = crowd(alice, sender, count)
        with CaptureQueriesContext(connection) as asked:
            assert inbound.work_off_due() == count
        accepted = Attendee.objects.filter(event=event, partstat="ACCEPTED")
        assert accepted.count() == count
        return len([one for one in asked if "SAVEPOINT" not in one["sql"]])

    few = queries(3)
    assert (queries(inbox.MOST), few <= 26) == (few, True)


def test_answers_to_many_events_cost_queries_for_mails_only(alice: Membership, sender: Sender):
    Membership.objects.update(notify_by_email=False)

    def queries(count: int) -> int:
        for _event in range(count):
            crowd(alice, sender, 1)
        with CaptureQueriesContext(connection) as asked:
            assert inbound.work_off_due() == count
        return len(asked)

    assert queries(2) == queries(8)


def test_one_that_fails_leaves_the_others_to_be_read_one_by_one(
    alice: Membership, sender: Sender, monkeypatch: pytest.MonkeyPatch
):
    event = crowd(alice, sender, 4)
    known, invited = incoming.judge, "g2@guest.example"

    def failing(method: Any, received: Any, *rest: Any) -> Any:
        if received.main.attendees[0].address == invited:
            raise RuntimeError("not this one")
        return known(method, received, *rest)

    monkeypatch.setattr(incoming, "judge", failing)
    assert inbound.work_off_due() == 4
    assert Attendee.objects.filter(event=event, partstat="ACCEPTED").count() == 3
    waiting = InboundMessage.objects.get(status="WAITING")
    assert waiting.last_error == "RuntimeError: not this one"


@pytest.mark.django_db(transaction=True)
def test_two_workers_record_each_answer_once(alice: Membership, sender: Sender, monkeypatch):
    monkeypatch.setattr(inbox, "MOST", 3)
    events = [crowd(alice, sender, 6), crowd(alice, sender, 6)]
    assert sum(at_once(inbound.work_off_due, inbound.work_off_due)) == 12
    assert Rsvp.objects.filter(is_applied=True).count() == 12
    assert Notification.objects.filter(kind="ANSWER", event__in=events).count() == 12
    assert not InboundMessage.objects.exclude(attempts=1).exists()
