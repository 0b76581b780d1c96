"""The inbox: what comes in is kept first, then worked off exactly once, and tried again."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Length
from django.utils import timezone

from convoca.mail import wake
from convoca.mail.models import InboundMessage, Mailbox
from convoca.standards.ical.address import normalise
from convoca.standards.ical.cleaning import clean

LARGEST = 10 * 1024 * 1024
LEASE = dt.timedelta(minutes=5)  # far above what working off one message takes
FIRST_DELAY = dt.timedelta(seconds=10)
LONGEST_DELAY = dt.timedelta(hours=4)
KEEP_CONTENT = dt.timedelta(days=30)
KEEP_ROW = dt.timedelta(days=365)
MOST = 25  # messages that are worked off together; their events are locked meanwhile
LARGEST_TOGETHER = 1024 * 1024  # of all their contents
_LONGEST_ADDRESS = 320

Outcome = InboundMessage.Outcome
Status = InboundMessage.Status


class TooLarge(ValueError):
    """A message above LARGEST bytes; it is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a message, and the rule or reason in a word or two."""

    outcome: InboundMessage.Outcome
    detail: str = ""


def keep(
    content: bytes,
    *,
    recipient: str = "",
    envelope_from: str | None = None,
    mailbox: Mailbox | None = None,
) -> bool:
    """Store a message and wake the worker; return False when it was there already.

    `mailbox` is the connected mailbox it was read from; the same bytes in another mailbox are
    another message. Once this returns the message will be worked off, whatever happens to this
    process. Raises TooLarge, and django.db.Error when the database is away.
    """
    content = _without_mbox_line(content)
    if len(content) > LARGEST:
        raise TooLarge
    now = timezone.now()
    _row, is_new = InboundMessage.objects.get_or_create(
        digest=_digest(content, mailbox),
        recipient=_address(recipient),
        defaults={
            "content": content,
            "envelope_from": None if envelope_from is None else _address(envelope_from),
            "mailbox": mailbox,
            "received_at": now,
            "due_at": now,
        },
    )
    wake.ring()
    return is_new


def next_due() -> dt.datetime | None:
    """Return when the next message falls due; it may be past."""
    due = InboundMessage.objects.filter(due_at__isnull=False).order_by("due_at")
    return due.values_list("due_at", flat=True).first()


def claim(now: dt.datetime) -> list[int]:
    """Take the messages that are due first; no other worker gets them until the lease ends.

    The attempt is counted before it is made, so that a message that kills its worker waits too;
    whatever has been tried before comes alone, so that it takes no others with it.
    """
    with transaction.atomic():
        due = InboundMessage.objects.filter(due_at__lte=now).order_by("due_at", "id")
        rows = due.select_for_update(skip_locked=True).annotate(size=Length("content"))
        taken = _together(rows.values_list("pk", "attempts", "size")[:MOST])
        if taken:
            attempts = taken[0][1] + 1
            InboundMessage.objects.filter(pk__in=[pk for pk, *_more in taken]).update(
                attempts=attempts, due_at=now + max(LEASE, _delay(attempts))
            )
    return [pk for pk, *_more in taken]


def _together(due: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return the first of (id, attempts, size), and those that can be worked off beside it."""
    taken: list[tuple[int, int, int]] = []
    room = LARGEST_TOGETHER
    for one in due:
        _pk, attempts, size = one
        room -= size
        if taken and (attempts or taken[0][1] or room < 0):
            break
        taken.append(one)
    return taken


def read(keys: Collection[int]) -> list[InboundMessage]:
    """Return messages that were claimed, in the order in which they came."""
    return list(InboundMessage.objects.filter(pk__in=keys).order_by("id"))


def give_back(keys: Collection[int]) -> None:
    """Let others have messages that were claimed and not tried."""
    waiting = InboundMessage.objects.filter(pk__in=keys, status=Status.WAITING)
    waiting.update(due_at=timezone.now(), attempts=F("attempts") - 1)
    wake.ring()


def work_off(pk: int, process: Callable[[InboundMessage], Verdict]) -> bool:
    """Process a message and note what became of it, in one transaction: both happen, or neither.

    Return False when somebody else has done it. What `process` raises is for `put_off`.
    """
    with transaction.atomic():
        rows = InboundMessage.objects.select_for_update().filter(pk=pk, status=Status.WAITING)
        message = rows.first()
        if message is None:
            return False
        complete({message.pk: process(message)})
    return True


def work_off_together(
    keys: Collection[int], process: Callable[[Collection[int]], Mapping[int, Verdict]]
) -> Collection[int]:
    """Do the same with several at once, in one transaction; return those that are done.

    `process` gets the ids of those that nobody else has done, and may leave some of them out.
    """
    with transaction.atomic():
        rows = InboundMessage.objects.select_for_update().filter(pk__in=keys).order_by("id")
        states = dict(rows.values_list("pk", "status"))
        waiting = [pk for pk, status in states.items() if status == Status.WAITING]
        verdicts = process(waiting)
        complete(verdicts)
    return {*verdicts, *(pk for pk in keys if pk not in waiting)}


def complete(verdicts: Mapping[int, Verdict]) -> None:
    """Note what became of messages; they are never worked off again."""
    alike: dict[Verdict, list[int]] = defaultdict(list)
    for pk, verdict in verdicts.items():
        alike[verdict].append(pk)
    for verdict, keys in alike.items():
        InboundMessage.objects.filter(pk__in=keys).update(
            status=Status.DONE,
            outcome=verdict.outcome,
            detail=clean(verdict.detail)[:300],
            last_error="",
            due_at=None,
            done_at=timezone.now(),
        )


def put_off(pk: int, error: Exception) -> None:
    """Keep a message that could not be worked off; it is tried again, later and later."""
    message = InboundMessage.objects.defer("content").get(pk=pk)
    InboundMessage.objects.filter(pk=pk, status=Status.WAITING).update(
        last_error=clean(f"{type(error).__name__}: {error}")[:2000],
        due_at=timezone.now() + _delay(message.attempts),
    )
    wake.ring()


def forget_old(now: dt.datetime) -> None:
    """Empty messages a month after they were worked off, and forget them after a year."""
    done = InboundMessage.objects.filter(status=Status.DONE)
    done.filter(done_at__lt=now - KEEP_CONTENT).exclude(content=b"").update(content=b"")
    done.filter(done_at__lt=now - KEEP_ROW).delete()


def _delay(attempts: int) -> dt.timedelta:
    return min(FIRST_DELAY * 2 ** min(attempts - 1, 20), LONGEST_DELAY)


def _digest(content: bytes, mailbox: Mailbox | None) -> str:
    where = f"mailbox {mailbox.pk}\n".encode() if mailbox else b""
    return hashlib.sha256(where + content.replace(b"\r\n", b"\n")).hexdigest()


def _address(text: str) -> str:
    """Return an envelope address as it is compared and stored."""
    bare = text.strip().removeprefix("<").removesuffix(">").replace("\0", "")
    printable = bare.encode("utf-8", "replace").decode()
    return normalise(printable)[:_LONGEST_ADDRESS]


def _without_mbox_line(content: bytes) -> bytes:
    """Return the message without the `From ` line that local delivery puts before it."""
    return content.partition(b"\n")[2] if content.startswith(b"From ") else content
