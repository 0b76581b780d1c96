"""What the attendee picker asks for."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from convoca.accounts.models import Membership
from convoca.calendars.models import Room
from convoca.guests.models import Guest
from convoca.mail.models import Suppression


def found(client: Client, **asked: object) -> list[str]:
    response = client.get(reverse("attendee-search"), asked)
    return [person["name"] for person in response.json()["results"]]


def test_colleagues_rooms_and_guests_are_found(
    as_alice: Client, alice: Membership, bob: Membership, gwen: Guest
):
    Room.objects.create(team=alice.team, name="Sala Goya")
    assert found(as_alice, q="") == ["Bob Baker", "Sala Goya", "Gwen López"]
    assert found(as_alice, q="lopez") == ["Gwen López"]


def test_a_result_is_all_a_chip_needs(as_alice: Client, gwen: Guest):
    response = as_alice.get(reverse("attendee-search"), {"q": "gwen"})
    assert response.json() == {
        "results": [
            {
                "key": f"guest:{gwen.public_id}",
                "kind": "GUEST",
                "name": "Gwen López",
                "email": "gwen@guest.example",
            }
        ]
    }


def test_who_gets_no_mail_is_said(as_alice: Client, gwen: Guest, gus: Guest):
    Guest.objects.filter(pk=gwen.pk).update(opted_out_at=timezone.now())
    Suppression.objects.create(team=gus.team, email_key=gus.email_key, created_at=timezone.now())
    response = as_alice.get(reverse("attendee-search"), {"q": "guest"})
    notes = {one["name"]: one["note"] for one in response.json()["results"]}
    assert notes == {"Gwen López": "wants no e-mail", "Gus Gray": "address does not exist"}
    response = as_alice.get(reverse("attendee-search"), {"email": gwen.email})
    assert [one["note"] for one in response.json()["results"]] == ["wants no e-mail"]


def test_pasted_addresses_are_recognised(
    as_alice: Client,
    alice: Membership,
    bob: Membership,
    gwen: Guest,
    django_assert_max_num_queries: DjangoAssertNumQueries,
):
    typed = ["GWEN@guest.example", "bob@acme.example", alice.email, "nobody@x.example"]
    typed += [f"more{n}@x.example" for n in range(50)]
    with django_assert_max_num_queries(8):
        response = as_alice.get(reverse("attendee-search"), {"email": typed})
    people = [(one["typed"], one["name"], one["me"]) for one in response.json()["results"]]
    assert people == [
        ("GWEN@guest.example", "Gwen López", False),
        ("bob@acme.example", "Bob Baker", False),
        ("alice@acme.example", "Alice Álvarez", True),
    ]


def test_nobody_of_another_team_is_found(
    as_mallory: Client, bob: Membership, gwen: Guest, team: object
):
    assert found(as_mallory, q="") == []
    assert found(as_mallory, q="gwen@guest.example") == []
    assert found(as_mallory, email=[gwen.email, bob.email]) == []
