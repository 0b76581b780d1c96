"""Any tale of changed and cancelled dates ends with guests' calendars that equal the host's.

The mails are those that would leave; the calendars are kept by a program of another make.
"""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convoca.accounts.models import Membership
from convoca.guests.models import Guest
from convoca.invitations.saving.scheduling import Scope
from convoca.mail.models import Sender
from tests.invitations.tale import DUSK, Step, Tale
from tests.standards import client, world
from tests.support.examples import examples

END = dt.datetime(2037, 1, 1)  # noqa: DTZ001  as the client reckons

KINDS = ["title", "hour", "day", "guest", "cancel", "deliver"]
STEPS = st.tuples(st.sampled_from(KINDS), st.sampled_from(list(Scope)), st.integers(0, 11))
THIS, FOLLOWING, ALL = Scope.THIS, Scope.FOLLOWING, Scope.ALL


@settings(max_examples=examples(12))
@example([("guest", THIS, 2), ("hour", ALL, 0), ("deliver", ALL, 0), ("title", FOLLOWING, 3)])
@example([("hour", THIS, 3), ("deliver", ALL, 0), ("day", FOLLOWING, 1), ("cancel", FOLLOWING, 3)])
@example([("guest", THIS, 2), ("deliver", THIS, 0), ("hour", FOLLOWING, 0)])
@given(st.lists(STEPS, min_size=2, max_size=7))
def test_every_tale_ends_well(
    alice: Membership,
    sender: Sender,
    gwen: Guest,
    gus: Guest,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[Step],
):
    monkeypatch.setattr(client, "_FAR", END)
    monkeypatch.setattr(world, "FAR", DUSK)
    gina = Guest(team=alice.team, email="gina@guest.example", email_key="gina@guest.example")
    with transaction.atomic():
        gina.save()
        tale = Tale(alice, sender, [gwen, gus, gina])
        tale.deliver()
        for step in steps:
            tale.play(*step)
        tale.deliver()
        tale.check()
        transaction.set_rollback(True)
