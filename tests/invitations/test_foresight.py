"""What a save works out before it locks anything, and what others do to that meanwhile."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars import editing
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event
from convoca.calendars.refusals import Conflict
from convoca.guests import addressbook
from convoca.guests.addressbook import NewGuest
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.saving import foresight, scheduling
from convoca.mail.models import Delivery, Sender
from convoca.standards.ical.model import Partstat
from tests.builders import draft
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver
from tests.invitations.saving import change


def crowd(count: int) -> list[NewGuest]:
    return [NewGuest(email=f"g{number}@guest.example") for number in range(count)]


@pytest.fixture
def meanwhile(monkeypatch) -> Callable[[Callable[[], Any]], None]:
    """Return what lets something happen once, after the next save was worked out."""

    def happens(deed: Callable[[], Any]) -> None:
        def foresee(*args: Any) -> foresight.Foresight:
            monkeypatch.setattr(scheduling, "foresee", foresight.foresee)
            ahead = foresight.foresee(*args)
            deed()
            return ahead

        monkeypatch.setattr(scheduling, "foresee", foresee)

    return happens


def test_plans_and_secrets_are_made_before_anything_is_locked(
    alice: Membership, sender: Sender, monkeypatch
):
    """Each `atomic` around the moment is a lock on SQLite; the test's own is one already."""
    depths: dict[str, set[int]] = {"plan": set(), "secret": set(), "arrange": set()}

    def watched(module: Any, name: str, word: str) -> None:
        real = getattr(module, name)

        def spy(*args: Any, **named: Any) -> Any:
            depths[word].add(len(connection.atomic_blocks))
            return real(*args, **named)

        monkeypatch.setattr(module, name, spy)

    watched(foresight, "plan_change", "plan")
    watched(links, "new_key", "secret")
    watched(editing.whole, "change", "arrange")
    outside = len(connection.atomic_blocks)
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=crowd(9)))
    change(alice, event, title="Moved", attendees=[*draft_of(event).attendees, *crowd(12)])
    scheduling.cancel_event(alice, event)
    assert depths == {"plan": {outside}, "secret": {outside}, "arrange": {outside}}
    assert Invitation.objects.count() == 12


@pytest.mark.parametrize("act", ["invite", "move", "cancel"])
def test_a_large_save_asks_as_much_as_a_small_one(alice: Membership, sender: Sender, act: str):
    counts = []
    for size in (20, 500):
        typed = draft(start=SOON, sender=sender, attendees=crowd(size))
        event = None if act == "invite" else scheduling.save_event(alice, typed)
        with CaptureQueriesContext(connection) as queries:
            if event is None:
                scheduling.save_event(alice, typed)
            elif act == "move":
                change(alice, event, title="Another")
            else:
                scheduling.cancel_event(alice, event)
        counts.append(len(queries))
        Guest.objects.all().delete()
    assert counts[0] == counts[1]


def test_an_answer_given_meanwhile_is_not_lost(
    alice: Membership, meeting: Event, gwens: Invitation, meanwhile
):
    deliver()
    meanwhile(
        lambda: rsvp.record(
            gwens, Partstat.ACCEPTED, source=Rsvp.Source.WEB, now=timezone.now(), note="Yes"
        )
    )
    change(alice, meeting, title="Another title")
    row = meeting.attendees.get(email_key=gwens.email_key)
    assert (row.partstat, row.note) == ("ACCEPTED", "Yes")
    shown = meeting.versions.get(number=2).snapshot["components"][0]["attendees"]
    assert {one["address"]: one.get("partstat") for one in shown}[gwens.email_key] == "ACCEPTED"


def test_who_saved_meanwhile_is_not_overwritten(alice: Membership, meeting: Event, meanwhile):
    meanwhile(lambda: change(alice, meeting, location="Goya"))
    typed = dataclasses.replace(draft_of(meeting), title="Late", revision=meeting.revision)
    with pytest.raises(Conflict):
        scheduling.save_event(alice, typed, meeting)
    meeting.refresh_from_db()
    assert (meeting.title, meeting.location) == ("Contract review", "Goya")


def test_who_was_called_off_meanwhile_is_told_once(alice: Membership, meeting: Event, meanwhile):
    deliver()
    meanwhile(lambda: scheduling.cancel_event(alice, meeting))
    scheduling.cancel_event(alice, meeting)
    assert {mail["Subject"].partition(":")[0] for mail in deliver().values()} == {
        "Cancelled",
        "Cancelado",
    }
    meeting.refresh_from_db()
    assert meeting.version == 2


def test_a_card_deleted_meanwhile_leaves_name_and_address(
    alice: Membership, gwen: Guest, sender: Sender, meanwhile
):
    meanwhile(lambda: addressbook.delete_guest(alice, gwen))
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))
    row = event.attendees.get()
    assert (row.guest, row.email, row.name) == (None, gwen.email, gwen.name)
    assert Delivery.objects.get().email == gwen.email


def test_a_card_made_meanwhile_is_used(alice: Membership, bob: Membership, sender, meanwhile):
    new = NewGuest(email="ana@guest.example", first_name="Ana")
    meanwhile(lambda: addressbook.save_guest(bob, email=new.email, first_name="Anna"))
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[new]))
    assert event.attendees.get().guest == Guest.objects.get()
