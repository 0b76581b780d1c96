"""The operator's switch: while mails are paused, no worker on any machine takes one."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from convoca.mail import wake
from convoca.mail.models import Halt
from convoca.mail.traffic import patience


def pause(now: dt.datetime, words: str = "") -> Halt:
    """Let nothing be taken from the outbox any more; what is being sent is finished.

    Of codes and notices, too. Paused again, it stays paused since the first time.
    """
    change = {"words": words} if words else {}
    halt, _is_new = Halt.objects.update_or_create(
        lane=Halt.EVERYTHING, defaults=change, create_defaults={"since": now, "words": words}
    )
    return halt


@transaction.atomic
def resume(now: dt.datetime) -> Halt | None:
    """Let mails leave again, at once and in their order; return the pause that has ended.

    The days after which a mail is given up are those in which it could be tried.
    """
    halt = Halt.objects.select_for_update().filter(lane=Halt.EVERYTHING).first()
    if halt is None:
        return None
    halt.delete()
    patience.discount(halt.since, now)
    wake.ring()
    return halt


def paused() -> Halt | None:
    """Return the pause, if there is one."""
    return Halt.objects.filter(lane=Halt.EVERYTHING).first()
