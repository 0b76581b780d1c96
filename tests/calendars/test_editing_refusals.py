"""What is refused, to whom, and that a refusal leaves nothing behind."""

import datetime as dt
from dataclasses import replace

import pytest
from django.db import transaction

from convoca.accounts.models import Membership
from convoca.calendars import editing
from convoca.calendars.drafts import EventDraft, Invalid, NewGuest, draft_of
from convoca.calendars.models import Event, Room
from convoca.calendars.refusals import Conflict, NotAllowed
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from tests.builders import a_file, draft, save

UTC = dt.UTC


def refused(member: Membership, typed: EventDraft, event: Event | None = None) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        save(member, typed, event)
    return [error.field for error in refusal.value.errors]


@pytest.mark.parametrize(
    ("fields", "complaints"),
    [
        ({"title": " \x00\r\n"}, ["title"]),
        ({"title": "x" * 256, "location": "y" * 256}, ["title", "location"]),
        ({"description": "z" * 100_001}, ["description"]),
        ({"timezone": "Mars/Base"}, ["timezone"]),
        ({"timezone": "../../etc/passwd"}, ["timezone"]),
        ({"end": "2026-11-24 10:00"}, ["end"]),
        ({"end": "2026-11-24 09:00"}, ["end"]),
        ({"end": "2027-11-30 09:00"}, ["end"]),
        ({"start": "0001-01-01 00:00"}, ["start"]),
        ({"start": "9999-12-31 10:00"}, ["start"]),
        ({"end": "9999-12-31 23:59", "all_day": True}, ["end"]),
        ({"start": "2026-03-29 02:30", "end": "2026-03-29 03:00"}, ["end"]),
        ({"rrule": "FREQ=SECONDLY"}, ["rrule"]),
        ({"rrule": "FREQ=HOURLY;COUNT=2"}, ["rrule"]),
        ({"rrule": "BEGIN:VEVENT"}, ["rrule"]),
        ({"rrule": "FREQ=DAILY;COUNT=99999999"}, ["rrule"]),
        ({"rrule": "FREQ=DAILY;UNTIL=20200101T000000Z"}, ["rrule"]),
        ({"rrule": "FREQ=DAILY;" + "X" * 600}, ["rrule"]),
        ({"reminders": [-1]}, ["reminders"]),
        ({"reminders": [10**12]}, ["reminders"]),
        ({"reminders": range(11)}, ["reminders"]),
        ({"attendees": [NewGuest(email="x")] * 2}, ["attendees.0.email", "attendees.1.email"]),
        ({"attendees": [NewGuest(email="ana@guest.example")]}, ["sender"]),
    ],
)
def test_what_cannot_be_saved_is_refused(
    alice: Membership, fields: dict[str, object], complaints: list[str]
):
    assert refused(alice, draft(**fields)) == complaints
    assert not Event.objects.exists()
    assert not Guest.objects.exists()


def test_all_complaints_come_at_once(alice: Membership, gwen: Guest):
    typed = draft(title="", timezone="x", reminders=[-5], attendees=[gwen, NewGuest(email="x")])
    assert refused(alice, typed) == [
        "title",
        "timezone",
        "reminders",
        "attendees.1.email",
        "sender",
    ]


def test_mallorys_people_rooms_files_and_senders_are_refused(
    alice: Membership, mallory: Membership, sender: Sender
):
    hers = save(mallory, draft(attendees=[Room.objects.create(team=mallory.team, name="Cave")]))
    typed = draft(
        sender=Sender.objects.create(
            team=mallory.team,
            owner=mallory,
            email="m@evil.example",
            confirmed_at=sender.confirmed_at,
            available_to_everyone=True,
        ),
        files=[a_file(mallory)],
        attendees=[
            mallory,
            Guest.objects.create(team=mallory.team, email="x@evil.example"),
            Room.objects.get(),
            hers.event.attendees.get(),
        ],
    )
    assert refused(alice, typed) == [
        "files.0",
        "sender",
        "attendees.0",
        "attendees.1",
        "attendees.2",
        "attendees.3",
    ]


def test_a_sender_must_be_usable_unless_the_event_has_it(
    alice: Membership, bob: Membership, gwen: Guest, sender: Sender
):
    assert refused(bob, draft(sender=sender, attendees=[gwen])) == ["sender"]
    sender.available_to_everyone = True
    sender.save()
    event = save(bob, draft(sender=sender, attendees=[gwen])).event
    sender.available_to_everyone, sender.confirmed_at = False, None
    sender.save()
    assert save(bob, replace(draft_of(event), title="New"), event).event.sender == sender


def test_gone_colleagues_and_rooms_stay_but_cannot_be_added(
    alice: Membership, bob: Membership, room: Room
):
    event = save(alice, draft(attendees=[bob, room])).event
    bob.left_at = room.removed_at = event.created_at
    bob.save()
    room.save()
    assert len(save(alice, draft_of(event), event).event.attendees.all()) == 2
    assert refused(alice, draft(attendees=[bob, room])) == ["attendees.0", "attendees.1"]


def test_only_host_and_administrators_change_and_cancel(
    alice: Membership, bob: Membership, mallory: Membership
):
    event = save(alice, draft()).event
    for stranger in (bob, mallory):
        for act in (
            lambda who: save(who, draft_of(event), event),
            lambda who: editing.prepare(who, draft_of(event), event),
            lambda who: editing.cancel(who, event),
        ):
            with pytest.raises(NotAllowed), transaction.atomic():
                act(stranger)
    bobs = save(bob, draft()).event
    changed = save(alice, replace(draft_of(bobs), title="New"), bobs).event
    assert (changed.title, changed.host) == ("New", bob)


def test_an_old_form_does_not_overwrite(alice: Membership):
    event = save(alice, draft()).event
    save(alice, replace(draft_of(event), title="First", revision=1), event)
    with pytest.raises(Conflict), transaction.atomic():
        editing.save(alice, replace(draft_of(event), title="Second", revision=1), event)
    event.refresh_from_db()
    assert (event.title, event.revision) == ("First", 2)
    assert save(alice, replace(draft_of(event), title="Third"), event).event.title == "Third"


def test_cancelling_is_done_once_and_for_good(alice: Membership, gwen: Guest, sender: Sender):
    event = save(alice, draft(sender=sender, attendees=[gwen])).event
    with transaction.atomic():
        change = editing.cancel(alice, event)
    assert (change.before.is_cancelled, change.after.is_cancelled) == (False, True)
    assert change.has_guests
    with transaction.atomic():
        again = editing.cancel(alice, event)
    assert again.before == again.after
    event.refresh_from_db()
    assert event.cancelled_at == change.event.cancelled_at
    assert refused(alice, draft_of(event), event) == ["title"]
