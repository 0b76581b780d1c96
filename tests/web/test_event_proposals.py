"""Proposed times: asked for on the guest's page, decided on the event's."""

from __future__ import annotations

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
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.models import Invitation, Proposal
from convoca.invitations.saving import scheduling
from convoca.invitations.waiting import proposals
from convoca.mail.models import Delivery, Sender
from convoca.notifications.models import Notification
from tests.builders import an_event, draft, wall

START = "2035-11-27 10:00"


@pytest.fixture
def event(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    """Alice's meeting in Madrid with Gwen, and Gus of New York."""
    return scheduling.save_event(alice, draft(start=START, attendees=[gwen, gus], sender=sender))


def page_of(event: Event, name: str = "Gwen López") -> str:
    invitation = Invitation.objects.get(event=event, name=name)
    return reverse("rsvp-propose", args=[links.token(invitation)])


def text(response) -> str:
    soup = BeautifulSoup(response.content, "html.parser")
    return " ".join((soup.find("main") or soup).get_text(" ").split())


@pytest.fixture
def anybody() -> Client:
    return Client(enforce_csrf_checks=True)


def typed(**fields: str) -> dict[str, str]:
    return {"day": "2035-11-27", "from": "16:00", "until": "17:00", "sequence": "0"} | fields


def test_a_guest_proposes_in_their_own_zone(anybody: Client, event: Event):
    where = page_of(event, "Gus Gray")
    form = BeautifulSoup(anybody.get(where).content, "html.parser")
    assert [form.find(id=name)["value"] for name in ("day", "from", "until")] == [
        *("2035-11-27", "04:00", "05:00"),
    ]
    assert "In your time zone: New York time" in text(anybody.get(where))
    response = anybody.post(where, typed(note="Too early!") | {"from": "09:30", "until": "10:30"})
    assert response.status_code == 303
    (made,) = proposals.waiting(event)
    assert (made.start, made.timezone, made.note) == (
        *(wall("2035-11-27 15:30"), "Europe/Madrid", "Too early!"),
    )
    said = text(anybody.get(response.url.partition("#")[0]))
    assert "You proposed another time Tuesday, 27 November 2035, 09:30–10:30" in said


def test_looking_proposes_nothing(anybody: Client, event: Event):
    anybody.get(page_of(event))
    anybody.head(page_of(event))
    assert not Proposal.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"day": ""}, {"from": "x"}, {"until": "09:00"}, {"day": "2001-01-01"}]
)
def test_what_cannot_be_is_explained_and_kept(anybody: Client, event: Event, fields):
    response = anybody.post(page_of(event), typed(note="¡Más tarde!") | fields)
    assert response.status_code == 422
    form = BeautifulSoup(response.content, "html.parser")
    assert form.find(role="alert").get_text(strip=True)
    assert form.find(id="note").get_text() == "¡Más tarde!"
    assert not Proposal.objects.exists()


def test_an_old_page_is_told_of_the_new_time(anybody, alice, event):
    where = page_of(event)
    later = replace(draft_of(event), end=wall("2035-11-27 12:00"))
    scheduling.save_event(alice, later, event)
    response = anybody.post(where, typed())
    assert (response.status_code, Proposal.objects.count()) == (422, 0)


def test_of_a_series_one_date_is_chosen_first(anybody, alice, gwen, sender):
    series = scheduling.save_event(
        alice,
        draft(start=START, attendees=[gwen], sender=sender, rrule="FREQ=WEEKLY;COUNT=3"),
    )
    where = page_of(series)
    dates = BeautifulSoup(anybody.get(where).content, "html.parser").select("main .rows a")
    assert len(dates) == 3
    response = anybody.get(where + dates[1]["href"])
    form = BeautifulSoup(response.content, "html.parser")
    assert form.find(id="day")["value"] == "2035-12-04"
    date = form.find("input", attrs={"name": "recurrence_id"})["value"]
    assert anybody.post(where, typed(recurrence_id=date, day="2035-12-05")).status_code == 303
    assert proposals.waiting(series)[0].recurrence_id == wall("2035-12-04 10:00")


def test_an_all_day_event_asks_for_days(anybody, alice, gwen, sender):
    event = scheduling.save_event(
        alice,
        draft(
            start="2035-11-27 00:00",
            end="2035-11-28 00:00",
            all_day=True,
            attendees=[gwen],
            sender=sender,
        ),
    )
    anybody.post(page_of(event), {"day": "2035-12-01", "last_day": "2035-12-02"})
    (made,) = proposals.waiting(event)
    assert (made.all_day, made.start, made.end) == (
        *(True, wall("2035-12-01 00:00"), wall("2035-12-03 00:00")),
    )


def test_nobody_proposes_for_what_is_cancelled(anybody, alice, event):
    scheduling.cancel_event(alice, event)
    assert anybody.post(page_of(event), typed()).status_code == 302
    assert not Proposal.objects.exists()


@pytest.fixture
def proposal(anybody: Client, event: Event) -> Proposal:
    """What Gwen proposes: the same day at four."""
    anybody.post(page_of(event), typed(note="¿A las cuatro?"))
    return Proposal.objects.get()


def section(client: Client, event: Event) -> str:
    response = client.get(reverse("event", args=[event.public_id]))
    found = BeautifulSoup(response.content, "html.parser").find(id="proposals")
    return " ".join(found.get_text(" ").split()) if found else ""


def decide(client: Client, proposal: Proposal, decision: str, **fields: str):
    event = proposal.invitation.event
    where = reverse("event-proposal", args=[event.public_id, proposal.public_id])
    return client.post(where, {"decision": decision} | fields, follow=True)


def test_the_host_sees_the_proposal_beside_their_day(as_alice, alice, proposal, event):
    an_event(alice, title="Dentist", start="2035-11-27 16:30")
    an_event(alice, title="Breakfast", start="2035-11-27 08:00")
    an_event(alice, title="Another day", start="2035-11-28 16:30")
    said = section(as_alice, event)
    for words in (
        "Gwen López proposes another time: Tuesday, 27 November 2035, 16:00–17:00",
        "Now: Tuesday, 27 November 2035, 10:00–11:00",
        "¿A las cuatro?",
        "The host is busy then.",
        "16:30–17:30 Dentist at the same time",
        "08:00–09:00 Breakfast",
    ):
        assert words in said
    assert "Another day" not in said


def test_the_mails_of_accepting_can_be_stopped(
    as_alice: Client, alice: Membership, proposal: Proposal, time_machine: Any
):
    time_machine.move_to(timezone.now(), tick=False)
    alice.team.grace_seconds = 5
    alice.team.save()
    page = BeautifulSoup(decide(as_alice, proposal, "accept").content, "html.parser")
    said = " ".join(page.select_one(".messages").get_text(" ").split())
    assert said == (
        "The time is changed, and everyone is told. 2 mails leave in 5 seconds. Do not send"
    )


def test_accepting_moves_it(as_alice: Client, proposal: Proposal, event: Event):
    said = text(decide(as_alice, proposal, "accept", message="Fine"))
    assert "16:00–17:00" in said
    event.refresh_from_db()
    assert (event.start, event.versions.last().message) == (wall("2035-11-27 16:00"), "Fine")
    assert section(as_alice, event) == ""


def test_refusing_tells_who_proposed(as_alice: Client, proposal: Proposal, event: Event):
    assert "10:00–11:00" in text(decide(as_alice, proposal, "refuse"))
    assert Delivery.objects.get(key__startswith="refusal:").email == "gwen@guest.example"
    assert section(as_alice, event) == ""


def test_a_decision_is_made_once(as_alice: Client, proposal: Proposal):
    decide(as_alice, proposal, "refuse")
    said = decide(as_alice, proposal, "accept").content.decode()
    assert "Alice Álvarez has decided already." in said


def test_colleagues_do_not_decide_and_mallory_sees_nothing(as_bob, as_mallory, proposal, event):
    assert section(as_bob, event) == ""
    codes = [decide(one, proposal, "accept").status_code for one in (as_bob, as_mallory)]
    assert codes == [403, 404]
    proposal.refresh_from_db()
    assert proposal.decision == ""


def test_the_bell_leads_to_the_proposal(as_alice: Client, proposal: Proposal, event: Event):
    told = Notification.objects.get(kind="PROPOSAL")
    response = as_alice.get(reverse("bell-follow", args=[told.public_id]))
    assert response.url == reverse("event", args=[event.public_id]) + "#proposals"


def test_many_proposals_cost_no_more(
    as_alice: Client, event: Event, django_assert_max_num_queries: DjangoAssertNumQueries
):
    for number, invitation in enumerate(Invitation.objects.filter(event=event)):
        Client().post(page_of(event, invitation.name), typed(day=f"2035-12-0{number + 1}"))
    assert len(proposals.waiting(event)) == 2
    with django_assert_max_num_queries(24):
        section(as_alice, event)
