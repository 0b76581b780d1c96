"""Before the deadline guests are reminded, twice at most, and never after somebody stopped it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event
from convoca.calendars.refusals import NotAllowed
from convoca.guests.models import Guest
from convoca.invitations import invitees
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Nudge, Rsvp
from convoca.invitations.reaching import ledger, trail
from convoca.invitations.reaching.trail import What
from convoca.invitations.reminding import deadline, nudging
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender, Suppression
from convoca.standards.ical.model import Partstat
from tests.builders import draft, wall
from tests.invitations.post import deliver, part
from tests.invitations.saving import change, change_date, subjects
from tests.support.due import next_due
from tests.support.together import at_once

BY = wall("2026-11-26 18:00")  # a Thursday, in Madrid
INVITED, FIRST, SECOND = "2026-11-20T10:00Z", "2026-11-24T10:00+01:00", "2026-11-25T10:00+01:00"
GWEN, GUS = "gwen@guest.example", "gus@guest.example"


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(INVITED, tick=False)
    return time_machine


@pytest.fixture
def meeting(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    """Alice's meeting with Gwen, who lives in Madrid, and Gus, who lives in New York."""
    event = scheduling.save_event(
        alice, draft(start="2026-12-01 10:00", answer_by=BY, sender=sender, attendees=[gwen, gus])
    )
    deliver()
    return event


def invitation(email: str = GWEN) -> Invitation:
    return Invitation.objects.select_related("event").get(email_key=email)


def turn(clock: Any, moment: str) -> list[str]:
    """Let the clock's job run at a moment, and send what it queued; return to whom that went."""
    clock.move_to(moment)
    deadline.nudge_due(timezone.now())
    return sorted(deliver())


def test_who_is_silent_is_reminded_on_two_mornings_of_their_own(meeting: Event, clock: Any):
    assert turn(clock, "2026-11-24T09:59+01:00") == []
    assert turn(clock, FIRST) == [GWEN]
    assert turn(clock, "2026-11-24T16:01+01:00") == [GUS]  # ten o'clock in New York
    assert turn(clock, SECOND) == [GWEN]
    assert turn(clock, "2026-11-25T16:01+01:00") == [GUS]
    for later in ("2026-11-26T09:00+01:00", "2026-11-26T15:59+01:00", "2026-11-27T10:00+01:00"):
        assert turn(clock, later) == []
    assert Nudge.objects.filter(is_automatic=True).count() == 4


def test_the_reminder_is_the_event_once_more_with_the_deadline(meeting: Event, clock: Any):
    clock.move_to("2026-11-24T16:30+01:00")
    assert deadline.nudge_due(timezone.now()) == 2
    mails = deliver()
    assert subjects(mails) == {GWEN: "Recordatorio", GUS: "Reminder"}
    text, html = part(mails[GUS], "plain"), part(mails[GUS], "html")
    by = "Please answer by Thursday, 26 November 2026, 12:00 (New York time)."
    page = next(line for line in text.splitlines() if line.startswith("Do not remind me"))
    assert by in text
    assert by in html
    assert page.endswith("/#reminders")
    assert page.rpartition(": ")[2] in html


def test_the_invitation_says_until_when_and_how_to_stop_nothing(
    alice: Membership, gus: Guest, sender: Sender, clock: Any
):
    event = scheduling.save_event(
        alice, draft(start="2026-12-01 10:00", answer_by=BY, sender=sender, attendees=[gus])
    )
    text = part(deliver()[GUS], "plain")
    assert "Please answer by Thursday, 26 November 2026, 12:00 (New York time)." in text
    assert "#reminders" not in text
    rsvp.record(invitation(GUS), Partstat.ACCEPTED, source=Rsvp.Source.WEB, now=timezone.now())
    change(alice, event, location="Room 5")
    assert "Please answer by" not in part(deliver()[GUS], "plain")


def test_a_deadline_that_has_passed_is_not_asked_for(meeting: Event, alice: Membership, clock: Any):
    clock.move_to("2026-11-27T10:00+01:00")
    change(alice, meeting, location="Room 5")
    assert "Please answer by" not in part(deliver()[GUS], "plain")


def test_another_deadline_alone_mails_nobody(meeting: Event, alice: Membership, clock: Any):
    later = wall("2026-11-30 18:00")
    changed = change(alice, meeting, answer_by=later)
    assert (changed.answer_by, changed.version, deliver()) == (later, 1, {})
    assert turn(clock, FIRST) == []
    assert turn(clock, "2026-11-26T10:00+01:00") == [GWEN]


def test_who_answered_is_left_alone(meeting: Event, clock: Any):
    rsvp.record(invitation(), Partstat.DECLINED, source=Rsvp.Source.WEB, now=timezone.now())
    assert turn(clock, "2026-11-24T17:00+01:00") == [GUS]


@pytest.mark.parametrize(
    "state",
    [{"status": "BOUNCED"}, {"status": "FAILED"}, {"sent": 0}, {"due_at": timezone.now()}],
)
def test_who_was_not_reached_is_left_alone(meeting: Event, clock: Any, state: dict[str, Any]):
    Delivery.objects.filter(email=GWEN).update(**state)
    clock.move_to(FIRST)
    assert deadline.nudge_due(timezone.now()) == 0


def test_who_wishes_for_no_mail_is_left_alone(meeting: Event, gwen: Guest, clock: Any):
    invitees.opt_out(gwen, timezone.now())
    Suppression.objects.create(team=meeting.team, email_key=GUS, created_at=timezone.now())
    assert turn(clock, "2026-11-24T17:00+01:00") == []
    assert deadline.upcoming(meeting, timezone.now()) == {}


def test_events_that_do_not_take_place_remind_nobody(meeting: Event, alice: Membership, clock: Any):
    scheduling.cancel_event(alice, meeting)
    assert set(subjects(deliver()).values()) == {"Cancelado", "Cancelled"}
    assert turn(clock, "2026-11-24T17:00+01:00") == []


def test_a_series_is_asked_for_as_a_whole(
    alice: Membership, gwen: Guest, sender: Sender, clock: Any
):
    typed = draft(start="2026-12-01 10:00", answer_by=BY, sender=sender, attendees=[gwen])
    event = scheduling.save_event(alice, replace(typed, rrule="FREQ=WEEKLY;COUNT=4"))
    deliver()
    change_date(alice, event, wall("2026-12-15 10:00"), location="Room 5")
    deliver()
    clock.move_to(FIRST)
    assert deadline.nudge_due(timezone.now()) == 1
    assert "a más tardar el jueves, 26 de noviembre" in part(deliver()[GWEN], "plain")


def test_who_stopped_them_for_a_series_has_for_its_rest(
    alice: Membership, gwen: Guest, sender: Sender, clock: Any
):
    typed = draft(start="2026-12-01 10:00", answer_by=BY, sender=sender, attendees=[gwen])
    event = scheduling.save_event(alice, replace(typed, rrule="FREQ=WEEKLY;COUNT=4"))
    deliver()
    nudging.stop(invitation(), timezone.now())
    date = wall("2026-12-15 10:00")
    scheduling.save_event(
        alice, draft_of(event, date), event, scope=scheduling.Scope.FOLLOWING, recurrence_id=date
    )
    assert Invitation.objects.exclude(nudges_stopped_at=None).count() == 2


def test_a_long_pause_is_not_made_up_for(meeting: Event, clock: Any):
    assert turn(clock, "2026-11-25T17:30+01:00") == [GUS, GWEN]
    assert turn(clock, "2026-11-26T15:00+01:00") == []
    assert Nudge.objects.count() == 2


def test_never_more_than_two_even_when_the_deadline_moves(
    meeting: Event, alice: Membership, clock: Any
):
    turn(clock, FIRST)
    turn(clock, SECOND)
    change(alice, meeting, answer_by=wall("2026-11-30 18:00"))
    assert turn(clock, "2026-11-27T12:00+01:00") == []
    assert Nudge.objects.filter(invitation=invitation()).count() == 2


def test_after_any_mail_they_have_a_rest(meeting: Event, alice: Membership, clock: Any):
    clock.move_to("2026-11-24T09:00+01:00")
    nudging.nudge(alice, meeting)
    deliver()
    assert turn(clock, "2026-11-24T17:59+01:00") == []
    clock.move_to("2026-11-24T20:00+01:00")
    change(alice, meeting, location="Room 5")
    deliver()
    assert turn(clock, "2026-11-25T15:59+01:00") == []
    assert turn(clock, "2026-11-25T16:00+01:00") == [GUS, GWEN]


def test_a_reminder_that_is_late_does_not_leave(meeting: Event, clock: Any):
    clock.move_to("2026-11-24T17:59+01:00")
    assert deadline.nudge_due(timezone.now()) == 2
    clock.move_to("2026-11-24T18:01+01:00")
    assert sorted(deliver()) == [GUS]  # for whom it is noon
    assert not Delivery.objects.exclude(due_at=None).exists()


def test_what_did_not_leave_counts_for_nothing(meeting: Event, alice: Membership, clock: Any):
    clock.move_to("2026-11-24T09:00+01:00")
    nudging.nudge(alice, meeting)
    deliver()
    clock.move_to("2026-11-25T17:59+01:00")
    assert deadline.nudge_due(timezone.now()) == 2
    clock.move_to("2026-11-25T18:01+01:00")
    assert list(deliver()) == [GUS]
    assert turn(clock, "2026-11-26T08:59+01:00") == []
    assert invitation().nudged_at == dt.datetime.fromisoformat("2026-11-24T09:00+01:00")
    assert turn(clock, "2026-11-26T09:00+01:00") == [GWEN]
    assert [one.is_automatic for one in Nudge.objects.filter(invitation=invitation())] == [
        False,
        True,
    ]


def test_what_may_have_arrived_counts(meeting: Event, clock: Any):
    clock.move_to("2026-11-24T17:59+01:00")
    deadline.nudge_due(timezone.now())
    Delivery.objects.update(doubted=1)
    clock.move_to("2026-11-24T18:01+01:00")
    deliver()
    assert nudging.take_back_unsent(timezone.now()) == 0
    assert Nudge.objects.filter(invitation=invitation()).count() == 1


def test_many_turns_at_once_remind_once(meeting: Event, clock: Any):
    clock.move_to(FIRST)
    assert [deadline.nudge_due(timezone.now()) for _ in range(3)] == [1, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_remind_once(meeting: Event, clock: Any):
    clock.move_to(FIRST)
    counts = at_once(*[lambda: deadline.nudge_due(timezone.now())] * 4)
    assert sorted(counts) == [0, 0, 0, 1]
    assert Nudge.objects.count() == 1


def test_a_turn_that_dies_leaves_nothing_behind(meeting: Event, clock: Any, monkeypatch, caplog):
    def die(*_args: object, **_options: object) -> None:
        raise RuntimeError("killed")

    clock.move_to(FIRST)
    with monkeypatch.context() as patched:
        patched.setattr(Nudge.objects, "bulk_create", die)
        assert deadline.nudge_due(timezone.now()) == 0
    assert "The deadline of event" in caplog.text
    assert not Delivery.objects.filter(is_reminder=True).exists()
    assert deadline.nudge_due(timezone.now()) == 1


def test_the_clock_set_forward_and_back_brings_no_third(meeting: Event, clock: Any):
    assert turn(clock, "2026-11-25T17:30+01:00") == [GUS, GWEN]
    assert turn(clock, FIRST) == []
    assert turn(clock, SECOND) == []
    assert turn(clock, "2026-11-26T15:00+01:00") == []


def test_the_host_stops_them_for_one_or_for_all(meeting: Event, alice: Membership, clock: Any):
    row = meeting.attendees.select_related("event").get(email_key=GWEN)
    nudging.choose(alice, meeting, row, is_on=False)
    assert turn(clock, "2026-11-24T17:00+01:00") == [GUS]
    nudging.choose(alice, meeting, row, is_on=True)
    nudging.switch(alice, meeting, is_on=False)
    assert turn(clock, "2026-11-25T17:00+01:00") == []
    nudging.switch(alice, meeting, is_on=True)
    assert turn(clock, "2026-11-25T17:01+01:00") == [GUS, GWEN]
    assert Event.objects.get().revision == 3


def test_what_a_guest_stops_the_host_does_not_start(meeting: Event, alice: Membership, clock: Any):
    row = meeting.attendees.select_related("event").get(email_key=GWEN)
    nudging.choose(alice, meeting, row, is_on=False)
    nudging.stop(invitation(), timezone.now())
    with pytest.raises(Invalid, match="Gwen López wishes for no reminders"):
        nudging.choose(alice, meeting, row, is_on=True)
    assert [one.email for one in nudging.nudge(alice, meeting).now] == [GUS]
    nudging.go_on(invitation())
    assert invitation().nudges_stopped_at is None


@pytest.mark.parametrize("by_guest", [True, False])
def test_what_waits_when_they_are_stopped_is_not_sent(
    meeting: Event, alice: Membership, clock: Any, by_guest: bool
):
    clock.move_to(FIRST)
    deadline.nudge_due(timezone.now())
    if by_guest:
        nudging.stop(invitation(), timezone.now())
    else:
        nudging.switch(alice, meeting, is_on=False)
    assert deliver() == {}
    assert Delivery.objects.get(email=GWEN).status == "SENT"


@pytest.mark.parametrize("answer_by", [None, wall("2026-11-24 11:00")])
def test_what_waits_does_not_outlive_its_deadline(
    meeting: Event, alice: Membership, clock: Any, answer_by: dt.datetime | None
):
    clock.move_to(FIRST)
    assert deadline.nudge_due(timezone.now()) == 1
    change(alice, meeting, answer_by=answer_by)
    clock.move_to("2026-11-24T11:30+01:00")
    assert deliver() == {}


def test_only_who_may_change_the_event_stops_them(
    meeting: Event, bob: Membership, mallory: Membership
):
    row = meeting.attendees.select_related("event").get(email_key=GWEN)
    for somebody in (bob, mallory):
        with pytest.raises(NotAllowed):
            nudging.switch(somebody, meeting, is_on=False)
        with pytest.raises(NotAllowed):
            nudging.choose(somebody, meeting, row, is_on=False)
    assert invitation().nudges_stopped_at is None
    assert Event.objects.get().remind_guests


def test_everybody_sees_when_who_is_reminded_next(meeting: Event, alice: Membership, clock: Any):
    nudging.stop(invitation(GUS), timezone.now(), alice)
    reach = {line.email: line.delivery for line in ledger.attendees(meeting)}
    assert reach[GWEN].nudges_at == dt.datetime.fromisoformat(FIRST)
    assert (reach[GUS].nudges_at, reach[GUS].nudges_stopped) == (None, "HOST")
    turn(clock, FIRST)
    [gwen, _gus] = ledger.attendees(meeting)
    assert gwen.delivery.nudged_at == dt.datetime.fromisoformat(FIRST)
    assert gwen.delivery.nudges_at == dt.datetime.fromisoformat(SECOND)
    [one] = [step for step in trail.of(meeting, GWEN) if step.what == What.CAME_DUE]
    assert (one.at, one.by) == (dt.datetime.fromisoformat(FIRST), "")
    [stopped] = [step for step in trail.of(meeting, GUS) if step.what == What.SPARED]
    assert stopped.by == alice.name


def test_colleagues_are_reminded_too(
    alice: Membership, bob: Membership, sender: Sender, clock: Any
):
    typed = draft(start="2026-12-01 10:00", answer_by=BY, sender=sender, attendees=[bob])
    scheduling.save_event(alice, typed)
    deliver()
    assert turn(clock, FIRST) == [bob.email]


def test_queries_do_not_grow_with_the_guests(
    alice: Membership,
    sender: Sender,
    clock: Any,
    django_assert_max_num_queries: DjangoAssertNumQueries,
):
    people = [
        Guest.objects.create(team=alice.team, email=f"g{n}@x.example", email_key=f"g{n}@x.example")
        for n in range(40)
    ]
    scheduling.save_event(
        alice, draft(start="2026-12-01 10:00", answer_by=BY, sender=sender, attendees=people)
    )
    Delivery.objects.update(status="SENT", sent=1, due_at=None, sent_at=timezone.now())
    clock.move_to(FIRST)
    with django_assert_max_num_queries(20):
        assert deadline.nudge_due(timezone.now()) == 40
    assert next_due() == timezone.now()
