"""The calendar page, its feed and the agenda."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from tests.builders import an_event

WEEK = {"start": "2099-11-23T00:00:00+01:00", "end": "2099-11-30T00:00:00+01:00"}


def fed(client: Client, **asked: str) -> list[dict]:
    return client.get(reverse("event-feed"), WEEK | asked).json()


def text_of(response) -> str:  # type: ignore[no-untyped-def]
    main = BeautifulSoup(response.content, "html.parser").find("main")
    return " ".join(main.get_text(" ").split()) if main else ""


def test_calendar_asks_strangers_to_sign_in(db: None, client: Client):
    response = client.get(reverse("calendar"))
    assert (response.status_code, response.url) == (302, f"{reverse('account_login')}?next=/")


def test_calendar_tells_its_script_where_and_when(as_alice: Client):
    page = BeautifulSoup(as_alice.get(reverse("calendar")).content, "html.parser")
    grid = page.find(attrs={"data-calendar": True})
    words = json.loads(page.find(id="calendar-words").string)
    assert grid["data-feed"] == "/events/feed/"
    assert grid["data-timezone"] == "Europe/Madrid"
    assert words["moveMany"] == "Move and tell {n} people"


def test_calendar_works_without_javascript_as_the_agenda(as_alice: Client):
    head = BeautifulSoup(as_alice.get(reverse("calendar")).content, "html.parser").head
    assert head.find("noscript").meta["content"] == "0; url=/agenda/"


def test_calendar_speaks_the_members_language(as_alice: Client, alice: Membership):
    alice.user.language = "es"
    alice.user.save()
    page = as_alice.get(reverse("calendar")).content.decode()
    assert '<html lang="es"' in page
    assert "Nuevo evento" in page


def test_feed_gives_local_times_in_the_viewers_zone(as_bob: Client, alice: Membership):
    event = an_event(
        alice, start="2099-11-24 10:00", timezone="America/New_York", location="Office"
    )
    (one,) = fed(as_bob)
    assert one == {
        "id": event.public_id.hex,
        "title": "Contract review",
        "start": "2099-11-24T16:00:00+01:00",
        "end": "2099-11-24T17:00:00+01:00",
        "allDay": False,
        "editable": False,
        "url": f"/events/{event.public_id}/",
        "card": f"/events/{event.public_id}/card/",
        "move": f"/events/{event.public_id}/move/",
        "moveAudience": f"/events/{event.public_id}/move/audience/",
        "series": False,
        "told": 0,
        "guests": False,
        "place": "Office",
        "state": "others",
    }


def test_feed_gives_dates_for_whole_days(as_alice: Client, alice: Membership):
    an_event(alice, start="2099-11-24 00:00", end="2099-11-26 00:00", all_day=True)
    (one,) = fed(as_alice)
    assert (one["start"], one["end"], one["allDay"]) == ("2099-11-24", "2099-11-26", True)


def test_feed_keeps_the_dates_of_a_series_apart(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 10:00", rrule="FREQ=DAILY;COUNT=2")
    first, second = fed(as_alice)
    assert first["id"] == f"{event.public_id.hex}-20991124T1000"
    assert second["id"] == f"{event.public_id.hex}-20991125T1000"
    assert first["series"]


def test_feed_counts_who_would_be_told(
    as_alice: Client, alice: Membership, bob: Membership, gwen: Guest, sender: Sender
):
    an_event(alice, start="2099-11-24 10:00", attendees=[bob, gwen], sender=sender)
    (one,) = fed(as_alice)
    assert (one["told"], one["guests"], one["editable"]) == (2, True, True)


def test_feed_tells_nobody_of_the_past(
    as_alice: Client, alice: Membership, gwen: Guest, sender: Sender
):
    an_event(alice, start="2020-11-24 10:00", attendees=[gwen], sender=sender)
    past = {"start": "2020-11-23T00:00:00Z", "end": "2020-11-30T00:00:00Z"}
    assert [one["told"] for one in fed(as_alice, **past)] == [0]


@pytest.mark.parametrize(
    ("partstat", "state"),
    [
        ("NEEDS-ACTION", "waiting"),
        ("ACCEPTED", ""),
        ("TENTATIVE", "maybe"),
        ("DECLINED", "declined"),
    ],
)
def test_feed_names_the_viewers_own_answer(
    as_bob: Client, alice: Membership, bob: Membership, sender: Sender, partstat: str, state: str
):
    an_event(alice, start="2099-11-24 10:00", attendees=[bob], sender=sender)
    Attendee.objects.update(partstat=partstat)
    assert [one["state"] for one in fed(as_bob, who="mine")] == [state]


def test_feed_of_ones_own_leaves_out_colleagues(as_bob: Client, alice: Membership):
    an_event(alice, start="2099-11-24 10:00")
    assert fed(as_bob, who="mine") == []
    assert len(fed(as_bob, who="team")) == 1


def test_feed_shows_nothing_of_another_team(as_mallory: Client, alice: Membership):
    an_event(alice, start="2099-11-24 10:00")
    assert fed(as_mallory) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"start": "soon"},
        {"start": ""},
        {"end": "2099-11-22T00:00:00Z"},
        {"end": "2102-01-01T00:00:00Z"},
        {"start": "2099-11-23", "end": "9999-12-31T00:00:00Z"},
    ],
)
def test_feed_refuses_spans_it_cannot_read(as_alice: Client, asked: dict[str, str]):
    assert as_alice.get(reverse("event-feed"), WEEK | asked).status_code == 400


def test_feed_costs_the_same_for_one_event_and_for_many(
    as_alice: Client,
    alice: Membership,
    gwen: Guest,
    sender: Sender,
    django_assert_max_num_queries: DjangoAssertNumQueries,
):
    for hour in range(8, 20):
        an_event(alice, start=f"2099-11-24 {hour:02}:00", attendees=[gwen], sender=sender)
    with django_assert_max_num_queries(9):
        assert len(fed(as_alice)) == 12


def test_agenda_lists_days_in_order(as_alice: Client, alice: Membership):
    an_event(alice, title="Late", start="2099-11-25 17:00")
    an_event(alice, title="Early", start="2099-11-24 10:00", location="Sala Goya")
    said = text_of(as_alice.get(reverse("agenda"), {"from": "2099-11-20"}))
    assert re.search(
        r"Tue 24 Nov .*10:00–11:00 Early Sala Goya Wed 25 Nov .*17:00–18:00 Late", said
    )


def test_agenda_says_what_to_do_when_it_is_empty(as_alice: Client):
    assert "Nothing planned" in text_of(as_alice.get(reverse("agenda")))


def test_agenda_finds_words(as_alice: Client, alice: Membership):
    soon = dt.datetime.now() + dt.timedelta(days=90)  # noqa: DTZ005  only the day counts
    an_event(alice, title="Contract review", start=f"{soon:%Y-%m-%d} 10:00")
    an_event(alice, title="Budget", start=f"{soon:%Y-%m-%d} 12:00")
    said = text_of(as_alice.get(reverse("agenda"), {"q": "CONTRACT"}))
    assert ("Contract review" in said, "Budget" in said) == (True, False)


def test_agenda_survives_strange_dates(as_alice: Client):
    for text in ("yesterday", "9999-12-31", "0001-01-01", "2099-13-01"):
        assert as_alice.get(reverse("agenda"), {"from": text}).status_code == 200


def test_agenda_shows_nothing_of_another_team(as_mallory: Client, alice: Membership):
    an_event(alice, title="Secret", start="2099-11-24 10:00")
    for who in ("mine", "team"):
        page = as_mallory.get(reverse("agenda"), {"from": "2099-11-24", "who": who})
        assert "Secret" not in text_of(page)


def test_agenda_escapes_what_people_type(as_alice: Client, alice: Membership):
    an_event(alice, title="<script>alert(1)</script>", start="2099-11-24 10:00")
    page = as_alice.get(reverse("agenda"), {"from": "2099-11-24", "q": "<script>"}).content.decode()
    assert "<script>alert" not in page
