"""What a save counts, foretells and costs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
import time_machine

from convoca.accounts.limits import LimitReached, usage
from convoca.accounts.models import Membership, Usage
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.models import Invitation
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import draft
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver
from tests.invitations.saving import change


def test_an_event_counts_once_when_it_first_has_a_guest(
    alice: Membership, bob: Membership, gwen: Guest, gus: Guest, sender: Sender
):
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[bob]))
    assert usage(alice.team).events_with_guests == 0
    event = change(alice, event, attendees=[bob, gwen])
    event = change(alice, event, attendees=[bob])
    event = change(alice, event, attendees=[gus])
    scheduling.cancel_event(alice, event)
    assert usage(alice.team).events_with_guests == 1


def test_at_the_limit_nothing_of_the_save_remains(alice: Membership, gwen: Guest, sender: Sender):
    Usage.objects.create(team=alice.team, events_with_guests=10)
    with pytest.raises(LimitReached):
        scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender))
    with pytest.raises(LimitReached):
        change(alice, event, attendees=[gwen], title="Other")
    event.refresh_from_db()
    assert event.title == "Contract review"
    assert not event.attendees.exists()


def test_the_audience_is_whom_the_save_then_tells(
    alice: Membership, meeting: Event, gwen: Guest, gus: Guest
):
    hal = Guest.objects.create(
        team=alice.team, email="hal@guest.example", email_key="hal@guest.example", language="en"
    )
    typed = dataclasses.replace(draft_of(meeting), attendees=[gwen, hal])
    told = scheduling.audience(alice, typed, meeting)
    assert told == scheduling.Audience(
        invited=("hal@guest.example",),
        updated=("Gwen López",),
        cancelled=("Gus Gray",),
        attendees_only=True,
    )
    assert not Invitation.objects.filter(email_key=hal.email_key).exists()
    scheduling.save_event(alice, typed, meeting)
    assert len(deliver()) == told.count
    assert scheduling.audience_of_cancelling(Event.objects.get(pk=meeting.pk)).cancelled == (
        "Gwen López",
        "hal@guest.example",
    )


def test_the_number_of_queries_does_not_grow_with_guests(
    alice: Membership, sender: Sender, django_assert_max_num_queries: Any
):
    guests = Guest.objects.bulk_create(
        Guest(team=alice.team, email=f"g{n}@guest.example", email_key=f"g{n}@guest.example")
        for n in range(60)
    )
    with django_assert_max_num_queries(45):
        scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=guests))
    with django_assert_max_num_queries(45):
        event = Event.objects.get()
        change(alice, event, title="Other")


def test_dtstamp_rises_even_when_the_clock_goes_back(
    alice: Membership, gwen: Guest, sender: Sender
):
    with time_machine.travel(dt.datetime(2034, 1, 2, tzinfo=dt.UTC), tick=False):
        event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))
    with time_machine.travel(dt.datetime(2034, 1, 1, tzinfo=dt.UTC), tick=False):
        change(alice, event, title="Other")
    stamps = [
        version.snapshot["components"][0]["dtstamp"]
        for version in event.versions.order_by("number")
    ]
    assert stamps == sorted(set(stamps))
