"""The pages of a series: each date is its own, and the list of those that come tells them apart."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Attendee, Event
from convoca.guests.models import Guest
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.mail.models import Sender
from convoca.standards.ical.model import Partstat
from tests.builders import an_event, draft, wall
from tests.invitations.saving import change_date

SECOND = "2099-12-01T10:00"


@pytest.fixture
def event(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's weekly meeting with Gwen, on four Tuesdays."""
    return an_event(
        alice,
        start="2099-11-24 10:00",
        rrule="FREQ=WEEKLY;COUNT=4;BYDAY=TU",
        location="Sala Goya",
        attendees=[gwen],
        sender=sender,
    )


def page(client: Client, event: Event, date: str = "", name: str = "event") -> BeautifulSoup:
    asked = {"recurrence_id": date} if date else {}
    response = client.get(reverse(name, args=[event.public_id]), asked)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def said(soup: BeautifulSoup) -> str:
    return " ".join((soup.find("main") or soup).get_text(" ").split())


def listed(client: Client, event: Event) -> list[str]:
    lines = page(client, event).find("ol", class_="dates").find_all("li")
    return [" ".join(line.get_text(" ").split()) for line in lines]


def changed(event: Event, date: str, **fields: Any) -> Event:
    """Make an override of one date, with the series' people."""
    row = Event.objects.get(pk=event.pk)
    row.pk, row.public_id = None, uuid.uuid4()
    row.series, row.recurrence_id, row.rrule = event, dt.datetime.fromisoformat(date), ""
    row.start, row.end = row.recurrence_id, row.recurrence_id + dt.timedelta(hours=1)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(force_insert=True)
    people = list(event.attendees.all())
    for person in people:
        person.pk, person.public_id, person.event = None, uuid.uuid4(), row
    Attendee.objects.bulk_create(people)
    return row


def test_page_of_a_date_says_which_it_is(as_alice: Client, event: Event):
    text = said(page(as_alice, event, SECOND))
    assert "One date of a series" in text
    assert "Tuesday, 1 December 2099, 10:00–11:00" in text


def test_page_of_the_series_lists_its_dates(as_alice: Client, event: Event):
    assert listed(as_alice, event) == [
        "Tue 24 Nov 2099, 10:00",
        "Tue 1 Dec 2099, 10:00",
        "Tue 8 Dec 2099, 10:00",
        "Tue 15 Dec 2099, 10:00",
    ]


def test_list_tells_what_is_different(as_alice: Client, event: Event):
    moved = changed(event, SECOND, start=wall("2099-12-02 12:00"), end=wall("2099-12-02 13:00"))
    moved.attendees.all().delete()
    changed(event, "2099-12-08T10:00", title="Signing", location="")
    assert listed(as_alice, event)[1:3] == [
        "Wed 2 Dec 2099, 12:00 moved from Tue 1 Dec 2099, 10:00 · other attendees",
        "Tue 8 Dec 2099, 10:00 called “Signing” · without a place",
    ]


def test_list_keeps_what_was_called_off(as_alice: Client, event: Event):
    event.exdates = [SECOND]
    event.save()
    assert listed(as_alice, event)[1] == "Tue 1 Dec 2099, 10:00 cancelled"


def test_both_halves_of_a_cut_series_lead_to_each_other(
    as_alice: Client, alice: Membership, event: Event
):
    second = wall("2099-12-01 10:00")
    typed = replace(draft_of(event, second), title="Signing")
    aim = {"scope": scheduling.Scope.FOLLOWING, "recurrence_id": second}
    rest = scheduling.save_event(alice, typed, event, **aim)
    first, after = (
        page(as_alice, one).find("section", attrs={"aria-labelledby": "dates-title"})
        for one in (event, rest)
    )
    assert first.find("a", href=f"/events/{rest.public_id}/").get_text() == (
        "Goes on from Tue 1 Dec 2099, 10:00"
    )
    assert after.find("a", href=f"/events/{event.public_id}/").get_text() == (
        "Continues an earlier series"
    )


def test_a_series_that_is_over_says_so(as_alice: Client, alice: Membership):
    over = an_event(alice, start="2020-11-24 10:00", rrule="FREQ=DAILY;COUNT=2")
    assert "This series has no more dates." in said(page(as_alice, over))


def test_dates_link_to_their_pages(as_alice: Client, event: Event):
    links = page(as_alice, event, SECOND).find("ol", class_="dates").find_all("a")
    where = f"/events/{event.public_id}/?recurrence_id="
    assert links[1]["href"] == f"{where}2099-12-01T10%3A00"
    assert [link.get("aria-current") for link in links] == [None, "page", None, None]


def test_card_shows_the_date_as_it_is(as_alice: Client, event: Event):
    row = changed(event, SECOND, start=wall("2099-12-02 12:00"), end=wall("2099-12-02 13:00"))
    row.attendees.update(partstat="ACCEPTED")
    text = said(page(as_alice, event, SECOND, "event-card"))
    assert "Wednesday, 2 December 2099, 12:00–13:00" in text
    assert "1 yes" in text


def test_card_leads_to_the_pages_of_its_date(as_alice: Client, event: Event):
    links = page(as_alice, event, SECOND, "event-card").find_all("a")
    assert {link["href"].partition("?")[2] for link in links} == {
        "recurrence_id=2099-12-01T10%3A00"
    }


def test_agenda_leads_to_the_date(as_alice: Client, event: Event):
    response = as_alice.get(reverse("agenda"), {"from": "2099-12-01"})
    links = BeautifulSoup(response.content, "html.parser").find_all("a", class_="agenda__event")
    assert links[0]["href"] == f"/events/{event.public_id}/?recurrence_id=2099-12-01T10%3A00"


def test_a_date_called_off_leads_to_the_series(as_alice: Client, event: Event):
    event.exdates = [SECOND]
    event.save()
    where = reverse("event", args=[event.public_id])
    response = as_alice.get(where, {"recurrence_id": SECOND}, follow=True)
    assert response.redirect_chain == [(where, 302)]
    assert "This date does not take place." in response.content.decode()


@pytest.mark.parametrize("date", ["soon", "0001-01-01T00:00", "2099-12-01T10:00+01:00"])
@pytest.mark.parametrize("name", ["event", "event-card"])
def test_what_is_no_date_is_not_found(as_alice: Client, event: Event, name: str, date: str):
    where = reverse(name, args=[event.public_id])
    assert as_alice.get(where, {"recurrence_id": date}).status_code == 404


def test_a_date_between_the_dates_has_no_card(as_alice: Client, event: Event):
    where = reverse("event-card", args=[event.public_id])
    assert as_alice.get(where, {"recurrence_id": "2099-12-02T10:00"}).status_code == 404


@pytest.mark.parametrize("name", ["event", "event-card", "event-edit", "event-cancel"])
def test_dates_do_not_exist_for_another_team(as_mallory: Client, event: Event, name: str):
    where = reverse(name, args=[event.public_id])
    assert as_mallory.get(where, {"recurrence_id": SECOND}).status_code == 404


def test_list_costs_the_same_for_any_number_of_changes(
    as_alice: Client, event: Event, django_assert_max_num_queries: DjangoAssertNumQueries
):
    for date in ("2099-12-01T10:00", "2099-12-08T10:00", "2099-12-15T10:00"):
        changed(event, date, title=date)
    with django_assert_max_num_queries(23):
        page(as_alice, event)


def series_of(alice: Membership, gwen: Guest, bob: Membership, sender: Sender) -> Event:
    """Return a weekly meeting with Gwen and Bob that is sent."""
    return scheduling.save_event(
        alice,
        draft(
            start="2099-11-24 10:00",
            rrule="FREQ=WEEKLY;COUNT=4;BYDAY=TU",
            attendees=[gwen, bob],
            sender=sender,
        ),
    )


def person(soup: BeautifulSoup, name: str) -> str:
    """Return what a person's line says, without what is folded away."""
    lines = soup.select("li.attendee")
    for folded in soup.select("li.attendee details"):
        folded.extract()
    return next(text for one in lines if name in (text := " ".join(one.get_text(" ").split())))


def test_who_answered_a_date_otherwise_says_so(
    alice: Membership, bob: Membership, gwen: Guest, sender: Sender, client: Client
):
    event = series_of(alice, gwen, bob, sender)
    gwens = Invitation.objects.get(event=event, email_key=gwen.email_key)
    for date, said_to in ((None, Partstat.ACCEPTED), (wall("2099-12-01 10:00"), Partstat.DECLINED)):
        rsvp.record(gwens, said_to, source=Rsvp.Source.WEB, now=timezone.now(), recurrence_id=date)
    client.force_login(alice.user)
    whole, second, third = (page(client, event, date) for date in ("", SECOND, "2099-12-08T10:00"))
    assert person(whole, "Gwen").endswith("accepted 1 Dec 2099 declined")
    assert "1 Dec" not in person(whole, "Bob")
    assert person(second, "Gwen").endswith("declined")
    assert person(third, "Gwen").endswith("accepted")


def test_who_comes_on_one_date_only_says_so(
    alice: Membership, bob: Membership, gwen: Guest, gus: Guest, sender: Sender, client: Client
):
    event = series_of(alice, gwen, bob, sender)
    change_date(alice, event, wall("2099-12-01 10:00"), attendees=[gwen, bob, gus])
    client.force_login(alice.user)
    assert "Only on these dates: 1 Dec 2099 no answer yet" in person(page(client, event), "Gus")
    assert "Only on" not in person(page(client, event, SECOND), "Gus")
    assert "2 have not answered" in said(page(client, event))


def test_a_colleague_answers_one_date(
    alice: Membership, bob: Membership, gwen: Guest, sender: Sender, client: Client
):
    event = series_of(alice, gwen, bob, sender)
    client.force_login(bob.user)
    url = reverse("event-answer", args=[event.public_id])
    form = page(client, event, SECOND).find(
        "form", action=reverse("event-answer", args=[event.public_id])
    )
    hidden = {one["name"]: one["value"] for one in form.select("input[type=hidden]")}
    assert hidden["recurrence_id"] == SECOND
    response = client.post(url, {"partstat": "DECLINED", "recurrence_id": SECOND})
    assert response["Location"].endswith("recurrence_id=2099-12-01T10%3A00")
    rows = Attendee.objects.filter(member=bob).order_by("event_id")
    assert [row.partstat for row in rows] == ["NEEDS-ACTION", "DECLINED"]
    assert client.post(url, {"partstat": "DECLINED", "recurrence_id": "x"}).status_code == 404
    client.post(url, {"partstat": "ACCEPTED", "recurrence_id": "2099-12-02T10:00"})
    assert Rsvp.objects.count() == 1


def test_card_asks_a_colleague_about_its_date(
    as_bob: Client, alice: Membership, bob: Membership, gwen: Guest, sender: Sender
):
    event = series_of(alice, gwen, bob, sender)
    form = page(as_bob, event, SECOND, "event-card").find("form")
    assert form.find("input", attrs={"name": "recurrence_id"})["value"] == SECOND


def test_mallory_answers_no_date(
    alice: Membership,
    bob: Membership,
    mallory: Membership,
    gwen: Guest,
    sender: Sender,
    client: Client,
):
    event = series_of(alice, gwen, bob, sender)
    client.force_login(mallory.user)
    url = reverse("event-answer", args=[event.public_id])
    typed = {"partstat": "ACCEPTED", "recurrence_id": SECOND}
    assert client.post(url, typed).status_code == 404
    client.force_login(alice.user)
    assert client.post(url, typed).status_code == 404
    assert not event.overrides.exists()
