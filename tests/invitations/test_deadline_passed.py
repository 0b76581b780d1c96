"""After the deadline its host hears once who has not answered."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.reminding import deadline
from convoca.invitations.saving import scheduling
from convoca.mail.models import Sender
from convoca.notifications.models import Notification
from convoca.standards.ical.model import Partstat
from tests.builders import draft, wall
from tests.invitations.post import deliver, notices, part
from tests.invitations.saving import change

BY = wall("2026-11-26 18:00")  # a Thursday, in Madrid


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to("2026-11-20T10:00Z", tick=False)
    return time_machine


@pytest.fixture
def meeting(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    """Alice's meeting with Gwen and Gus, who have their invitations."""
    event = scheduling.save_event(
        alice, draft(start="2026-12-01 10:00", answer_by=BY, sender=sender, attendees=[gwen, gus])
    )
    deliver()
    return event


def test_the_host_hears_once_who_is_silent(meeting: Event, alice: Membership, clock: Any):
    gus = Invitation.objects.get(email_key="gus@guest.example")
    rsvp.record(gus, Partstat.ACCEPTED, source=Rsvp.Source.WEB, now=timezone.now())
    notices()
    clock.move_to("2026-11-26T17:59+01:00")
    assert deadline.tell_passed(timezone.now()) == 0
    clock.move_to("2026-11-26T18:00+01:00")
    assert [deadline.tell_passed(timezone.now()) for _ in range(2)] == [1, 0]
    told = Notification.objects.get(kind=Notification.Kind.UNANSWERED)
    assert (told.member, told.facts["names"]) == (alice, ["Gwen López"])
    [mail] = notices()
    assert "/?show=waiting#attendees" in part(mail, "plain")
    assert "1 person has not answered “Contract review”" in mail["Subject"]
    assert "Gwen López" in part(mail, "plain")
    change(alice, meeting, answer_by=wall("2026-11-30 18:00"))
    clock.move_to("2026-11-30T18:00+01:00")
    assert deadline.tell_passed(timezone.now()) == 1  # of another deadline


def test_the_host_hears_of_many_by_a_few_names(alice: Membership, sender: Sender, clock: Any):
    people = [
        Guest.objects.create(
            team=alice.team,
            email=f"g{n}@x.example",
            email_key=f"g{n}@x.example",
            first_name=f"G{n}",
        )
        for n in range(7)
    ]
    scheduling.save_event(
        alice, draft(start="2026-12-01 10:00", answer_by=BY, sender=sender, attendees=people)
    )
    deliver()
    clock.move_to("2026-11-26T19:00+01:00")
    deadline.tell_passed(timezone.now())
    [mail] = notices()
    assert mail["Subject"].startswith("7 people have not answered")
    assert "G0, G1, G2, G3, G4 and 2 others" in part(mail, "plain")


@pytest.mark.parametrize(
    ("fields", "moment"),
    [
        ({"notify_answers": False}, "2026-11-26T18:00+01:00"),
        ({"status": "CANCELLED"}, "2026-11-26T18:00+01:00"),
        ({}, "2026-11-29T18:00+01:00"),  # the server was off for days
    ],
)
def test_some_hosts_hear_nothing(meeting: Event, clock: Any, fields: dict[str, Any], moment: str):
    Event.objects.update(**fields)
    clock.move_to(moment)
    assert deadline.tell_passed(timezone.now()) == 0


def test_who_was_asked_after_the_deadline_is_not_late(
    meeting: Event, alice: Membership, clock: Any
):
    clock.move_to("2026-11-26T18:30+01:00")
    change(alice, meeting, start=wall("2026-12-02 10:00"), end=wall("2026-12-02 11:00"))
    deliver()
    assert deadline.tell_passed(timezone.now()) == 0


def test_deadlines_of_others_are_told_to_others(
    meeting: Event, mallory: Membership, bob: Membership, clock: Any
):
    clock.move_to("2026-11-26T18:00+01:00")
    deadline.tell_passed(timezone.now())
    told = Notification.objects.filter(kind=Notification.Kind.UNANSWERED)
    assert {one.member_id for one in told}.isdisjoint({mallory.pk, bob.pk})
