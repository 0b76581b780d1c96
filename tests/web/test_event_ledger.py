"""The attendees of an open event page while mails are on their way to them."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client
from django.urls import reverse

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from convoca.web import progress
from tests.builders import draft
from tests.invitations.post import deliver

NOW = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)


@pytest.fixture
def event(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    """Alice's meeting with two guests, just saved."""
    typed = draft(start="2099-11-24 10:00", attendees=[gwen, gus], sender=sender)
    return scheduling.save_event(alice, typed)


def ledger_of(client: Client, event: Event, query: str = "") -> Tag:
    response = client.get(reverse("event-ledger", args=[event.public_id]) + query)
    assert response["Cache-Control"].startswith("max-age=0")
    found = BeautifulSoup(response.content, "html.parser").find(id="ledger")
    assert isinstance(found, Tag)
    return found


def test_the_page_is_told_to_look_again_until_every_mail_has_left(as_alice: Client, event: Event):
    before = ledger_of(as_alice, event)
    assert ("data-again" in before.attrs, before.select_one("[data-sum]").text) == (
        True,
        "0 of 2 mails sent",
    )
    deliver("gus@guest.example")
    after = ledger_of(as_alice, event)
    assert "data-again" not in after.attrs
    assert after.select_one("[data-progress]").has_attr("hidden")
    assert after.select_one("[data-sum]").text == "1 of 2 mails sent, 1 not delivered"


def test_the_page_comes_with_the_same_list(as_alice: Client, event: Event):
    page = as_alice.get(reverse("event", args=[event.public_id]))
    shown = BeautifulSoup(page.content, "html.parser").find(id="ledger")
    assert shown == ledger_of(as_alice, event)


def test_filters_and_words_hold_for_what_is_fetched(as_alice: Client, event: Event):
    deliver("gus@guest.example")
    (line,) = ledger_of(as_alice, event, "?show=unreached").select(".attendee")
    assert line.select_one(".attendee__name a").text == "Gus Gray"


def test_the_button_to_stop_mails_ends_with_its_seconds(
    as_alice: Client, alice: Membership, gwen: Guest, sender: Sender
):
    typed = draft(start="2099-11-24 10:00", attendees=[gwen], sender=sender)
    event = scheduling.save_event(alice, typed, grace=dt.timedelta(minutes=1))
    assert "data-stoppable" in ledger_of(as_alice, event).attrs
    Delivery.objects.update(claimed=1)
    assert "data-stoppable" not in ledger_of(as_alice, event).attrs


def test_another_team_follows_nothing(as_mallory: Client, event: Event):
    response = as_mallory.get(reverse("event-ledger", args=[event.public_id]))
    assert response.status_code == 404


@pytest.mark.parametrize(
    ("waiting", "again"),
    [
        ([], None),
        ([("SENT", None)], None),
        ([("SENDING", None)], 2),
        ([("QUEUED", 0)], 2),
        ([("QUEUED", 5)], 6),
        ([("DELAYED", 7200)], 60),
        ([("QUEUED", None)], 60),  # paused, and nobody knows for how long
        ([("DELAYED", 7200), ("SENDING", None)], 2),
        ([("SENDING", None), *[("SENT", None)] * 1999], 6),
        ([("SENDING", None), *[("SENT", None)] * 9999], 10),
    ],
)
def test_a_page_asks_when_there_may_be_news(
    waiting: list[tuple[str, int | None]], again: int | None
):
    def line(status: str, seconds: int | None) -> Any:
        due = None if seconds is None else NOW + dt.timedelta(seconds=seconds)
        return SimpleNamespace(delivery=SimpleNamespace(status=status, next_try_at=due))

    assert progress.of([line(*one) for one in waiting], NOW).again == again
