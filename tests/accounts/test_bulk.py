"""Rows written in bulk are those that would have been saved one by one."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils.timezone import now

from convoca.accounts import bulk
from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from tests.builders import an_event

HOSTILE = ["", "Ünï 'q\" \\ %s $1 \U0001f600", '{"a": [1]}', "null", "x" * 80]


def a_card(email: str, first_name: str = "") -> dict[str, Any]:
    return {"public_id": uuid4(), "email": email, "email_key": email, "first_name": first_name}


def test_every_word_arrives_as_it_was(alice: Membership):
    rows = [a_card(f"g{number}@guest.example", word) for number, word in enumerate(HOSTILE)]
    bulk.insert(Guest(team=alice.team, last_name="Guest"), rows)
    cards = Guest.objects.order_by("pk")
    assert [card.first_name for card in cards] == HOSTILE
    assert [card.public_id for card in cards] == [row["public_id"] for row in rows]
    assert {(card.team, card.last_name, card.created_by) for card in cards} == {
        (alice.team, "Guest", None)
    }
    assert all(card.created_at <= now() for card in cards)


def test_instances_are_written_with_all_they_hold(alice: Membership, sender: Sender):
    event: Event = an_event(alice, sender=sender)
    rows = [
        Attendee(event=event, name="Gwen", email="g@guest.example", email_key="g@guest.example"),
        Attendee(event=event, name="Sala", replied_at=now(), asked_sequence=3),
    ]
    bulk.insert(Attendee(), map(vars, rows))
    fields = [field.attname for field in Attendee._meta.concrete_fields if field.attname != "id"]
    stored = Attendee.objects.order_by("pk").values(*fields)
    assert list(stored) == [{name: getattr(row, name) for name in fields} for row in rows]


def test_who_is_there_already_is_refused_or_left_out(alice: Membership, gwen: Guest):
    rows = [a_card(gwen.email_key), a_card("new@guest.example")]
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(Guest(team=alice.team), rows)
    bulk.insert(Guest(team=alice.team), rows, or_ignore=True)
    assert list(Guest.objects.order_by("pk").values_list("email_key", flat=True)) == [
        gwen.email_key,
        "new@guest.example",
    ]


def test_nothing_is_cut_off(alice: Membership):
    rows = [a_card("g@guest.example", "x" * 81), a_card("h@guest.example")]
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic():
            bulk.insert(Guest(team=alice.team), rows)
    else:
        bulk.insert(Guest(team=alice.team), rows)
        assert len(Guest.objects.get(email="g@guest.example").first_name) == 81


def test_nothing_is_asked_for_nothing(alice: Membership, django_assert_num_queries: Any):
    with django_assert_num_queries(0):
        bulk.insert(Guest(team=alice.team), [])
    with django_assert_num_queries(1):
        bulk.insert(Guest(team=alice.team), [a_card(f"g{n}@guest.example") for n in range(3_000)])
    assert Guest.objects.count() == 3_000


def test_rows_are_updated_where_it_was_asked_for(alice: Membership, django_assert_num_queries: Any):
    bulk.insert(Guest(team=alice.team), [a_card(f"g{n}@guest.example") for n in range(5)])
    cards = list(Guest.objects.order_by("pk"))
    for card, word in zip(cards, HOSTILE, strict=True):
        card.first_name, card.email = word, "not asked for"
    bulk.update(cards, ["first_name", "last_name"])
    stored = Guest.objects.order_by("pk").values_list("first_name", "email")
    assert list(stored) == [(word, f"g{n}@guest.example") for n, word in enumerate(HOSTILE)]
    with django_assert_num_queries(0):
        bulk.update([], ["first_name"])
