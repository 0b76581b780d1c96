"""The bell's page."""

from __future__ import annotations

import pytest
from django.test import Client

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import event_facts
from tests import builders


@pytest.fixture
def visitor(client: Client, alice: Membership) -> Client:
    client.force_login(alice.user)
    return client


@pytest.fixture
def event(alice: Membership) -> Event:
    return builders.an_event(alice, title="Contract review")


def ring(member: Membership, event: Event, name: str, note: str = "") -> Notification:
    """Tell the member that a guest accepted."""
    facts = event_facts(event) | {
        "name": name,
        "partstat": "ACCEPTED",
        "note": note,
        "is_applied": True,
    }
    told = notify.tell(member, Notification.Kind.ANSWER, event, facts, f"answer:{name}")
    assert told
    return told


def test_an_answer_is_told_in_words(visitor: Client, alice: Membership, event: Event):
    told = ring(alice, event, "Gwen López", "<b>Gladly</b>")
    shown = visitor.get("/bell/").content.decode()
    assert "Gwen López accepted" in shown
    assert "&lt;b&gt;Gladly&lt;/b&gt;" in shown
    assert f'href="/bell/{told.public_id}/"' in shown


def test_following_a_line_opens_the_event_and_reads_it(
    visitor: Client, alice: Membership, event: Event
):
    told = ring(alice, event, "Gwen López")
    assert notify.unread(alice) == 1
    assert visitor.get(f"/bell/{told.public_id}/").url == f"/events/{event.public_id}/"
    assert notify.unread(alice) == 0
    assert "Nothing unread" in visitor.get("/bell/?unread").content.decode()


@pytest.mark.parametrize(
    ("rrule", "query"), [("FREQ=DAILY", "?recurrence_id=2026-11-25T10%3A00"), ("", "")]
)
def test_following_an_answer_to_one_date_opens_that_date(
    visitor: Client, alice: Membership, rrule: str, query: str
):
    event = builders.an_event(alice, start="2026-11-24 10:00", rrule=rrule)
    told = ring(alice, event, "Gwen López")
    told.facts["recurrence_id"] = "2026-11-25T10:00:00"
    told.save()
    assert visitor.get(f"/bell/{told.public_id}/").url == f"/events/{event.public_id}/{query}"


def test_everything_is_marked_as_read(visitor: Client, alice: Membership, event: Event):
    ring(alice, event, "Gwen López")
    ring(alice, event, "Gus Gray")
    assert visitor.get("/bell/read/").status_code == 405
    assert visitor.post("/bell/read/").url == "/bell/"
    assert notify.unread(alice) == 0


def test_answers_to_one_event_stand_together(visitor: Client, alice: Membership, event: Event):
    ring(alice, event, "Gwen López")
    ring(alice, event, "Gus Gray")
    shown = visitor.get("/bell/").content.decode()
    assert "Gus Gray accepted" in shown
    assert "1 more answer" in shown


def test_an_empty_bell_says_what_comes(visitor: Client):
    assert "When guests answer your invitations" in visitor.get("/bell/").content.decode()
    assert visitor.get("/bell/?before=nonsense").status_code == 200


def test_the_bell_is_ones_own(
    client: Client, alice: Membership, bob: Membership, mallory: Membership, event: Event
):
    told = ring(alice, event, "Gwen López")
    for stranger in (bob, mallory):
        client.force_login(stranger.user)
        assert "Gwen" not in client.get("/bell/").content.decode()
        assert client.get(f"/bell/{told.public_id}/").status_code == 404
        client.post("/bell/read/")
    assert notify.unread(alice) == 1
