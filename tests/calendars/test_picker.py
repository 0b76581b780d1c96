"""The picker finds colleagues, rooms and guests of one's own team, the best match first."""

import uuid

import pytest
from django.utils import timezone

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars import picker
from convoca.calendars.models import Room
from convoca.calendars.picker import Reference
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from tests.builders import an_event


def names(member: Membership, text: str, limit: int = 20) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in picker.search(member, text, limit)]


def test_everyone_but_oneself_is_offered(
    alice: Membership, bob: Membership, gwen: Guest, room: Room
):
    assert names(alice, "") == [
        ("MEMBER", "Bob Baker"),
        ("ROOM", "Sala Goya"),
        ("GUEST", "Gwen López"),
    ]
    assert names(bob, "") == [
        ("MEMBER", "Alice Álvarez"),
        ("ROOM", "Sala Goya"),
        ("GUEST", "Gwen López"),
    ]


def test_word_starts_stand_first(alice: Membership, bob: Membership, gwen: Guest, room: Room):
    Guest.objects.create(team=alice.team, email="ba@guest.example", first_name="Báker")
    Guest.objects.create(team=alice.team, email="x@guest.example", first_name="Abaker")
    assert names(alice, "BAKER") == [
        ("MEMBER", "Bob Baker"),
        ("GUEST", "Báker"),
        ("GUEST", "Abaker"),
    ]
    assert names(alice, "goya sala") == [("ROOM", "Sala Goya")]
    assert names(alice, "bob@acme") == [("MEMBER", "Bob Baker")]
    assert names(alice, "nobody") == []


def test_the_kind_is_said_in_words(alice: Membership, bob: Membership, gwen: Guest, room: Room):
    assert [one.label for one in picker.search(alice, "")] == ["colleague", "room", "guest"]


def test_a_list_is_short_and_cheap(alice: Membership, django_assert_num_queries):
    Guest.objects.bulk_create(
        Guest(
            team=alice.team,
            email=f"g{number}@guest.example",
            email_key=f"g{number}@guest.example",
            search_text=f" guest {number}",
        )
        for number in range(200)
    )
    with django_assert_num_queries(3):
        assert len(names(alice, "guest", 7)) == 7


def test_gone_colleagues_and_rooms_are_not_offered(alice: Membership, bob: Membership, room: Room):
    bob.left_at = room.removed_at = timezone.now()
    bob.save()
    room.save()
    assert names(alice, "") == []


def test_mallory_finds_nobody(mallory: Membership, bob: Membership, gwen: Guest, room: Room):
    assert names(mallory, "") == []
    for reference in (
        Reference("GUEST", gwen.public_id),
        Reference("MEMBER", bob.public_id),
        Reference("ROOM", room.public_id),
    ):
        with pytest.raises(Invalid):
            picker.find(mallory, [reference])


def test_references_are_found_in_order(
    alice: Membership, bob: Membership, gwen: Guest, gus: Guest, room: Room
):
    people = [gus, room, bob, gwen, gus]
    references = [
        Reference("GUEST", gus.public_id),
        Reference("ROOM", str(room.public_id)),
        Reference("MEMBER", bob.public_id),
        Reference("GUEST", gwen.public_id),
        Reference("GUEST", gus.public_id),
    ]
    assert picker.find(alice, references) == people


def test_unknown_references_are_named(alice: Membership, gwen: Guest):
    references = [
        Reference("GUEST", gwen.public_id),
        Reference("MEMBER", gwen.public_id),
        Reference("GUEST", "1 OR 1=1"),
        Reference("ROBOT", uuid.uuid4()),
    ]
    with pytest.raises(Invalid) as refusal:
        picker.find(alice, references)
    assert [error.field for error in refusal.value.errors] == [
        "attendees.1",
        "attendees.2",
        "attendees.3",
    ]


def test_who_is_on_the_event_is_found_though_gone(
    alice: Membership, bob: Membership, mallory: Membership, gwen: Guest, room: Room, sender: Sender
):
    event = an_event(alice, sender=sender, attendees=[bob, room, gwen])
    bob.left_at = room.removed_at = timezone.now()
    bob.save()
    room.save()
    gwen.delete()
    row = event.attendees.get(kind="GUEST")
    references = [
        Reference("MEMBER", bob.public_id),
        Reference("ROOM", room.public_id),
        Reference("ATTENDEE", row.public_id),
    ]
    assert picker.find(alice, references, event) == [bob, room, row]
    for stranger, of in ((alice, None), (mallory, event)):
        with pytest.raises(Invalid):
            picker.find(stranger, references, of)
