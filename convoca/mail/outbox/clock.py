"""When the clock was set back: what waits goes on waiting as long as was meant, not for hours."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Q

from convoca.mail import wake
from convoca.mail.models import Allowance, Delivery, Halt, InboundMessage, Mailbox, Pulse
from convoca.mail.outbox.claiming import LEASE
from convoca.mail.outbox.wanting import LONGEST_GRACE


@transaction.atomic
def bring_forward(by: dt.timedelta, now: dt.datetime) -> None:
    """Let everything that would be due after `now` be due earlier `by` so much.

    Claims and graces only where they end later than any of a right clock: others, of machines
    whose clocks were right, go on.
    """
    free = Q(lease="") & (Q(grace_until=None) | Q(claimed__gte=F("wanted")))
    wrong = Q(due_at__gt=now + max(LEASE, LONGEST_GRACE))
    moments = ("due_at", "grace_from", "grace_until", "due_before")
    waiting = Delivery.objects.filter(free | wrong, due_at__gt=now)
    waiting.update(**{name: F(name) - by for name in moments})
    for model in (InboundMessage, Mailbox):
        model.objects.filter(due_at__gt=now).update(due_at=F("due_at") - by)
    Halt.objects.filter(until__gt=now).update(until=F("until") - by)
    Halt.objects.filter(since__gt=now).update(since=now)
    Delivery.objects.filter(failing_since__gt=now).update(failing_since=now)
    Pulse.objects.filter(at__gt=now).update(at=now)
    Allowance.objects.filter(line_end__gt=now).update(line_end=F("line_end") - by)
    wake.ring()
