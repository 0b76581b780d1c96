"""The deadline for answers at each door: the form, the event's page, the guest's page, the API."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from convoca.accounts import tokens
from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.models import Invitation
from convoca.invitations.reminding import deadline, nudging
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import draft, wall
from tests.invitations.post import deliver, part
from tests.stories.reader import Reader
from tests.web.forms import as_shown, typed

BY = wall("2026-11-26 18:00")
NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
FIRST = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)  # ten o'clock in Madrid


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def event(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    event = scheduling.save_event(
        alice, draft(start="2026-12-01 10:00", answer_by=BY, sender=sender, attendees=[gwen, gus])
    )
    deliver()
    return event


@pytest.fixture
def gwens(event: Event) -> Invitation:
    return Invitation.objects.get(event=event, email_key="gwen@guest.example")


def by_api(client: Client, member: Membership, method: str, path: str, body: Any = None) -> Any:
    _token, secret = tokens.issue(member, "tests")
    headers = {"authorization": f"Bearer {secret}"}
    kind = {} if body is None else {"data": body, "content_type": "application/json"}
    call = getattr(client, method)
    return call(f"/api/v1{path}", headers=headers, **kind)


def place(event: Event, email: str = "gwen@guest.example") -> tuple[str, str]:
    attendee = event.attendees.get(email_key=email)
    return (
        reverse("event-reminders", args=[event.public_id]),
        reverse("event-reminded", args=[event.public_id, attendee.public_id]),
    )


def test_a_day_in_the_form_means_its_end(as_alice: Client, sender: Sender):
    fields = typed(answer_by_date="2099-11-20", remind_guests="on")
    assert as_alice.post(reverse("event-new"), fields).status_code == 302
    saved = Event.objects.get()
    assert (saved.answer_by, saved.remind_guests) == (wall("2099-11-20 23:59"), True)
    where = reverse("event-edit", args=[saved.public_id])
    posted = as_shown(as_alice, where) | {"answer_by_time": "18:00", "remind_guests": []}
    assert as_alice.post(where, posted).status_code == 302
    saved.refresh_from_db()
    assert (saved.answer_by, saved.remind_guests) == (wall("2099-11-20 18:00"), False)
    assert (
        as_alice.post(where, as_shown(as_alice, where) | {"answer_by_date": ""}).status_code == 422
    )
    cleared = {"answer_by_date": "", "answer_by_time": ""}
    as_alice.post(where, as_shown(as_alice, where) | cleared)
    saved.refresh_from_db()
    assert (saved.answer_by, saved.remind_guests) == (None, False)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"answer_by_date": "2099-11-25"}, "Answers must be asked for before the start"),
        ({"answer_by_date": "2026-11-19"}, "Choose a moment to come."),
        ({"answer_by_time": "10:00"}, "Say on which day."),
    ],
)
def test_the_form_says_what_is_wrong_with_it(as_alice: Client, fields: dict[str, str], words: str):
    page = Reader(as_alice)
    page._look("/events/new/", as_alice.post(reverse("event-new"), typed(**fields)))
    assert page.status == 422
    field = page.page.select_one("#id_answer_by_date").find_parent(class_="field")
    assert words in field.get_text()
    assert field.find_parent("details").has_attr("open")


def test_the_preview_names_the_deadline(as_alice: Client, sender: Sender, gus: Guest):
    fields = typed(
        answer_by_date="2099-11-20",
        answer_by_time="18:00",
        attendees=[f"guest:{gus.public_id}"],
        sender=str(sender.public_id),
    )
    shown = as_alice.post(reverse("event-preview"), fields)
    assert "Please answer by Friday, 20 November 2099, 12:00 (New York time)." in (
        shown.content.decode().replace("&#x27;", "'")
    )


def test_the_page_tells_and_stops_reminders(as_alice: Client, event: Event):
    page = Reader(as_alice).open(reverse("event", args=[event.public_id]))
    assert "Answers by Thursday, 26 November 2026, 18:00 (Madrid time)" in page.text
    assert "Reminders before the deadline: the next one leaves 24 Nov, 10:00." in page.text
    assert "will be reminded 24 Nov, 10:00" in page.text
    page.press("Stop these reminders")
    assert "No reminders before the deadline." in page.text
    assert deadline.upcoming(Event.objects.get(), timezone.now()) == {}
    page.press("Start these reminders")
    assert "will be reminded 24 Nov, 10:00" in page.text


def test_one_attendee_is_spared(as_alice: Client, event: Event):
    attendee = event.attendees.get(email_key="gwen@guest.example")
    about = reverse("event-attendee", args=[event.public_id, attendee.public_id])
    page = Reader(as_alice).open(about).press("Do not remind")
    assert "Gwen López is reminded no more." in page.page.get_text()
    assert "is not reminded" in page.text
    page.open(about)
    assert "Alice Álvarez stopped reminders" in page.text
    page.press("Remind again")
    assert "is not reminded" not in page.text


def test_the_page_shows_what_happened(as_alice: Client, event: Event, clock: Any):
    clock.move_to(FIRST)
    deadline.nudge_due(FIRST)
    deliver()
    page = Reader(as_alice).open(reverse("event", args=[event.public_id]))
    assert "reminded 24 Nov, 10:00" in page.text
    attendee = event.attendees.get(email_key="gwen@guest.example")
    about = reverse("event-attendee", args=[event.public_id, attendee.public_id])
    assert "reminded, as the deadline came near" in Reader(as_alice).open(about).text
    clock.move_to("2026-11-27T10:00Z")
    assert "18:00 (Madrid time) (over)" in page.open(page.address).text
    assert "reminder" not in page.text


def test_the_quick_card_says_until_when(as_alice: Client, event: Event, clock: Any):
    card = reverse("event-card", args=[event.public_id])
    assert "Answers by Thursday, 26 November 2026" in as_alice.get(card).content.decode()
    clock.move_to("2026-11-27T10:00Z")
    assert "Answers by" not in as_alice.get(card).content.decode()


def test_the_guest_stops_reminders_by_a_press(
    client: Client, event: Event, gwens: Invitation, clock: Any
):
    clock.move_to(FIRST)
    deadline.nudge_due(FIRST)
    text = part(deliver()["gwen@guest.example"], "plain")
    link = next(one for one in text.split() if one.endswith("#reminders"))
    page = Reader(client).open(link)
    assert "Responde, por favor, a más tardar el jueves, 26 de noviembre de 2026" in page.text
    gwens.refresh_from_db()
    assert gwens.nudges_stopped_at is None
    page.press("No me recuerdes más esta reunión")
    gwens.refresh_from_db()
    assert (gwens.nudges_stopped_at, gwens.nudges_stopped_by) == (FIRST, None)
    page.press("Volver a recordármelo")
    gwens.refresh_from_db()
    assert gwens.nudges_stopped_at is None


def test_no_scanner_stops_reminders(client: Client, event: Event, gwens: Invitation):
    address = reverse("rsvp-reminders", args=[links.token(gwens)])
    assert {client.get(address).status_code, client.head(address).status_code} == {405}
    wrong = reverse("rsvp-reminders", args=["x" * 32])
    assert client.post(wrong, {"remind": "stop"}).status_code == 404
    gwens.refresh_from_db()
    assert gwens.nudges_stopped_at is None


def test_the_guests_page_asks_only_who_has_not_answered(
    client: Client, event: Event, gwens: Invitation, clock: Any
):
    page = Reader(client).open(reverse("rsvp", args=[links.token(gwens)]))
    clock.move_to("2026-11-27T10:00Z")
    late = page.open(page.address).text
    assert "Alice Álvarez pidió una respuesta a más tardar el jueves, 26 de noviembre" in late
    page.press("Aceptar")
    assert "a más tardar" not in page.text
    assert page.page.select_one("#reminders") is None


def test_what_the_host_stopped_is_not_the_guests_to_choose(
    client: Client, alice: Membership, gwens: Invitation
):
    nudging.stop(gwens, NOW, alice)
    page = Reader(client).open(reverse("rsvp", args=[links.token(gwens)]))
    assert page.page.select_one("#reminders") is None


def test_a_program_sets_and_reads_it(client: Client, alice: Membership, event: Event):
    where = f"/events/{event.public_id}"
    shown = by_api(client, alice, "get", where).json()
    assert (shown["answer_by"], shown["remind_guests"]) == ("2026-11-26T18:00:00", True)
    for sent, kept in (
        ({"answer_by": "2026-11-25"}, ("2026-11-25T23:59:00", True)),
        ({"remind_guests": False}, ("2026-11-25T23:59:00", False)),
        ({"answer_by": None}, (None, False)),
        ({"answer_by": "2026-11-24T12:00", "remind_guests": True}, ("2026-11-24T12:00:00", True)),
    ):
        shown = by_api(client, alice, "patch", where, sent).json()
        assert (shown["answer_by"], shown["remind_guests"]) == kept
    assert deliver() == {}
    for wrong in ("2026-12-01T10:00", "2026-11-19", "2026-11-24T12:00Z", "soon"):
        refused = by_api(client, alice, "patch", where, {"answer_by": wrong})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "answer_by"


def test_a_program_sees_and_stops_reminders(client: Client, alice: Membership, event: Event):
    where = f"/events/{event.public_id}/attendees"

    def reach() -> dict[str, Any]:
        return by_api(client, alice, "get", where).json()[0]["delivery"]

    attendee = event.attendees.get(email_key="gwen@guest.example")
    stop = f"{where}/{attendee.public_id}/nudges"
    assert (reach()["nudges_at"], reach()["nudges_stopped"]) == ("2026-11-24T09:00:00Z", None)
    assert by_api(client, alice, "post", stop, {"remind": False}).json() == {"remind": False}
    assert (reach()["nudges_at"], reach()["nudges_stopped"]) == (None, "host")
    nudging.stop(Invitation.objects.get(email_key=attendee.email_key), NOW)
    assert by_api(client, alice, "post", stop, {"remind": True}).status_code == 422
    assert reach()["nudges_stopped"] == "guest"


def test_a_drag_before_the_deadline_is_refused_in_words(as_alice: Client, event: Event):
    where = reverse("event-move", args=[event.public_id])
    moved = {"start": "2026-11-26T10:00", "end": "2026-11-26T11:00"}
    refused = as_alice.post(where, moved)
    assert refused.status_code == 422
    assert "Answers must be asked for before the start" in refused.json()["detail"]
    assert as_alice.post(where, {"start": "2026-11-26T18:30", "end": "2026-11-26T19:00"}).json()


def test_others_stop_nothing(
    client: Client,
    as_bob: Client,
    as_mallory: Client,
    bob: Membership,
    mallory: Membership,
    event: Event,
):
    attendee = event.attendees.get(email_key="gwen@guest.example")
    for where in place(event):
        assert client.post(where).status_code == 302  # to sign in
        assert as_bob.post(where).status_code == 403
        assert as_mallory.post(where).status_code == 404
    path = f"/events/{event.public_id}/attendees/{attendee.public_id}/nudges"
    body = {"remind": False}
    assert by_api(client, bob, "post", path, body).status_code == 403
    assert by_api(client, mallory, "post", path, body).status_code == 404
    assert Event.objects.get().remind_guests
    assert not Invitation.objects.exclude(nudges_stopped_at=None).exists()
    page = Reader(as_bob).open(reverse("event", args=[event.public_id])).text
    assert "Answers by Thursday" in page
    assert "Stop these reminders" not in page


def test_attendees_of_other_events_are_not_there(
    as_alice: Client, alice: Membership, event: Event, gwen: Guest, sender: Sender
):
    other = scheduling.save_event(alice, draft(start="2026-12-02 10:00", sender=sender))
    attendee = event.attendees.get(email_key="gwen@guest.example")
    where = reverse("event-reminded", args=[other.public_id, attendee.public_id])
    assert as_alice.post(where, {"remind": "stop"}).status_code == 404
    assert not Delivery.objects.filter(is_reminder=True).exists()
