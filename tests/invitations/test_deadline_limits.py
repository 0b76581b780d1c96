"""Reminders before a deadline under tight limits: everybody has one, as long as it can be."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.environment import Rate
from convoca.guests.models import Guest
from convoca.invitations.reminding import deadline
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import draft, wall
from tests.invitations.post import deliver

BY = wall("2026-11-26 18:00")  # a Thursday, in Madrid


def turn(clock: Any, moment: str) -> list[str]:
    """Let the clock's job run at a moment, and send what it queued; return to whom that went."""
    clock.move_to(moment)
    deadline.nudge_due(timezone.now())
    return sorted(deliver())


def test_under_a_tight_limit_all_are_asked_once_before_any_is_asked_twice(
    alice: Membership, sender: Sender, time_machine: Any, settings: Any
):
    """One mail an hour, fifteen guests: a line would drop the same ones each evening."""
    time_machine.move_to("2026-11-20T10:00Z", tick=False)
    names = [f"g{number}@x.example" for number in range(15)]
    people = [Guest.objects.create(team=alice.team, email=one, email_key=one) for one in names]
    scheduling.save_event(
        alice,
        draft(start="2026-12-01 10:00", answer_by=BY, sender=sender, attendees=people),
    )
    Delivery.objects.update(status="SENT", sent=1, due_at=None, sent_at=timezone.now())
    settings.RATE_PER_SENDER = Rate(1, 3600)
    asked = []
    for day in (24, 25, 26):
        for half_hour in range(19, 37):
            minute = 30 * (half_hour % 2)
            asked += turn(time_machine, f"2026-11-{day}T{half_hour // 2:02}:{minute:02}+01:00")
            assert not Delivery.objects.filter(reason="RATE").exists()
    assert len(set(asked[:15])) == 15 < len(asked)
