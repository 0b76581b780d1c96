"""The event form: what it opens with, what it saves, and that nothing typed is lost."""

from __future__ import annotations

import uuid

import pytest
from bs4 import BeautifulSoup, Tag
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from convoca.accounts.models import Membership, Usage
from convoca.calendars.drafts import EventDraft, draft_of
from convoca.calendars.models import Event, File, Room
from convoca.guests.models import Guest
from convoca.mail import senders
from convoca.mail.models import Delivery, Sender
from tests.builders import a_file, an_event, wall
from tests.web.forms import typed

NEW = "/events/new/"


def soup(response) -> BeautifulSoup:  # type: ignore[no-untyped-def]
    return BeautifulSoup(response.content, "html.parser")


def value(page: BeautifulSoup, name: str) -> str:
    field = page.find(attrs={"name": name})
    assert isinstance(field, Tag)
    if field.name == "select":
        chosen = field.find("option", selected=True)
        return str(chosen["value"]) if isinstance(chosen, Tag) else ""
    return field.get_text() if field.name == "textarea" else str(field.get("value", ""))


def ticked(page: BeautifulSoup, name: str) -> list[str]:
    boxes = page.find_all(attrs={"name": name, "checked": True, "value": True})
    return [str(box["value"]) for box in boxes]


def complaints(page: BeautifulSoup) -> str:
    return " ".join(
        each.get_text(" ", strip=True) for each in page.select(".errorlist, .notice--error")
    )


def test_form_opens_with_the_dragged_span(as_alice: Client):
    page = soup(as_alice.get(NEW, {"start": "2099-11-24T10:00", "end": "2099-11-24T11:30"}))
    names = ("start_date", "start_time", "end_date", "end_time", "timezone")
    assert [value(page, name) for name in names] == [
        "2099-11-24",
        "10:00",
        "2099-11-24",
        "11:30",
        "Europe/Madrid",
    ]


def test_form_opens_with_the_clicked_day(as_alice: Client):
    page = soup(as_alice.get(NEW, {"date": "2099-11-24"}))
    assert [value(page, name) for name in ("start_date", "start_time", "end_time")] == [
        "2099-11-24",
        "09:00",
        "10:00",
    ]


def test_form_opens_with_the_dragged_days(as_alice: Client):
    page = soup(as_alice.get(NEW, {"start": "2099-11-24", "end": "2099-11-27", "all_day": "on"}))
    assert [value(page, name) for name in ("start_date", "end_date")] == [
        "2099-11-24",
        "2099-11-26",
    ]
    assert page.find(attrs={"name": "all_day"}).has_attr("checked")


@pytest.mark.parametrize(
    "asked", [{"start": "soon"}, {"date": "never"}, {"start": "2099-11-24T25:00"}]
)
def test_form_opens_in_spite_of_strange_addresses(as_alice: Client, asked: dict[str, str]):
    assert as_alice.get(NEW, asked).status_code == 200


def test_create_saves_every_field(as_alice: Client, alice: Membership):
    file = a_file(alice)
    posted = typed(
        location="Office",
        description="Bring the draft.\n\nThanks!",
        repeat="WEEKLY",
        interval="2",
        weekdays=["TU", "TH"],
        ends="count",
        count="4",
        reminders=["10", "60"],
        hide_guests="on",
        files=[str(file.public_id)],
    )
    response = as_alice.post(NEW, posted)
    assert (response.status_code, response.url) == (302, "/?date=2099-11-24")
    event = Event.objects.get()
    assert draft_of(event) == EventDraft(
        title="Contract review",
        start=wall("2099-11-24 10:00"),
        end=wall("2099-11-24 11:00"),
        timezone="Europe/Madrid",
        rrule="FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,TH",
        location="Office",
        description="<p>Bring the draft.</p><p>Thanks!</p>",
        reminders=[10, 60],
        hide_guests=True,
        notify_answers=True,
        files=[file],
        attendees=[],
    )
    assert event.host == alice


def test_create_invites_everyone_picked(
    as_alice: Client, alice: Membership, bob: Membership, gwen: Guest, sender: Sender
):
    room = Room.objects.create(team=alice.team, name="Sala Goya")
    picked = [
        f"guest:{gwen.public_id}",
        f"member:{bob.public_id}",
        f"room:{room.public_id}",
        "email:Nora Novak <nora@new.example>",
    ]
    message = "Looking forward to it."
    sent_from = str(sender.public_id)
    as_alice.post(NEW, typed(attendees=picked, message=message, sender=sent_from))
    event = Event.objects.get()
    assert list(event.attendees.values_list("name", "kind")) == [
        ("Gwen López", "GUEST"),
        ("Bob Baker", "MEMBER"),
        ("Sala Goya", "ROOM"),
        ("Nora Novak", "GUEST"),
    ]
    assert (event.sender, event.versions.get().message) == (sender, message)
    assert Guest.objects.filter(email="nora@new.example", first_name="Nora").exists()
    written_to = Delivery.objects.values_list("email", flat=True)
    assert sorted(written_to) == ["bob@acme.example", "gwen@guest.example", "nora@new.example"]


def test_create_all_day_counts_the_last_day(as_alice: Client):
    as_alice.post(NEW, typed(all_day="on", end_date="2099-11-26", start_time="", end_time=""))
    event = Event.objects.get()
    assert (event.start, event.end, event.all_day) == (
        wall("2099-11-24"),
        wall("2099-11-27"),
        True,
    )


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"repeat": "DAILY", "interval": "3"}, "FREQ=DAILY;INTERVAL=3"),
        ({"repeat": "WEEKLY"}, "FREQ=WEEKLY;BYDAY=TU"),
        ({"repeat": "WEEKLY", "weekdays": ["FR"]}, "FREQ=WEEKLY;BYDAY=TU,FR"),
        ({"repeat": "MONTHLY", "monthly": "DAY"}, "FREQ=MONTHLY"),
        ({"repeat": "MONTHLY", "monthly": "WEEKDAY"}, "FREQ=MONTHLY;BYDAY=4TU"),
        (
            {"repeat": "YEARLY", "ends": "until", "until": "2101-11-24"},
            "FREQ=YEARLY;UNTIL=21011124T225959Z",
        ),
        (
            {"repeat": "DAILY", "ends": "until", "until": "2099-12-01", "all_day": "on"},
            "FREQ=DAILY;UNTIL=20991201",
        ),
        ({"repeat": "", "ends": "count", "count": "3"}, ""),
    ],
)
def test_repetition_becomes_a_rule(as_alice: Client, fields: dict[str, object], rule: str):
    assert as_alice.post(NEW, typed(**fields)).status_code == 302
    event = Event.objects.get()
    assert event.rrule == rule


def test_fifth_weekday_means_the_last(as_alice: Client):
    day = {"start_date": "2099-09-29", "end_date": "2099-09-29"}
    as_alice.post(NEW, typed(repeat="MONTHLY", monthly="WEEKDAY", **day))
    assert Event.objects.get().rrule == "FREQ=MONTHLY;BYDAY=-1TU"


def test_errors_stand_at_their_fields_and_keep_everything(
    as_alice: Client, alice: Membership, gwen: Guest, sender: Sender
):
    file = a_file(alice)
    posted = typed(
        title="",
        end_time="09:00",
        location="Office",
        description="Bring the draft.",
        description_html="<p>Bring the <b>draft</b>.</p>",
        reminders=["60"],
        message="Hello",
        attendees=[f"guest:{gwen.public_id}", "email:Nora Novak <nora@new.example>"],
        files=[str(file.public_id)],
        sender=str(sender.public_id),
    )
    response = as_alice.post(NEW, posted)
    page = soup(response)
    assert response.status_code == 422
    assert page.find(attrs={"name": "title"})["aria-invalid"] == "true"
    assert value(page, "location") == "Office"
    assert value(page, "description_html") == "<p>Bring the <b>draft</b>.</p>"
    assert value(page, "message").strip() == "Hello"
    assert ticked(page, "attendees") == [
        f"guest:{gwen.public_id}",
        "email:Nora Novak <nora@new.example>",
    ]
    assert ticked(page, "files") == [str(file.public_id)]
    assert ticked(page, "reminders") == ["60"]
    assert ticked(page, "sender") == [str(sender.public_id)]
    assert not Event.objects.exists()


def test_the_saves_refusals_come_back_at_their_fields(as_alice: Client):
    page = soup(as_alice.post(NEW, typed(end_time="09:00")))
    assert page.find(attrs={"name": "end_date"})["aria-invalid"] == "true"
    assert "The end must be after the start." in complaints(page)


def test_a_bad_address_is_kept_and_marked(as_alice: Client, sender: Sender):
    page = soup(
        as_alice.post(NEW, typed(attendees=["email:gwen@@x"], sender=str(sender.public_id)))
    )
    (chip,) = page.select(".picker__chips .chip")
    assert "chip--doubtful" in chip["class"]
    assert "is this an address?" in chip.get_text()
    assert not Event.objects.exists()


def test_addresses_can_be_typed_without_javascript(as_alice: Client, gwen: Guest, sender: Sender):
    lines = "gwen@guest.example\r\n\r\nNora Novak <nora@new.example>\r\n"
    as_alice.post(NEW, typed(addresses=lines, sender=str(sender.public_id)))
    people = Event.objects.get().attendees.values_list("name", "email")
    assert list(people) == [
        ("Gwen López", "gwen@guest.example"),
        ("Nora Novak", "nora@new.example"),
    ]


def test_files_can_be_sent_without_javascript(as_alice: Client):
    upload = SimpleUploadedFile("plan.txt", b"plan", content_type="text/plain")
    assert as_alice.post(NEW, typed(uploads=[upload])).status_code == 302
    assert [file.name for file in Event.objects.get().files.all()] == ["plan.txt"]


def test_the_first_need_asks_for_a_sender(as_alice: Client, alice: Membership, gwen: Guest):
    response = as_alice.post(NEW, typed(attendees=[f"guest:{gwen.public_id}"]))
    page = soup(response)
    assert response.status_code == 422
    assert "which address" in complaints(page)
    assert "alice@acme.example recommended" in " ".join(
        page.find(attrs={"data-choices": True}).get_text(" ").split()
    )


def test_the_sender_is_chosen_once(
    as_alice: Client, alice: Membership, gwen: Guest, sender: Sender
):
    picked = {"attendees": [f"guest:{gwen.public_id}"], "sender": str(sender.public_id)}
    as_alice.post(NEW, typed(**picked))
    assert senders.chosen(alice) == sender
    page = soup(as_alice.get(NEW))
    assert "Invitations go from Alice Álvarez <alice@acme.example>." in " ".join(
        page.find(attrs={"data-sender-panel": True}).get_text().split()
    )


def test_nobody_sends_from_a_strangers_address(
    as_alice: Client, mallory: Membership, gwen: Guest, sender: Sender
):
    foreign = Sender.objects.create(
        team=mallory.team,
        owner=mallory,
        name="M",
        email="m@evil.example",
        email_key="m@evil.example",
        available_to_everyone=True,
        confirmed_at=sender.confirmed_at,
    )
    posted = typed(attendees=[f"guest:{gwen.public_id}"], sender=str(foreign.public_id))
    assert as_alice.post(NEW, posted).status_code == 422
    assert not Event.objects.exists()


def test_people_and_files_of_another_team_are_not_taken(
    as_alice: Client, mallory: Membership, sender: Sender
):
    stranger = Guest.objects.create(team=mallory.team, email="s@x.example", email_key="s@x.example")
    theirs = a_file(mallory)
    for fields in (
        {"attendees": [f"guest:{stranger.public_id}"]},
        {"attendees": [f"member:{mallory.public_id}"]},
        {"files": [str(theirs.public_id)]},
        {"files": [str(uuid.uuid4())]},
    ):
        response = as_alice.post(NEW, typed(sender=str(sender.public_id), **fields))
        assert response.status_code == 422
        assert "has been removed since" in complaints(soup(response))
    assert not Event.objects.exists()


def test_a_colleagues_upload_is_not_taken(as_alice: Client, bob: Membership):
    response = as_alice.post(NEW, typed(files=[str(a_file(bob).public_id)]))
    assert response.status_code == 422
    assert File.objects.get().event is None


def test_the_limit_of_the_plan_refuses_as_a_whole(
    as_alice: Client, alice: Membership, gwen: Guest, sender: Sender
):
    Usage.objects.create(team=alice.team, events_with_guests=10)
    posted = typed(attendees=[f"guest:{gwen.public_id}"], sender=str(sender.public_id))
    response = as_alice.post(NEW, posted)
    page = soup(response)
    assert response.status_code == 409
    assert "10 events with external guests" in complaints(page)
    assert value(page, "title") == "Contract review"
    assert ticked(page, "attendees") == [f"guest:{gwen.public_id}"]
    assert "10 of 10 events with guests used (Free plan)" in page.get_text()
    assert (Event.objects.count(), Delivery.objects.count()) == (0, 0)


def test_save_without_sending_sends_nothing(as_alice: Client, gwen: Guest, sender: Sender):
    posted = typed(attendees=[f"guest:{gwen.public_id}"], sender=str(sender.public_id))
    as_alice.post(NEW, posted | {"notify": "none"})
    assert (Event.objects.count(), Delivery.objects.filter(due_at__isnull=False).count()) == (1, 0)


def test_form_costs_the_same_for_one_attendee_and_for_many(
    as_alice: Client,
    alice: Membership,
    sender: Sender,
    django_assert_max_num_queries: DjangoAssertNumQueries,
):
    guests = [
        Guest.objects.create(team=alice.team, email=f"g{n}@x.example", email_key=f"g{n}@x.example")
        for n in range(20)
    ]
    event = an_event(alice, start="2099-11-24 10:00", attendees=guests, sender=sender)
    with django_assert_max_num_queries(16):
        page = soup(as_alice.get(reverse("event-edit", args=[event.public_id])))
    assert len(ticked(page, "attendees")) == 20
