"""Stopping the mails of a save: as if it had told nobody, and nothing contradictory after it."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event
from convoca.calendars.refusals import NotAllowed
from convoca.guests.models import Guest
from convoca.invitations.models import Invitation
from convoca.invitations.reaching import ledger
from convoca.invitations.saving import scheduling, withheld
from convoca.invitations.saving.withheld import Stopped
from convoca.mail import outbox
from convoca.mail.models import Delivery, Sender
from tests.builders import draft
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver
from tests.invitations.saving import subjects

GRACE = dt.timedelta(seconds=5)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to("2026-11-20 10:00Z", tick=False)
    return time_machine


@pytest.fixture
def new(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    """Alice's meeting with Gwen and Gus, saved from the page a moment ago."""
    typed = draft(start=SOON, sender=sender, attendees=[gwen, gus], location="Room 4")
    return scheduling.save_event(alice, typed, grace=GRACE)


def change(
    member: Membership,
    event: Event,
    *,
    grace: dt.timedelta = GRACE,
    notify: Any = "all",
    **fields: Any,
) -> Event:
    event.refresh_from_db()
    typed = dataclasses.replace(draft_of(event), **fields)
    return scheduling.save_event(member, typed, event, notify=notify, grace=grace)


def reach(event: Event) -> list[str]:
    return [line.delivery.status for line in ledger.attendees(event)]


def test_the_mails_leave_when_the_grace_is_over(new: Event, clock):
    held = withheld.leaving(new)
    assert held
    assert (held.count, held.until - GRACE) == (2, dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC))
    assert (deliver(), reach(new)) == ({}, ["QUEUED", "QUEUED"])
    clock.shift(5)
    assert len(deliver()) == 2
    assert withheld.leaving(new) is None


def test_a_stopped_invitation_is_as_if_saved_without_sending(new: Event, alice: Membership, clock):
    assert withheld.stop(alice, new) == Stopped(2, 0)
    clock.shift(3600)
    assert (deliver(), reach(new)) == ({}, ["NOT_SENT", "NOT_SENT"])
    assert not Delivery.objects.exists()
    assert withheld.stop(alice, new) == Stopped(0, 0)


def test_a_stopped_invitation_and_then_a_cancellation_send_nothing(
    new: Event, alice: Membership, clock
):
    withheld.stop(alice, new)
    scheduling.cancel_event(alice, new)
    clock.shift(3600)
    assert deliver() == {}
    new.refresh_from_db()
    assert withheld.lagging(new) == []


def test_the_next_save_invites_who_was_not_told(new: Event, alice: Membership, clock):
    withheld.stop(alice, new)
    change(alice, new, location="Room 5")
    clock.shift(5)
    assert subjects(deliver()) == {
        "gwen@guest.example": "Invitación",
        "gus@guest.example": "Invitation",
    }


def test_a_stopped_update_and_another_make_one_difference(meeting: Event, alice: Membership, clock):
    change(alice, meeting, location="Room 5")
    assert withheld.stop(alice, meeting) == Stopped(2, 0)
    change(alice, meeting, title="Signing")
    clock.shift(5)
    mail = deliver()["gus@guest.example"]
    text = mail.get_body(("plain",)).get_content()
    assert ("Room 4" in text, "Room 5" in text, "Signing" in text) == (True, True, True)
    assert deliver() == {}


def test_edits_within_the_grace_fold_into_one_mail_and_one_stop(
    meeting: Event, alice: Membership, clock
):
    change(alice, meeting, location="Room 5")
    clock.shift(3)
    change(alice, meeting, location="Room 6")
    clock.shift(3)
    assert deliver() == {}
    assert withheld.stop(alice, meeting) == Stopped(2, 0)
    clock.shift(60)
    assert deliver() == {}


def test_stopping_says_who_had_left_already(new: Event, alice: Membership, clock):
    clock.shift(5)
    claim = outbox.claim(dt.datetime.now(dt.UTC), limit=1)
    assert claim
    assert withheld.stop(alice, new) == Stopped(1, 1)
    outbox.release(claim.lease)
    assert len(deliver()) == 1
    assert sorted(reach(new)) == ["NOT_SENT", "SENT"]


def test_a_stopped_cancellation_can_still_be_told(meeting: Event, alice: Membership, clock):
    scheduling.cancel_event(alice, meeting, grace=GRACE)
    assert withheld.stop(alice, meeting) == Stopped(2, 0)
    clock.shift(3600)
    assert deliver() == {}
    meeting.refresh_from_db()
    assert sorted(withheld.lagging(meeting)) == ["gus@guest.example", "gwen@guest.example"]
    assert withheld.tell(alice, meeting) == 2
    assert subjects(deliver()) == {
        "gwen@guest.example": "Cancelado",
        "gus@guest.example": "Cancelled",
    }
    assert withheld.lagging(meeting) == []


def test_who_was_taken_off_and_not_told_is_told_by_the_next_save(
    meeting: Event, alice: Membership, gwen: Guest, clock
):
    change(alice, meeting, attendees=[gwen], notify="affected")
    assert withheld.stop(alice, meeting) == Stopped(1, 0)
    change(alice, meeting, grace=outbox.NO_GRACE, location="Room 5")
    assert subjects(deliver()) == {
        "gwen@guest.example": "Cambio",
        "gus@guest.example": "No longer invited",
    }


def test_a_stopped_addition_leaves_the_others_alone(
    meeting: Event, alice: Membership, bob: Membership, gwen: Guest, gus: Guest, clock
):
    change(alice, meeting, attendees=[gwen, gus, bob], notify="affected")
    assert withheld.stop(alice, meeting) == Stopped(1, 0)
    assert Invitation.objects.get(member=bob).delivery is None
    assert withheld.lagging(meeting) == ["bob@acme.example"]


def test_both_halves_of_a_cut_series_are_stopped(
    alice: Membership, gwen: Guest, sender: Sender, clock
):
    typed = draft(start=SOON, sender=sender, attendees=[gwen], rrule="FREQ=WEEKLY;COUNT=6")
    series = scheduling.save_event(alice, typed)
    deliver()
    cut = dt.datetime.fromisoformat(SOON) + dt.timedelta(weeks=2)
    moved = dataclasses.replace(draft_of(series, cut), location="Room 9")
    rest = scheduling.save_event(
        alice, moved, series, scope=scheduling.Scope.FOLLOWING, recurrence_id=cut, grace=GRACE
    )
    assert withheld.stop(alice, rest) == Stopped(2, 0)
    clock.shift(3600)
    assert deliver() == {}


def test_only_who_may_change_the_event_stops_its_mails(
    new: Event, bob: Membership, mallory: Membership
):
    for somebody in (bob, mallory):
        with pytest.raises(NotAllowed):
            withheld.stop(somebody, new)
        with pytest.raises(NotAllowed):
            withheld.tell(somebody, new)
    held = withheld.leaving(new)
    assert held
    assert held.count == 2
