"""Whom mails reach, for programs: the trail, sending again, correcting, lifting."""

from __future__ import annotations

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender, Suppression
from tests.api.conftest import Program
from tests.builders import draft
from tests.invitations.post import deliver

GWEN = "gwen@guest.example"
pytestmark = pytest.mark.usefixtures("event")


@pytest.fixture
def event(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's meeting with Gwen, whose address does not exist."""
    typed = draft(start="2099-11-24 10:00", attendees=[gwen], sender=sender)
    event = scheduling.save_event(alice, typed)
    deliver(GWEN)
    return event


def gwens(event: Event, door: str = "") -> str:
    return f"/events/{event.public_id}/attendees/{event.attendees.get().public_id}/{door}"


def test_the_ledger_says_why_and_what_to_do(as_alice: Program, event: Event):
    [line] = as_alice.get(f"/events/{event.public_id}/attendees").json
    told = line["delivery"]
    assert (told["status"], told["cause"]) == ("FAILED", "UNKNOWN_ADDRESS")
    assert told["reason"] == "The address does not exist."
    assert told["advice"] == "Ask them for the right address and correct it here."
    assert (told["last_error"], told["next_try_at"]) == ("550 5.1.1 No such user", None)
    assert line["answered_by"] == ""


def test_the_trail_has_every_try(as_alice: Program, event: Event):
    failed, invited = as_alice.get(gwens(event, "trail")).json
    assert (failed["what"], failed["response"]) == ("FAILED", "550 5.1.1 No such user")
    assert invited["what"] == "INVITED"


def test_resending(as_alice: Program, event: Event):
    answer = as_alice.post(gwens(event, "resend"))
    assert (answer.status, answer.json["delivery"]["status"]) == (200, "QUEUED")
    assert set(deliver()) == {GWEN}


def test_resending_to_all_who_were_not_reached(as_alice: Program, event: Event):
    nobody = as_alice.post(f"/events/{event.public_id}/resend")
    assert (nobody.status, nobody.fields) == (422, ["attendees"])  # another address is needed
    Delivery.objects.update(reason="UNREACHABLE")
    Suppression.objects.all().delete()
    assert as_alice.post(f"/events/{event.public_id}/resend").json == {"resent": 1}
    assert set(deliver()) == {GWEN}


def test_correcting_an_address(as_alice: Program, event: Event, gwen: Guest):
    wrong = as_alice.post(gwens(event, "address"), {"email": "gwen@"})
    assert (wrong.status, wrong.fields) == (422, ["email"])
    right = as_alice.post(gwens(event, "address"), {"email": "g@guest.example"})
    assert (right.json["email"], right.json["delivery"]["status"]) == ("g@guest.example", "QUEUED")
    assert set(deliver()) == {"g@guest.example"}
    what = [step["what"] for step in as_alice.get(gwens(event, "trail")).json]
    assert what == ["SENT", "CORRECTED", "FAILED", "INVITED"]
    gwen.refresh_from_db()
    assert gwen.email == "g@guest.example"


def test_an_address_that_came_back_is_listed_and_lifted(as_alice: Program, gwen: Guest):
    [one] = as_alice.get("/suppressions").json
    assert (one["email"], one["why"], one["guest"]) == (GWEN, "BOUNCED", str(gwen.public_id))
    assert one["words"] == "550 5.1.1 No such user"
    assert as_alice.delete("/suppressions/Gwen@Guest.example").status == 204
    assert as_alice.get("/suppressions").json == []
    assert as_alice.delete(f"/suppressions/{GWEN}").status == 404


def test_a_guests_wish_is_listed_and_stays(as_alice: Program, gus: Guest):
    Guest.objects.filter(pk=gus.pk).update(opted_out_at=timezone.now())
    assert [one["why"] for one in as_alice.get("/suppressions").json] == ["OPTED_OUT", "BOUNCED"]
    answer = as_alice.delete(f"/suppressions/{gus.email}")
    assert (answer.status, answer.fields) == (422, ["email"])
    gus.refresh_from_db()
    assert gus.opted_out_at is not None


def test_colleagues_look_but_do_not_touch_others_events(as_bob: Program, event: Event):
    assert as_bob.get(gwens(event, "trail")).status == 200
    assert as_bob.post(gwens(event, "resend")).status == 403
    assert as_bob.post(f"/events/{event.public_id}/resend").status == 403
    assert as_bob.post(gwens(event, "address"), {"email": "b@x.example"}).status == 403


def test_mallory_finds_nothing(as_mallory: Program, event: Event):
    assert as_mallory.get(gwens(event, "trail")).status == 404
    assert as_mallory.post(gwens(event, "resend")).status == 404
    assert as_mallory.post(f"/events/{event.public_id}/resend").status == 404
    assert as_mallory.post(gwens(event, "address"), {"email": "m@evil.example"}).status == 404
    assert as_mallory.get("/suppressions").json == []
    assert as_mallory.delete(f"/suppressions/{GWEN}").status == 404
    assert Suppression.objects.count() == 1
    assert Delivery.objects.get(kind="INVITATION").status == "FAILED"
