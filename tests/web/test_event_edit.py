"""Changing an event in its form: everything comes back as it was, and says who will be told."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import draft
from tests.web.forms import as_shown, typed


@pytest.fixture
def event(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's weekly meeting with Gwen, who holds the invitation."""
    saved = scheduling.save_event(
        alice,
        draft(
            start="2099-11-24 10:00",
            rrule="FREQ=WEEKLY;COUNT=3;BYDAY=TU",
            description="<p>Bring the <b>draft</b>.</p>",
            reminders=[10, 45],
            attendees=[gwen],
            sender=sender,
        ),
    )
    Delivery.objects.update(status=Delivery.Status.SENT, sent=1, due_at=None)
    return saved


def address(event: Event) -> str:
    return reverse("event-edit", args=[event.public_id])


def test_an_untouched_form_changes_nothing(as_alice: Client, event: Event):
    before = Event.objects.values().get()
    assert as_alice.post(address(event), as_shown(as_alice, address(event))).status_code == 302
    after = Event.objects.values().get()
    for counted in ("revision", "updated_at"):
        before.pop(counted)
        after.pop(counted)
    assert after == before
    assert Delivery.objects.get().due_at is None


def test_a_new_time_tells_the_guest(as_alice: Client, event: Event):
    posted = as_shown(as_alice, address(event)) | {"start_time": "11:00", "end_time": "12:00"}
    response = as_alice.post(address(event), posted)
    assert response.url == reverse("event", args=[event.public_id])
    event.refresh_from_db()
    assert (event.start.hour, event.sequence) == (11, 1)
    assert Delivery.objects.get().due_at is not None


def test_an_old_form_does_not_overwrite(as_alice: Client, alice: Membership, event: Event):
    posted = as_shown(as_alice, address(event))
    scheduling.save_event(alice, draft(title="Renamed", start="2099-11-24 10:00"), event)
    response = as_alice.post(address(event), posted | {"title": "Mine"})
    assert response.status_code == 422
    event.refresh_from_db()
    assert event.title == "Renamed"
    assert "Mine" in response.content.decode()


def test_rich_text_wins_over_plain(as_alice: Client, event: Event):
    posted = as_shown(as_alice, address(event)) | {
        "description_html": "<p>Now <i>this</i><script>x</script>"
    }
    as_alice.post(address(event), posted)
    event.refresh_from_db()
    assert event.description == "<p>Now <i>this</i></p>"


def test_plain_text_replaces_when_changed(as_alice: Client, event: Event):
    as_alice.post(
        address(event), as_shown(as_alice, address(event)) | {"description": "Short & plain"}
    )
    event.refresh_from_db()
    assert event.description == "<p>Short &amp; plain</p>"


def test_a_rule_beyond_the_form_is_kept(as_alice: Client, alice: Membership):
    rule = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"
    event = scheduling.save_event(alice, draft(start="2099-11-30 10:00", rrule=rule))
    posted = as_shown(as_alice, address(event))
    assert posted["repeat"] == "KEEP"
    as_alice.post(address(event), posted | {"title": "Renamed"})
    event.refresh_from_db()
    assert (event.title, event.rrule) == ("Renamed", rule)


def test_a_time_zone_beyond_the_list_is_kept(as_alice: Client, alice: Membership):
    event = scheduling.save_event(alice, draft(start="2099-11-24 10:00", timezone="Etc/GMT-3"))
    assert as_shown(as_alice, address(event))["timezone"] == "Etc/GMT-3"


def test_somebody_whose_card_is_gone_stays_invited(as_alice: Client, event: Event, gwen: Guest):
    gwen.delete()
    as_alice.post(address(event), as_shown(as_alice, address(event)) | {"title": "Renamed"})
    event.refresh_from_db()
    assert (event.title, event.attendees.get().email) == ("Renamed", "gwen@guest.example")


def audience(client: Client, event: Event | None = None, **fields: Any) -> dict[str, Any]:
    where = reverse("event-audience", args=[event.public_id] if event else [])
    return client.post(where, fields).json()


def test_the_button_says_what_a_new_event_sends(
    as_alice: Client, bob: Membership, gwen: Guest, sender: Sender
):
    people = [f"guest:{gwen.public_id}", f"member:{bob.public_id}"]
    told = audience(as_alice, **typed(attendees=people, sender=str(sender.public_id)))
    assert told == {
        "button": "Create and send 2 invitations",
        "sentence": "An invitation goes to Gwen López and Bob Baker.",
        "count": 2,
        "mayChoose": False,
    }


def test_the_button_says_whom_an_edit_tells(
    as_alice: Client, event: Event, gus: Guest, gwen: Guest
):
    posted = as_shown(as_alice, address(event))
    posted["attendees"] = [f"guest:{gus.public_id}"]
    assert audience(as_alice, event, **posted) == {
        "button": "Save and tell 2 people",
        "sentence": "An invitation goes to Gus Gray. A cancellation goes to Gwen López.",
        "count": 2,
        "mayChoose": True,
    }


def test_an_edit_that_changes_nothing_tells_nobody(as_alice: Client, event: Event):
    told = audience(as_alice, event, **as_shown(as_alice, address(event)))
    assert (told["button"], told["sentence"], told["count"]) == ("Save", "", 0)


def test_an_unfinished_form_has_no_audience(as_alice: Client):
    assert audience(as_alice, **typed(title="")) == {}
    assert audience(as_alice, **typed(end_time="09:00")) == {}
    assert not Event.objects.exists()
