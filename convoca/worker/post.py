"""The post goes out: claimed deliveries become mails, mails get answers, hosts hear of failures."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from convoca.invitations import messages, notices
from convoca.mail import outbox
from convoca.mail.models import Delivery, Halt
from convoca.mail.outbox.journal import Journal, journal, living, recover
from convoca.mail.secrets import WrongKey
from convoca.mail.traffic import halting, lanes, patience
from convoca.mail.traffic.lanes import Claim, Lane
from convoca.mail.traffic.rounds import Round
from convoca.mail.traffic.windows import LAG
from convoca.mail.transit import Claimed, Outcome, Outgoing
from convoca.mail.transport import esp, replies, signing, smtp
from convoca.mail.transport.line import Unusable
from convoca.mail.transport.servers import Server, server_of
from convoca.worker.seats import Seats

logger = logging.getLogger(__name__)

RECHECK_SECONDS = 5.0  # how long a batch is sent before it is looked at again

Status = Delivery.Status


def never() -> bool:
    """Return False: there is no reason to stop."""
    return False


def send_due(
    is_stopping: Callable[[], bool] = never,
    seats: Seats | None = None,
    round_: Round | None = None,
) -> int:
    """Send until nothing is due, or until asked to stop; return how many mails were tried.

    `seats` and `round_` are those of the process, shared by its threads.
    """
    count, seats, round_ = 0, seats or Seats(settings.MAIL_CONNECTIONS), round_ or Round()
    press = messages.Press(timezone.now())
    empty: set[tuple[str, str]] = set()  # lanes that gave nothing: others hold what is due there

    def choose(some: Sequence[Lane]) -> Lane | None:
        return seats.take([one for one in some if (one.kind, one.name) not in empty])

    while not is_stopping() and (lane := round_.take(choose)) is not None:
        started_at, worked, tried = time.monotonic(), time.thread_time(), None
        try:
            press = press.fresh(timezone.now())
            tried = _serve(lane, seats.size(lane), press, is_stopping)
        finally:
            worked = time.thread_time() - worked
            seats.leave(lane, time.monotonic() - started_at, worked)
            round_.leave(lane, is_empty=tried is None)
        if tried is None:
            empty.add((lane.kind, lane.name))
        else:
            empty.clear()
        count += tried or 0
    return count


def _serve(
    lane: Lane, size: int, press: messages.Press, is_stopping: Callable[[], bool]
) -> int | None:
    """Send a batch of one lane; return how many were tried, None when there was nothing to take."""
    lease = outbox.new_lease()
    with journal(lease) as lines:  # begun first: whoever is killed from here on is settled
        now = timezone.now()
        if (open_ := lanes.as_it_is(lane, now)) is None:
            return None
        claim = outbox.claim_from(open_, now, lease=lease, limit=size, living=living)
        return _send(claim, lines, press, is_stopping) if claim else None


def recover_killed() -> None:
    """Settle what workers of this machine that were killed left behind."""
    with transaction.atomic():
        _tell(recover())


def _send(
    claim: Claim, lines: Journal, press: messages.Press, is_stopping: Callable[[], bool]
) -> int:
    watch = Watch(claim.lease, is_stopping)
    outcomes: list[Outcome] = []
    cause: Unusable | None = None
    try:
        for server, deliveries in _by_server(claim.deliveries).items():
            mails = esp.marked(server, _written(deliveries, press, outcomes))
            for outcome in smtp.send(server, watch.still_wanted(mails), lines.hand):
                lines.note(outcome)
                outcomes.append(outcome)
    except Unusable as error:
        cause = error
    _complete(claim, outcomes, cause)
    return len(outcomes)


class Watch:
    """Looks from time to time at what is being sent, prolongs its lease, and ends what lasts."""

    def __init__(self, lease: str, is_stopping: Callable[[], bool]):
        self._lease = lease
        self._is_stopping = is_stopping
        self._began_at = self._looked_at = time.monotonic()
        self._wanted: set[int] | None = None

    def still_wanted(self, mails: Iterable[Outgoing]) -> Iterator[Outgoing]:
        """Yield the mails one by one, without those that were changed or cancelled meanwhile.

        What is left out falls due again when the lease is given back: after `LAG` all but the
        first, for the operator's limits count on that, and others may be waiting for the seat.
        """
        is_first = True
        for mail in mails:
            now = time.monotonic()
            if self._is_stopping() or (now - self._began_at > LAG and not is_first):
                return
            is_first = False
            if now - self._looked_at > RECHECK_SECONDS:
                self._wanted = outbox.renew(self._lease, timezone.now())
                self._looked_at = now
            if self._wanted is None or mail.delivery_id in self._wanted:
                yield mail


def _complete(claim: Claim, outcomes: list[Outcome], cause: Unusable | None) -> None:
    now = timezone.now()
    with transaction.atomic():
        _tell(outbox.complete(claim.lease, outcomes))
        halting.note(claim, outcomes, cause, now)
        if cause is not None:
            words = replies.without_addresses(str(cause))  # it was another mail that met it
            outbox.put_back(claim.lease, now, reason=cause.reason, words=words)
        elif len(outcomes) < len(claim.deliveries):
            outbox.release(claim.lease)
    if cause is not None:
        _give_up(claim.lane, cause, now)


def _give_up(lane: Lane, cause: Unusable, now: dt.datetime) -> None:
    """End what has been waiting too long for a server that has not worked all the time."""
    due_by, words = now - patience.GIVE_UP, replies.without_addresses(str(cause))
    old = Halt.objects.filter(lane__in={lane.name, lane.server}, since__lte=due_by)
    if not old.exists():
        return
    patience.look(now)
    if not old.exists():
        return
    behind = [one for one in lanes.waiting(now) if one.server == lane.server]
    for one in behind:
        while claim := outbox.claim_overdue(one, now, due_by=due_by):
            failed = [_ended(row, Status.FAILED, cause.reason, words) for row in claim.deliveries]
            with transaction.atomic():
                _tell(outbox.complete(claim.lease, failed))


def _tell(failed: list[Delivery]) -> None:
    """Tell the hosts; that this fails must not undo what is known about the mails."""
    to_guests = [one for one in failed if one.kind == Delivery.Kind.INVITATION or one.sender_id]
    if not to_guests:
        return
    try:
        with transaction.atomic():
            notices.delivery_failed(to_guests)
    except Exception:
        logger.exception("Hosts could not be told of failed deliveries")


def _by_server(deliveries: list[Claimed]) -> dict[Server, list[Claimed]]:
    """Return who is to be served by which server: one, or two when that has just been changed.

    Raises Unusable when its login cannot be read.
    """
    by_sender: dict[int | None, list[Claimed]] = defaultdict(list)
    for delivery in deliveries:
        by_sender[delivery.sender_id].append(delivery)
    found: dict[Server, list[Claimed]] = defaultdict(list)
    for rows in by_sender.values():
        try:
            found[server_of(rows[0].sender)] += rows
        except (WrongKey, ValueError) as error:
            raise Unusable(Delivery.Reason.LOGIN, str(error)) from None
    return found


def _written(
    deliveries: list[Claimed], press: messages.Press, outcomes: list[Outcome]
) -> Iterator[Outgoing]:
    """Yield each mail as soon as it is written and signed; note which deliveries gave none."""
    signer, now = signing.Signer(), timezone.now()
    for delivery, mail in _built(deliveries, press):
        if isinstance(mail, Outgoing):
            yield signer.sign(mail, now)
        else:
            outcomes.append(mail or _ended(delivery, Status.DROPPED))


def _built(
    deliveries: list[Claimed], press: messages.Press
) -> Iterator[tuple[Claimed, Outgoing | Outcome | None]]:
    """Yield the mail of each delivery, None when there is nothing to tell any more."""
    for delivery in deliveries:
        if delivery.kind == Delivery.Kind.POST:
            yield delivery, _alone(delivery, outbox.open_post)
    waiting = {one.id: one for one in deliveries if one.kind == Delivery.Kind.INVITATION}
    while waiting:
        try:
            for built, mail in messages.build([*waiting.values()], press):
                yield waiting.pop(built.pk), mail
        except Exception:
            logger.exception("A mail could not be written with its batch; trying it alone")
            delivery = waiting.pop(next(iter(waiting)))
            yield delivery, _alone(delivery, lambda one: next(messages.build([one]))[1])


def _alone(
    delivery: Claimed, write: Callable[[Claimed], Outgoing | Outcome | None]
) -> Outgoing | Outcome | None:
    """Write one mail; one that cannot be written must not hold up the others."""
    try:
        return write(delivery)
    except Exception as error:
        logger.exception("Delivery %s could not be written", delivery.pk)
        return _ended(
            delivery, Status.DELAYED, Delivery.Reason.UNWRITTEN, f"{type(error).__name__}: {error}"
        )


def _ended(
    delivery: Claimed, status: Delivery.Status, reason: str = "", words: str = ""
) -> Outcome:
    """Return the outcome of what no server was asked for."""
    return Outcome(
        delivery_id=delivery.pk,
        version=delivery.claimed,
        status=status,
        at=timezone.now(),
        reason=reason,
        response=words,
    )
