"""What is done by the clock; each turn of each job once, however many workers there are."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.utils import timezone

from convoca.calendars import files
from convoca.calendars.models import Event
from convoca.invitations import notices
from convoca.invitations.reminding import deadline
from convoca.mail import senders
from convoca.mail.inbound import inbox
from convoca.mail.models import ConfirmationCode
from convoca.mail.proofs import preflight
from convoca.mail.traffic import lanes, patience, rates
from convoca.notifications import notify, reminders
from convoca.worker.models import JobSlot

logger = logging.getLogger(__name__)

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done once in every period."""

    name: str
    every: dt.timedelta
    run: Callable[[dt.datetime], object]


def run_due(now: dt.datetime) -> list[str]:
    """Run the jobs whose turn no worker has taken yet; return their names.

    A job that fails is logged and has its next turn in the next period.
    """
    return [job.name for job in JOBS if _run(job, now)]


def _run(job: Job, now: dt.datetime) -> bool:
    slot = int(now.timestamp() // job.every.total_seconds())
    if JobSlot.objects.filter(job=job.name, slot=slot).exists():
        return False
    if not JobSlot.objects.get_or_create(job=job.name, slot=slot)[1]:
        return False
    try:
        job.run(now)
    except Exception:
        logger.exception("Job %s failed", job.name)
    return True


def remind(now: dt.datetime) -> None:
    """Ring for the reminders that have come due, and mail them to those who want that."""
    notices.post(reminders.tell_due(now))


def forget(now: dt.datetime) -> None:
    """Delete what nobody needs any more: sessions, codes, unused logins, old news and mail."""
    Session.objects.filter(expire_date__lt=now).delete()
    ConfirmationCode.objects.filter(created_at__lt=now - DAY).delete()
    running = Event.objects.filter(span_end__gt=now, sender__isnull=False)
    senders.forget_logins(in_use=set(running.values_list("sender_id", flat=True)))
    notify.forget_old(now)
    inbox.forget_old(now)
    lanes.forget_idle(now)
    rates.forget_old(now)
    JobSlot.objects.filter(taken_at__lt=now - 2 * DAY).delete()


JOBS = [
    Job("pulse", dt.timedelta(minutes=1), patience.look),  # first: it sees what was missed
    Job("reminders", dt.timedelta(seconds=30), remind),
    Job("nudges", deadline.EVERY, deadline.nudge_due),
    Job("deadlines", dt.timedelta(minutes=1), deadline.tell_passed),
    Job("late mails", dt.timedelta(minutes=15), notices.delivery_late),
    Job("preflight", dt.timedelta(seconds=15), preflight.check_due),
    Job("orphaned files", dt.timedelta(hours=1), files.purge_orphans),
    Job("forgetting", DAY, forget),
]


def run_now() -> list[str]:
    """Run what is due at this moment."""
    return run_due(timezone.now())
