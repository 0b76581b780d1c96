"""What the API asks the database does not grow with what it answers."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from convoca.accounts.models import Membership
from convoca.guests.addressbook import NewGuest
from convoca.mail.models import Sender
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import event_facts
from tests.api.conftest import Program
from tests.builders import a_file, an_event


def asked(program: Program, path: str) -> tuple[int, int]:
    """Return how many queries an answer takes, and how long the answer is."""
    with CaptureQueriesContext(connection) as queries:
        answer = program.get(path)
    assert answer.status == 200
    return len(queries), len(answer.body)


def fill(alice: Membership, sender: Sender, number: int) -> str:
    """Add an event with guests, files and news of it; return its id."""
    guests = [NewGuest(email=f"g{number}-{one}@guest.example") for one in range(5)]
    files = [a_file(alice) for _file in range(3)]
    event = an_event(
        alice, sender=sender, attendees=guests, files=files, rrule="FREQ=DAILY;COUNT=9"
    )
    facts = event_facts(event) | {"by": "Alice", "changed": []}
    notify.tell(alice, Notification.Kind.CHANGED, event, facts, str(number))
    return str(event.public_id)


@pytest.mark.parametrize(
    "path", ["/events?from=2026-11-01&to=2026-12-31", "/guests", "/notifications", "/members"]
)
def test_a_long_list_asks_as_much_as_a_short_one(
    alice: Membership, as_alice: Program, sender: Sender, path: str
):
    fill(alice, sender, 0)
    asked(as_alice, path)  # the token's last use is written once
    short = asked(as_alice, path)
    for number in range(1, 6):
        fill(alice, sender, number)
    long = asked(as_alice, path)
    assert long[0] == short[0]
    assert long[1] > short[1] or path == "/members"


@pytest.mark.parametrize("part", ["", "/attendees"])
def test_a_large_event_asks_as_much_as_a_small_one(
    alice: Membership, as_alice: Program, sender: Sender, part: str
):
    small = fill(alice, sender, 0)
    guests = [NewGuest(email=f"many{one}@guest.example") for one in range(60)]
    large = str(an_event(alice, sender=sender, attendees=guests).public_id)
    asked(as_alice, f"/events/{small}{part}")
    assert (
        asked(as_alice, f"/events/{large}{part}")[0] == asked(as_alice, f"/events/{small}{part}")[0]
    )
