"""What the doctor says of the work itself: is a worker there, and what waits or goes wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count, Max
from django.utils import timezone

from convoca.mail.imap import watching
from convoca.mail.models import Delivery, Halt, InboundMessage, Mailbox, Sender
from convoca.mail.traffic import lanes, pausing
from convoca.worker.doctor.findings import ERROR, OK, WARNING, Finding
from convoca.worker.models import JobSlot

SILENT = dt.timedelta(minutes=1)  # a worker takes a turn of some job every 15 seconds
AHEAD = dt.timedelta(minutes=1)
LATE = dt.timedelta(minutes=5)
MOST_NAMED = 10
START = "start `convoca serve` or `convoca worker`"

Reason = Delivery.Reason

# What whoever runs the installation, or a sender's server, can mend.
OURS = (Reason.UNREACHABLE, Reason.NO_TRUST, Reason.LOGIN, Reason.NO_ANSWER, Reason.UNWRITTEN)


def check_worker() -> Iterator[Finding]:
    """Tell by the last turn of a job whether any machine has a worker that lives."""
    seen = JobSlot.objects.aggregate(at=Max("taken_at"))["at"]
    now = timezone.now()
    if seen is not None and seen - now > AHEAD:
        text = f"A worker wrote down a time {_duration(seen - now)} ahead of this machine's:"
        yield Finding(ERROR, "Clock", f"{text} run a time service (NTP) on all machines.")
        return
    if seen is not None and now - seen < SILENT:
        yield Finding(OK, "Worker", "A worker is running.")
        return
    waiting = Delivery.objects.filter(due_at__lte=now).count()
    waiting += InboundMessage.objects.filter(due_at__lte=now).count()
    since = f"for {_duration(now - seen)}" if seen else "in the last days"
    text = f"No worker has run {since}: {START}."
    if waiting:
        yield Finding(ERROR, "Worker", f"{text} Mails that wait: {waiting}.")
    else:
        yield Finding(WARNING, "Worker", text)


def check_outbox() -> Iterator[Finding]:
    """Point at mails that wait too long, and say why those that were tried could not leave."""
    if halt := pausing.paused():
        why = f" ({halt.words})" if halt.words else ""
        due = Delivery.objects.filter(due_at__lte=timezone.now(), lease="").count()
        text = f"Paused since {halt.since:%Y-%m-%d %H:%M} UTC{why}; waiting: {due}. "
        yield Finding(WARNING, "Mails", text + "They leave with `convoca resume-mail`.")
        return
    if waiting := _overdue(timezone.now() - LATE):
        text = f"{waiting} mails have been due for over five minutes: is `convoca worker` running?"
        yield Finding(WARNING, "Mails", f"{text} If it is, its log says why it cannot keep up.")
    delayed = Delivery.objects.filter(status=Delivery.Status.DELAYED, reason__in=OURS)
    delayed = delayed.exclude(lane__in=Halt.objects.values("lane"))  # see check_halts
    groups = delayed.values("reason", "sender__smtp_host").annotate(
        count=Count("pk"), words=Max("last_error")
    )
    for group in groups.order_by("-count")[:MOST_NAMED]:
        label = Reason(group["reason"]).label
        where = group["sender__smtp_host"] or "CONVOCA_SMTP_URL"
        text = f"{group['count']} are tried again ({where}): {label} {group['words']}"
        yield Finding(WARNING, "Mails", text.strip())


def _overdue(since: dt.datetime) -> int:
    """Count the mails that could have left before, and wait for no server, domain or operator."""
    late = [lane for lane in lanes.waiting(timezone.now()) if lane.opens_at < since]
    rows = Delivery.objects.filter(due_at__lt=since)
    return sum(rows.filter(kind=lane.kind, lane=lane.name).count() for lane in late)


def check_halts() -> Iterator[Finding]:
    """Name the servers and domains whose mails wait because of them, the first few."""
    halts = Halt.objects.exclude(lane=Halt.EVERYTHING).order_by("since")
    senders = Sender.objects.in_bulk([one for halt in halts if (one := lanes.sender_of(halt.lane))])
    for halt in halts[:MOST_NAMED]:
        sender = senders.get(lanes.sender_of(halt.lane) or 0)
        server = f"the server of {sender.email}" if sender else "CONVOCA_SMTP_URL"
        domain = halt.lane.partition("@")[2]
        where = f"{domain} through {server}" if domain else server
        waiting = Delivery.objects.filter(lane=halt.lane, due_at__isnull=False).count()
        text = (
            f"{waiting} wait for {where} since {halt.since:%Y-%m-%d %H:%M} UTC, "
            f"tried again {halt.until:%H:%M:%S}: {Reason(halt.reason).label} {halt.words}"
        )
        yield Finding(WARNING, "Mails", text.strip())


def check_inbox() -> Iterator[Finding]:
    """Point at replies that come back without being understood."""
    failing = InboundMessage.objects.filter(due_at__isnull=False, attempts__gte=3).count()
    if failing:
        text = f"{failing} incoming mails failed again and again; the worker's log says why."
        yield Finding(WARNING, "Incoming mail", text)


def check_mailboxes() -> Iterator[Finding]:
    """Name connected mailboxes whose answers nobody reads, the first few."""
    failing = watching.failing()
    for mailbox in failing[:MOST_NAMED]:
        reason = Mailbox.Reason(mailbox.reason).label
        until = f"since {mailbox.failing_since:%Y-%m-%d %H:%M} UTC"
        tries = "given up, its owner has been told" if mailbox.stopped_at else "tried again"
        text = f"{mailbox.sender.email}: {reason} ({until}; {tries}) {mailbox.last_error}"
        yield Finding(WARNING, "Mailboxes", text.strip())
    if len(failing) > MOST_NAMED:
        yield Finding(WARNING, "Mailboxes", f"{len(failing) - MOST_NAMED} more cannot be read.")
    if late := watching.overdue(timezone.now()):
        text = f"{late} should have been looked at 15 minutes ago: run `convoca worker`, or more."
        yield Finding(WARNING, "Mailboxes", text)


def _duration(time: dt.timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
