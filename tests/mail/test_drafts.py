"""A mail that waits: rewritten until it leaves, never afterwards."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from convoca.accounts.models import Team
from convoca.mail import outbox
from convoca.mail.models import Delivery
from convoca.mail.outbox import drafts

WAIT = dt.timedelta(minutes=2)


def keep(team: Team, content: bytes) -> Delivery | None:
    return drafts.keep(
        outbox.Finished(
            key="notice:1", recipient="alice@acme.example", content=content, team=team, wait=WAIT
        )
    )


def test_it_leaves_after_the_wait_as_it_was_last_written(team: Team):
    first, second = keep(team, b"one"), keep(team, b"two")
    assert first == second
    assert outbox.claim(timezone.now()) is None
    claim = outbox.claim(timezone.now() + WAIT)
    assert claim is not None
    assert [outbox.open_post(one).content for one in claim.deliveries] == [b"two"]


@pytest.mark.parametrize("change", [{"lease": "x", "status": "SENDING"}, {"status": "SENT"}])
def test_what_is_leaving_is_rewritten_no_more(team: Team, change: dict[str, str]):
    keep(team, b"one")
    Delivery.objects.update(**change)
    assert keep(team, b"two") is None
    assert outbox.open_post(Delivery.objects.get()).content == b"one"
