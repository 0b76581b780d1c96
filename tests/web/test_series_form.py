"""The form over one date of a series: this date, this and the following, or all."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import a_file, draft, wall
from tests.web.forms import as_shown

SECOND = "2099-12-01T10:00"
RULE = "FREQ=WEEKLY;COUNT=4;BYDAY=TU"


@pytest.fixture
def event(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's weekly meeting with Gwen on four Tuesdays; she holds the invitation."""
    saved = scheduling.save_event(
        alice, draft(start="2099-11-24 10:00", rrule=RULE, attendees=[gwen], sender=sender)
    )
    Delivery.objects.update(status=Delivery.Status.SENT, sent=1, due_at=None)
    return saved


def address(event: Event, page: str = "event-edit", date: str = SECOND) -> str:
    return f"{reverse(page, args=[event.public_id])}?recurrence_id={date}"


def post(client: Client, event: Event, scope: str, **fields: Any) -> Any:
    shown = as_shown(client, address(event))
    return client.post(address(event), shown | {"scope": scope} | fields)


def errors(response: Any) -> list[str]:
    page = BeautifulSoup(response.content, "html.parser")
    return [found.get_text(" ", strip=True) for found in page.find_all(class_="errorlist")]


def test_form_opens_with_the_date_and_asks_how_much_is_meant(as_alice: Client, event: Event):
    page = BeautifulSoup(as_alice.get(address(event)).content, "html.parser")
    asked = page.find("fieldset", attrs={"data-scope": True})
    assert [box["value"] for box in asked.find_all("input")] == ["this", "following", "all"]
    assert asked.find("input", checked=True)["value"] == "this"
    assert "Only this date: Tuesday, 1 December 2099" in asked.get_text(" ", strip=True)
    assert page.find("input", attrs={"name": "start_date"})["value"] == "2099-12-01"
    repeat = page.find("select", attrs={"name": "repeat"})
    assert repeat.find("option", selected=True)["value"] == "WEEKLY"


def test_from_the_first_date_on_is_all(as_alice: Client, event: Event):
    page = BeautifulSoup(
        as_alice.get(address(event, date="2099-11-24T10:00")).content, "html.parser"
    )
    boxes = page.find_all("input", attrs={"name": "scope"})
    assert [box["value"] for box in boxes] == ["this", "all"]


def test_form_asks_in_spanish(as_alice: Client, alice: Membership, event: Event):
    alice.user.language = "es"
    alice.user.save()
    text = as_alice.get(address(event)).content.decode()
    assert "Solo esta fecha: martes, 1 de diciembre de 2099" in text


def test_form_of_the_whole_series_does_not_ask(as_alice: Client, event: Event):
    page = as_alice.get(reverse("event-edit", args=[event.public_id])).content.decode()
    assert 'name="scope"' not in page
    assert "All dates of the series are changed." in page


@pytest.mark.parametrize("scope", ["this", "all"])
def test_an_untouched_form_changes_nothing(as_alice: Client, event: Event, scope: str):
    assert post(as_alice, event, scope).status_code == 302
    stored = Event.objects.get()
    assert (stored.start, stored.rrule, stored.sequence) == (event.start, RULE, 0)
    assert Delivery.objects.get().due_at is None


def test_this_changes_one_date(as_alice: Client, event: Event):
    response = post(as_alice, event, "this", start_date="2099-12-02", end_date="2099-12-02")
    assert response.url == address(event, "event").replace(":", "%3A")
    row = event.overrides.get()
    assert (row.recurrence_id, row.start) == (wall("2099-12-01 10:00"), wall("2099-12-02 10:00"))
    event.refresh_from_db()
    assert (event.start, event.rrule) == (wall("2099-11-24 10:00"), RULE)


def test_all_moves_every_date_by_as_many_days(as_alice: Client, event: Event):
    fields = {"start_date": "2099-12-02", "end_date": "2099-12-02"}
    post(as_alice, event, "all", **fields, start_time="09:30", end_time="10:30")
    event.refresh_from_db()
    assert event.start == wall("2099-11-25 09:30")
    assert event.rrule == "FREQ=WEEKLY;COUNT=4;BYDAY=WE"
    assert not event.overrides.exists()


def test_following_begins_a_series_of_its_own(as_alice: Client, event: Event):
    response = post(as_alice, event, "following", title="Signing", start_time="09:30")
    event.refresh_from_db()
    rest = Event.objects.get(related_to=event.uid)
    assert response.url == reverse("event", args=[rest.public_id])
    assert (event.title, event.rrule) == (
        "Contract review",
        "FREQ=WEEKLY;UNTIL=20991124T225959Z;BYDAY=TU",
    )
    assert (rest.title, rest.start, rest.rrule) == (
        "Signing",
        wall("2099-12-01 09:30"),
        "FREQ=WEEKLY;COUNT=3;BYDAY=TU",
    )


def test_following_may_repeat_otherwise(as_alice: Client, event: Event):
    post(as_alice, event, "following", repeat="DAILY", ends="count", count="2")
    assert Event.objects.get(related_to=event.uid).rrule == "FREQ=DAILY;COUNT=2"


def test_all_counts_a_new_rule_from_the_first_date(as_alice: Client, event: Event):
    day = {"start_date": "2099-12-02", "end_date": "2099-12-02"}
    post(as_alice, event, "all", **day, interval="2")
    event.refresh_from_db()
    assert (event.start, event.rrule) == (
        wall("2099-11-25 10:00"),
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,WE",
    )


def test_all_takes_from_a_changed_date_only_what_was_changed(
    as_alice: Client, event: Event, gus: Guest
):
    post(as_alice, event, "this", title="Signing", start_time="12:00", end_time="13:00")
    people = as_shown(as_alice, address(event))["attendees"]
    post(
        as_alice, event, "all", location="Sala Goya", attendees=[*people, f"guest:{gus.public_id}"]
    )
    event.refresh_from_db()
    assert (event.title, event.location) == ("Contract review", "Sala Goya")
    assert event.start == wall("2099-11-24 10:00")
    assert [one.name for one in event.attendees.all()] == ["Gwen López", "Gus Gray"]


def test_somebody_is_invited_to_one_date(as_alice: Client, event: Event, gus: Guest):
    people = as_shown(as_alice, address(event))["attendees"]
    post(as_alice, event, "this", attendees=[*people, f"guest:{gus.public_id}"])
    assert [one.name for one in event.overrides.get().attendees.all()] == ["Gwen López", "Gus Gray"]
    assert [one.name for one in event.attendees.all()] == ["Gwen López"]


def test_one_date_cannot_repeat_and_nothing_typed_is_lost(as_alice: Client, event: Event):
    response = post(as_alice, event, "this", title="Signing", interval="2")
    assert response.status_code == 422
    assert errors(response) == [
        "One date cannot repeat by itself. Change the following dates too, or all."
    ]
    page = BeautifulSoup(response.content, "html.parser")
    assert page.find("input", attrs={"name": "title"})["value"] == "Signing"
    assert page.find("input", attrs={"name": "interval"})["value"] == "2"
    assert page.find("input", attrs={"name": "scope"}, checked=True)["value"] == "this"


def test_files_are_the_series(as_alice: Client, alice: Membership, event: Event):
    file = a_file(alice)
    response = post(as_alice, event, "this", files=[str(file.public_id)])
    assert response.status_code == 422
    assert "Files belong to the whole series." in response.content.decode()


@pytest.mark.parametrize("scope", ["", "some"])
def test_a_scope_is_wanted(as_alice: Client, event: Event, scope: str):
    response = post(as_alice, event, scope, title="Signing")
    assert response.status_code == 422
    assert len(errors(response)) == 1
    assert Event.objects.get().title == "Contract review"


def test_a_date_gone_meanwhile_keeps_what_was_typed(as_alice: Client, event: Event):
    shown = as_shown(as_alice, address(event))
    Event.objects.update(exdates=["2099-12-01T10:00:00"])
    response = as_alice.post(address(event), shown | {"title": "Signing"})
    assert response.status_code == 422
    assert "The series has no such date any more." in response.content.decode()
    assert "Signing" in response.content.decode()
    assert as_alice.get(address(event)).url == reverse("event", args=[event.public_id])


def test_button_says_who_is_told_of_the_following(as_alice: Client, event: Event):
    shown = as_shown(as_alice, address(event)) | {"scope": "following", "start_time": "09:30"}
    told = as_alice.post(address(event, "event-audience"), shown).json()
    assert told["button"] == "Save and tell 1 person"
    assert Event.objects.count() == 1


def test_button_says_who_is_told_of_one_date(as_alice: Client, event: Event, gus: Guest):
    shown = as_shown(as_alice, address(event)) | {"scope": "this"}
    people = [*shown["attendees"], f"guest:{gus.public_id}"]
    told = as_alice.post(address(event, "event-audience"), shown | {"attendees": people}).json()
    assert told == {
        "button": "Save and tell 2 people",
        "sentence": "An invitation goes to Gus Gray. What changed goes to Gwen López.",
        "count": 2,
        "mayChoose": True,
    }
    assert as_alice.post(address(event, "event-audience", "2099-12-02T10:00"), shown).json() == {}


def test_preview_shows_the_mail_about_one_date(as_alice: Client, event: Event, gwen: Guest):
    shown = as_shown(as_alice, address(event)) | {"scope": "this", "start_time": "09:30"}
    about = shown | {"preview_for": gwen.email}
    mail = as_alice.post(address(event, "event-preview"), about, headers={"Accept": "text/html"})
    assert mail.status_code == 200
    assert "9:30" in mail.content.decode()
    assert not event.overrides.exists()


@pytest.mark.parametrize("name", ["event-edit", "event-audience", "event-preview", "event-cancel"])
def test_posts_about_a_date_do_not_exist_for_another_team(
    as_mallory: Client, event: Event, name: str
):
    assert as_mallory.post(address(event, name), {"scope": "this"}).status_code == 404
    assert not event.overrides.exists()


@pytest.mark.parametrize("name", ["event-edit", "event-cancel", "event-move"])
def test_colleagues_change_no_date(as_bob: Client, event: Event, name: str):
    assert as_bob.post(address(event, name), {"scope": "this"}).status_code == 403
