"""How long a mail is tried: only time in which it could be counts, whatever the clock says.

Workers note each minute that they are there (`look`). A gap in that is time in which none was, or
the database was away, or over which a clock was set forward; it is taken off what mails and
destinations have been failing for. Whoever would give something up looks first.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Least

from convoca.mail.models import Delivery, Halt, Pulse

GIVE_UP = dt.timedelta(days=4)
LEAST_TRIES = 8  # of one mail; what waited its turn for days is not given up at the second
ABSENCE = dt.timedelta(minutes=15)  # far above what passes between two looks
ONLY = 1  # the key of the one row


def is_over(since: dt.datetime, tries: int, now: dt.datetime) -> bool:
    """Tell whether a mail that has been failing since then, at so many tries, is given up."""
    return tries >= LEAST_TRIES and now - since >= GIVE_UP


@transaction.atomic
def look(now: dt.datetime) -> dt.timedelta:
    """Note that a worker is there; return the time that was taken off, mostly none.

    Call it before any delivery is locked. A clock behind those of others notes nothing.
    """
    pulse, _is_first = Pulse.objects.select_for_update().get_or_create(
        pk=ONLY, defaults={"at": now}
    )
    gap = now - pulse.at
    if gap > dt.timedelta():
        Pulse.objects.filter(pk=ONLY).update(at=now)
    if gap <= ABSENCE:
        return dt.timedelta()
    discount(pulse.at, now)
    return gap


def discount(start: dt.datetime, end: dt.datetime) -> None:
    """Count for nothing the time from `start` to `end`: what waited then has waited less."""
    lasted = end - start
    halts = Halt.objects.filter(since__lt=end).exclude(lane=Halt.EVERYTHING)
    halts.update(since=Least(F("since") + lasted, Value(end)))
    untried = Q(failing_since=None, due_at__lt=end, lease="")
    waiting = Delivery.objects.filter(Q(failing_since__lt=end) | untried, due_at__isnull=False)
    # Locked by ascending id, so that nobody waits in a circle.
    list(waiting.select_for_update().order_by("pk").values_list("pk"))
    since = Coalesce("failing_since", "due_at")
    waiting.update(failing_since=Least(since + lasted, Value(end)))
