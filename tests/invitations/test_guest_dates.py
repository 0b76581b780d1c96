"""A series on the guest's page: this date or all dates, each with the answer that holds there."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import Scope
from convoca.mail.models import Sender
from convoca.standards.ical.model import Partstat
from tests.builders import draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver
from tests.invitations.saving import change_date

SECOND, THIRD = "2035-12-04T10:00", "2035-12-11T10:00"
GUS = "gus@guest.example"


@pytest.fixture
def guest_client() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def series(alice: Membership, gus: Guest, gwen: Guest, sender: Sender) -> Event:
    """Four Tuesdays with Gus; Gwen comes on the second alone."""
    event = scheduling.save_event(
        alice, draft(start=SOON, sender=sender, attendees=[gus], rrule="FREQ=WEEKLY;COUNT=4")
    )
    change_date(alice, event, wall(SECOND), attendees=[gus, gwen], location="Room 9")
    deliver()
    return Event.objects.get(pk=event.pk)


def token(event: Event, email: str = GUS) -> str:
    return links.token(Invitation.objects.get(event=event, email_key=email))


@pytest.fixture
def guses(series: Event) -> str:
    return token(series)


def page(client: Client, token: str, query: str = "", status: int = 200) -> BeautifulSoup:
    response = client.get(f"/r/{token}/{query}")
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def words(element: Any) -> str:
    return " ".join(element.get_text(" ").split())


def chosen(soup: BeautifulSoup) -> str:
    return str(soup.select_one("input[name=recurrence_id][checked]")["value"])


def dates(soup: BeautifulSoup) -> list[str]:
    return [
        words(one).replace("2035, 04:00 (New York)", "·") for one in soup.select(".rsvp__dates li")
    ]


def test_the_page_shows_the_next_dates_and_answers_all_of_them(guest_client: Client, guses: str):
    soup = page(guest_client, guses)
    assert chosen(soup) == ""
    assert dates(soup) == [
        f"Tue {day} · no answer yet" for day in ("27 Nov", "4 Dec", "11 Dec", "18 Dec")
    ]
    response = guest_client.post(f"/r/{guses}/", {"answer": "accept", "recurrence_id": ""})
    assert response["Location"] == f"/r/{guses}/?done=1"
    soup = page(guest_client, guses, "?done=1")
    assert "You are coming On all dates" in words(soup.select_one(".rsvp__answer"))
    assert dates(soup)[1] == "Tue 4 Dec · accepted"


def test_a_link_about_one_date_opens_with_that_date_chosen(guest_client: Client, guses: str):
    soup = page(guest_client, guses, f"?answer=decline&recurrence_id={SECOND}")
    assert chosen(soup) == SECOND
    assert "Tuesday, 4 December 2035, 04:00–05:00" in words(soup.main)
    assert "Room 9" in words(soup.main)
    assert soup.select_one("button[aria-current]")["value"] == "decline"
    assert not Rsvp.objects.exists()
    assert not Attendee.objects.filter(email_key=GUS).exclude(partstat="NEEDS-ACTION").exists()


def test_one_date_is_answered_and_the_others_are_not(
    guest_client: Client, guses: str, series: Event
):
    guest_client.post(f"/r/{guses}/", {"answer": "accept"})
    response = guest_client.post(
        f"/r/{guses}/", {"answer": "decline", "recurrence_id": THIRD, "note": "A wedding"}
    )
    assert response["Location"] == f"/r/{guses}/?done=1&recurrence_id=2035-12-11T10%3A00"
    soup = page(guest_client, guses, "?" + response["Location"].partition("?")[2])
    assert "You are not coming Tue 11 Dec 2035" in words(soup.select_one(".rsvp__answer"))
    whole = page(guest_client, guses)
    assert [one.rpartition(" ")[2] for one in dates(whole)] == [
        *("accepted", "accepted", "declined", "accepted")
    ]
    assert "except Tue 11 Dec 2035, 04:00 (New York): declined" in words(
        whole.select_one(".rsvp__answer")
    )
    assert whole.textarea.get_text(strip=True) == ""


def test_a_guest_of_one_date_sees_only_that(guest_client: Client, series: Event):
    gwens = token(series, "gwen@guest.example")
    soup = page(guest_client, gwens)
    text = words(soup.main)
    assert "4 de diciembre de 2035" in text
    assert "27 de noviembre" not in text
    assert not soup.select(".rsvp__dates, input[type=radio]")
    [hidden] = soup.select("input[name=recurrence_id]")
    assert hidden["value"] == SECOND
    assert guest_client.post(f"/r/{gwens}/", {"answer": "maybe"}).status_code == 303
    for date in (THIRD, "2035-11-27T10:00"):
        response = guest_client.post(f"/r/{gwens}/", {"answer": "accept", "recurrence_id": date})
        assert response.status_code == 409
        assert "11 de diciembre" not in response.content.decode()
    assert [one.recurrence_id for one in Rsvp.objects.all()] == [wall(SECOND)]


def test_a_guest_of_several_dates_answers_one_or_all(
    guest_client: Client, alice: Membership, series: Event, gwen: Guest, gus: Guest
):
    change_date(alice, series, wall(THIRD), attendees=[gus, gwen])
    gwens = token(series, gwen.email)
    soup = page(guest_client, gwens)
    assert len(dates(soup)) == 2
    guest_client.post(f"/r/{gwens}/", {"answer": "decline", "recurrence_id": THIRD})
    assert not page(guest_client, gwens).select(".rsvp__answer")
    guest_client.post(f"/r/{gwens}/", {"answer": "accept", "recurrence_id": ""})
    text = words(page(guest_client, gwens).select_one(".rsvp__answer"))
    assert "Vas a venir En todas tus fechas" in text


def test_a_date_that_is_gone_says_so_and_shows_the_others(
    guest_client: Client, alice: Membership, guses: str, series: Event
):
    scheduling.cancel_event(alice, series, scope=Scope.THIS, recurrence_id=wall(THIRD))
    soup = page(guest_client, guses, f"?recurrence_id={THIRD}")
    assert "The date you were looking for is over, does not take place" in words(soup.main)
    assert len(dates(soup)) == 3
    response = guest_client.post(f"/r/{guses}/", {"answer": "accept", "recurrence_id": THIRD})
    assert response.status_code == 409
    with time_machine.travel("2035-12-05T10:00Z"):
        soup = page(guest_client, guses, f"?recurrence_id={SECOND}")
        assert "The date you were looking for" in words(soup.main)
        assert dates(soup) == ["Tue 18 Dec · no answer yet"]


@pytest.mark.parametrize(
    "typed", ["x", "2035-12-04T10:00+01:00", "9" * 30, "2035-12-04T10:00'\x00"]
)
def test_a_mangled_date_answers_nothing(guest_client: Client, guses: str, typed: str):
    assert page(guest_client, guses, f"?recurrence_id={typed}")
    response = guest_client.post(f"/r/{guses}/", {"answer": "accept", "recurrence_id": typed})
    assert response.status_code == 422
    assert "choose which date" in response.content.decode()
    assert not Rsvp.objects.exists()


def test_a_moved_date_asks_again_and_shows_the_difference(
    guest_client: Client, alice: Membership, guses: str, series: Event
):
    guest_client.post(f"/r/{guses}/", {"answer": "accept"})
    change_date(
        alice, series, wall(THIRD), start=wall("2035-12-12 16:00"), end=wall("2035-12-12 17:00")
    )
    soup = page(guest_client, guses, f"?recurrence_id={THIRD}")
    assert "please answer again" in words(soup.main)
    assert "11 December" in words(soup.find("del"))
    assert "12 December" in words(soup.find("ins"))
    assert "Room 9" not in words(soup.select_one(".rsvp__changes"))
    other = page(guest_client, guses, "?recurrence_id=2035-12-18T10:00")
    assert "please answer again" not in words(other.main)
    assert not other.select("del")


def test_a_cancelled_series_explains_itself_to_guests_of_one_date(
    guest_client: Client, alice: Membership, series: Event
):
    scheduling.cancel_event(alice, series)
    soup = page(guest_client, token(series, "gwen@guest.example"))
    assert "Esta reunión se ha cancelado" in words(soup.main)


def test_an_answer_by_mail_shows_on_the_page(guest_client: Client, guses: str, series: Event):
    rsvp.record(
        Invitation.objects.get(event=series, email_key=GUS),
        Partstat.TENTATIVE,
        source=Rsvp.Source.MAIL,
        now=timezone.now(),
        written=rsvp.Written(sequence=5, at=timezone.now(), recurrence_id=wall(THIRD)),
    )
    assert "Tue 11 Dec · maybe" in dates(page(guest_client, guses))


def test_a_series_that_has_begun_shows_its_next_date(guest_client: Client, guses: str):
    with time_machine.travel("2035-12-05T10:00Z"):
        text = words(page(guest_client, guses).main)
    assert "Next date: Tuesday, 11 December 2035, 04:00–05:00" in text
    assert "27 November" not in text
