"""Reminding who has not answered: the same event once more, once a day, and only who is waiting."""

import dataclasses
import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event
from convoca.calendars.refusals import NotAllowed
from convoca.guests.models import Guest
from convoca.invitations import invitees, messages
from convoca.invitations.answers import rsvp
from convoca.invitations.messages.press import Press
from convoca.invitations.models import Invitation, Nudge, Rsvp
from convoca.invitations.reaching import ledger, trail
from convoca.invitations.reaching.trail import What
from convoca.invitations.reminding import nudging
from convoca.invitations.reminding.nudging import Silent
from convoca.invitations.saving import scheduling
from convoca.mail import outbox
from convoca.mail.models import Delivery, Sender
from convoca.standards.ical.model import Partstat
from tests.builders import draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver, part
from tests.invitations.saving import line, subjects

NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def answer(invitation: Invitation) -> None:
    rsvp.record(invitation, Partstat.ACCEPTED, source=Rsvp.Source.WEB, now=timezone.now())


def emails(rows: tuple[Invitation, ...]) -> list[str]:
    return sorted(row.email for row in rows)


def test_a_reminder_is_the_same_event_once_more_in_its_thread(
    alice: Membership, gwen: Guest, gus: Guest, sender: Sender
):
    typed = draft(start=SOON, sender=sender, attendees=[gwen, gus])
    event = scheduling.save_event(alice, typed)
    first = deliver()
    nudging.nudge(alice, event)
    again = deliver()
    assert subjects(again) == {
        "gwen@guest.example": "Recordatorio",
        "gus@guest.example": "Reminder",
    }
    old, new = first["gus@guest.example"], again["gus@guest.example"]
    assert new["Message-ID"] != old["Message-ID"]
    assert new["References"] == old["Message-ID"]
    for name in ("UID", "SEQUENCE", "DTSTART", "METHOD"):
        assert line(part(new, "calendar"), name) == line(part(old, "calendar"), name)
    assert "Alice Álvarez is waiting for your answer" in part(new, "plain")
    assert deliver() == {}


def test_only_who_has_not_answered_is_reminded(
    meeting: Event, alice: Membership, gwens: Invitation
):
    answer(gwens)
    assert emails(nudging.unanswered(meeting, NOW).now) == ["gus@guest.example"]
    nudging.nudge(alice, meeting)
    assert list(deliver()) == ["gus@guest.example"]


def test_who_answers_before_it_leaves_gets_none(
    meeting: Event, alice: Membership, gwens: Invitation
):
    nudging.nudge(alice, meeting)
    answer(gwens)
    assert list(deliver()) == ["gus@guest.example"]
    assert {
        (row.status, row.sent, row.due_at)
        for row in Delivery.objects.filter(kind=Delivery.Kind.INVITATION)
    } == {("SENT", 1, None)}


def test_nobody_is_reminded_twice_a_day(meeting: Event, alice: Membership, clock):
    nudging.nudge(alice, meeting)
    deliver()
    with pytest.raises(Invalid, match="less than a day ago"):
        nudging.nudge(alice, meeting)
    clock.shift(dt.timedelta(days=1))
    assert len(nudging.nudge(alice, meeting).now) == 2


def test_a_reminder_is_noted_with_its_time(meeting: Event, alice: Membership):
    nudging.nudge(alice, meeting)
    assert [one.delivery.nudged_at for one in ledger.attendees(meeting)] == [NOW, NOW]
    assert list(Nudge.objects.values_list("nudged_by", "is_automatic")) == [(alice.pk, False)] * 2
    steps = trail.of(meeting, "gwen@guest.example")
    assert [(one.at, one.by) for one in steps if one.what == What.REMINDED] == [(NOW, alice.name)]


def test_who_wants_no_mail_or_cannot_be_reached_is_left_alone(
    meeting: Event, alice: Membership, gwen: Guest
):
    invitees.opt_out(gwen, NOW)
    Delivery.objects.filter(email="gus@guest.example").update(status="BOUNCED")
    assert nudging.unanswered(meeting, NOW) == Silent()
    with pytest.raises(Invalid, match="nobody to remind"):
        nudging.nudge(alice, meeting)


def test_a_mail_on_its_way_is_reminder_enough(meeting: Event, alice: Membership):
    typed = dataclasses.replace(draft_of(meeting), location="Room 5")
    scheduling.save_event(alice, typed, meeting)
    assert nudging.unanswered(meeting, NOW) == Silent()


def test_a_change_takes_the_place_of_a_waiting_reminder(meeting: Event, alice: Membership):
    nudging.nudge(alice, meeting)
    typed = dataclasses.replace(draft_of(meeting), location="Room 5")
    scheduling.save_event(alice, typed, meeting)
    assert subjects(deliver())["gus@guest.example"] == "Changed"
    assert deliver() == {}


def test_a_cancellation_takes_the_place_of_a_waiting_reminder(meeting: Event, alice: Membership):
    nudging.nudge(alice, meeting)
    scheduling.cancel_event(alice, meeting)
    assert subjects(deliver())["gus@guest.example"] == "Cancelled"
    meeting.refresh_from_db()
    assert nudging.unanswered(meeting, NOW) == Silent()


def test_nobody_is_reminded_of_what_is_over(meeting: Event):
    assert nudging.unanswered(meeting, dt.datetime(2040, 1, 1, tzinfo=dt.UTC)) == Silent()


def test_reminders_stop_in_the_middle_of_a_fan_out(meeting: Event, alice: Membership):
    rows = dict(Invitation.objects.values_list("delivery_id", "pk"))
    Guest.objects.update(language="en", timezone="Europe/Madrid")  # so both are told the same
    Event.objects.update(answer_by=wall("2026-11-24 18:00"))
    with transaction.atomic():
        nudging.remind(rows, NOW, until=NOW + dt.timedelta(hours=1))
    claim, press = outbox.claim(NOW), Press(NOW)
    assert claim is not None
    first, second = claim.deliveries
    assert [one for _row, one in messages.build([first], press)] != [None]
    nudging.switch(alice, meeting, is_on=False)
    assert [one for _row, one in messages.build([second], press)] == [None]


def test_only_who_may_change_the_event_reminds(
    meeting: Event, bob: Membership, mallory: Membership
):
    for somebody in (bob, mallory):
        with pytest.raises(NotAllowed):
            nudging.nudge(somebody, meeting)
    assert deliver() == {}
