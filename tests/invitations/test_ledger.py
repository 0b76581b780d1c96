"""The ledger: who was reached, who is coming, and sending once more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.models import Event, Room
from convoca.guests.models import Guest
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.reaching import ledger, resending
from convoca.invitations.reaching.ledger import Line
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import NotAllowed
from convoca.mail.models import Sender
from convoca.standards.ical.model import Partstat
from tests.builders import draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver, part
from tests.invitations.saving import change_date


def lines(event: Event) -> dict[str, Line]:
    return {line.name: line for line in ledger.attendees(event)}


def on_dates(line: Line) -> list[tuple[str, str]]:
    return [(f"{one.start:%d %b}", one.partstat) for one in line.dates]


def test_a_series_lists_who_differs_on_which_date(
    alice: Membership, gwen: Guest, gus: Guest, sender: Sender, django_assert_max_num_queries
):
    typed = draft(start=SOON, sender=sender, attendees=[gwen], rrule="FREQ=WEEKLY;COUNT=4")
    event = scheduling.save_event(alice, typed)
    second, third = wall("2035-12-04 10:00"), wall("2035-12-11 10:00")
    change_date(alice, event, second, attendees=[gwen, gus])
    now, source = timezone.now(), Rsvp.Source.HOST
    for email, said, date in (
        (gwen.email, Partstat.ACCEPTED, None),
        (gwen.email, Partstat.DECLINED, third),
        (gus.email, Partstat.TENTATIVE, None),
    ):
        invitation = Invitation.objects.get(event=event, email=email)
        rsvp.record(invitation, said, source=source, now=now, recurrence_id=date, member=alice)
    event = Event.objects.get(pk=event.pk)
    with django_assert_max_num_queries(9):
        gwens, guss = ledger.attendees(event)
    assert (gwens.partstat, on_dates(gwens)) == ("ACCEPTED", [("11 Dec", "DECLINED")])
    assert (guss.is_whole, on_dates(guss)) == (False, [("04 Dec", "TENTATIVE")])
    assert [one.partstat for one in ledger.attendees(event, second)] == ["ACCEPTED", "TENTATIVE"]
    assert [one.partstat for one in ledger.attendees(event, third)] == ["DECLINED"]
    assert [one.answered_by for one in ledger.attendees(event, third)] == ["HOST"]
    with time_machine.travel("2035-12-09T10:00Z"):
        [gwens] = ledger.attendees(event)
    assert on_dates(gwens) == [("11 Dec", "DECLINED")]


def test_who_is_on_one_date_only_can_be_written_to_again(
    alice: Membership, gwen: Guest, gus: Guest, sender: Sender
):
    typed = draft(start=SOON, sender=sender, attendees=[gwen], rrule="FREQ=WEEKLY;COUNT=4")
    event = scheduling.save_event(alice, typed)
    change_date(alice, event, wall("2035-12-04 10:00"), attendees=[gwen, gus])
    deliver()
    event = Event.objects.get(pk=event.pk)
    _gwens, guss = ledger.attendees(event)
    assert guss.delivery.status == "SENT"
    resending.resend(alice, event, guss.attendee)
    assert list(deliver()) == [gus.email]


def test_each_attendee_has_a_line(
    alice: Membership, bob: Membership, gwen: Guest, gus: Guest, sender: Sender
):
    room = Room.objects.create(team=alice.team, name="Blue room")
    event = scheduling.save_event(
        alice, draft(start=SOON, sender=sender, attendees=[gwen, gus, bob, room])
    )
    assert {name: one.delivery.status for name, one in lines(event).items()} == {
        "Gwen López": "QUEUED",
        "Gus Gray": "QUEUED",
        "Bob Baker": "QUEUED",
        "Blue room": "NONE",
    }
    Membership.objects.filter(pk=bob.pk).update(notify_by_email=False)
    deliver(gus.email)
    found = lines(event)
    assert found["Gwen López"].delivery.status == "SENT"
    assert found["Gwen López"].delivery.sent_at is not None
    assert found["Bob Baker"].delivery.status == "OPTED_OUT"
    assert (found["Gus Gray"].delivery.status, found["Gus Gray"].delivery.attempts) == ("FAILED", 1)
    assert found["Gus Gray"].delivery.last_error == "550 5.1.1 No such user"
    assert found["Gus Gray"].delivery.reason == "The address does not exist."
    rsvp.record(
        Invitation.objects.get(email_key=gwen.email_key),
        Partstat.TENTATIVE,
        note="Perhaps",
        source=Rsvp.Source.WEB,
        now=timezone.now(),
    )
    line = lines(event)["Gwen López"]
    assert (line.partstat, line.note, line.answered_by) == ("TENTATIVE", "Perhaps", "WEB")
    assert line.answered_at is not None


def test_saved_without_sending_is_not_sent(alice: Membership, gwen: Guest, sender: Sender):
    event = scheduling.save_event(
        alice, draft(start=SOON, sender=sender, attendees=[gwen]), notify="none"
    )
    assert lines(event)["Gwen López"].delivery.status == "NOT_SENT"


def test_queries_do_not_grow_with_attendees(
    alice: Membership, sender: Sender, django_assert_max_num_queries: Any
):
    guests = Guest.objects.bulk_create(
        Guest(team=alice.team, email=f"g{n}@x.example", email_key=f"g{n}@x.example")
        for n in range(30)
    )
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=guests))
    with django_assert_max_num_queries(7):
        assert len(ledger.attendees(event)) == 30


def test_resending_brings_the_whole_invitation_once_more(
    alice: Membership, meeting: Event, gwens: Invitation
):
    first = gwens.delivery.tries.get().message_id
    attendee = meeting.attendees.get(email_key=gwens.email_key)
    resending.resend(alice, meeting, attendee)
    mails = deliver()
    assert set(mails) == {gwens.email}
    assert mails[gwens.email]["Subject"].startswith("Invitación")
    assert mails[gwens.email]["Message-ID"] != first
    assert deliver() == {}


def test_a_resend_does_not_make_a_cancellation_forgotten(
    alice: Membership, meeting: Event, gwens: Invitation
):
    resending.resend(alice, meeting, meeting.attendees.get(email_key=gwens.email_key))
    scheduling.cancel_event(alice, meeting)
    assert "METHOD:CANCEL" in part(deliver()[gwens.email], "calendar")


def test_resending_what_was_never_sent(alice: Membership, gwen: Guest, sender: Sender):
    event = scheduling.save_event(
        alice, draft(start=SOON, sender=sender, attendees=[gwen]), notify="none"
    )
    resending.resend(alice, event, event.attendees.get())
    assert set(deliver()) == {gwen.email}


def test_resending_tries_a_failed_address_again(alice: Membership, gwen: Guest, sender: Sender):
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))
    deliver(gwen.email)
    resending.resend(alice, event, event.attendees.get())
    assert set(deliver()) == {gwen.email}
    assert lines(event)["Gwen López"].delivery.status == "SENT"


def test_resending_has_its_limits(
    alice: Membership, bob: Membership, mallory: Membership, meeting: Event, gwen: Guest, gus: Guest
):
    attendee = meeting.attendees.get(email_key=gwen.email_key)
    for stranger in (bob, mallory):
        with pytest.raises(NotAllowed):
            resending.resend(stranger, meeting, attendee)
    Guest.objects.filter(pk=gwen.pk).update(opted_out_at=dt.datetime.now(dt.UTC))
    with pytest.raises(Invalid):
        resending.resend(alice, meeting, attendee)
    cancelled = scheduling.cancel_event(alice, meeting)
    with pytest.raises(Invalid):
        resending.resend(alice, cancelled, meeting.attendees.get(email_key=gus.email_key))
