"""The post goes out: claimed deliveries become mails, mails get answers, hosts hear of failures."""

from __future__ import annotations

import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator

from django.db import transaction
from django.utils import timezone

from convoca.invitations import messages, notices
from convoca.mail import esp, outbox, signing, smtp
from convoca.mail.journal import Journal, journal, living, recover
from convoca.mail.models import Delivery
from convoca.mail.secrets import WrongKey
from convoca.mail.servers import Server, server_of
from convoca.mail.transit import Claim, Claimed, Outcome, Outgoing

logger = logging.getLogger(__name__)

RECHECK_SECONDS = 5.0  # how long a batch is sent before it is looked at again
SMALLEST, FIRST, LARGEST = 25, 50, 1000  # mails in a batch
QUICK, SLOW = 0.5, 2.0  # seconds a batch may take

Status = Delivery.Status


def never() -> bool:
    """Return False: there is no reason to stop."""
    return False


def send_due(is_stopping: Callable[[], bool] = never) -> int:
    """Send until nothing is due, or until asked to stop; return how many mails were tried."""
    count, size = 0, FIRST
    press = messages.Press(timezone.now())
    while not is_stopping():
        started_at = time.monotonic()
        lease = outbox.new_lease()
        with journal(lease) as lines:  # begun first: whoever is killed from here on is settled
            claim = outbox.claim(timezone.now(), lease=lease, limit=size, living=living)
            if claim is None:
                break
            press = press.fresh(timezone.now())
            count += _send(claim, lines, press, is_stopping)
        size = next_size(size, time.monotonic() - started_at)
    return count


def next_size(size: int, seconds: float) -> int:
    """Return how many mails to claim after so many took so long.

    A large batch costs less for each mail; but a code that somebody waits for waits behind it,
    about a second however slow the server is.
    """
    if seconds < QUICK:
        return min(2 * size, LARGEST)
    return max(size // 2, SMALLEST) if seconds > SLOW else size


def recover_killed() -> None:
    """Settle what workers of this machine that were killed left behind."""
    with transaction.atomic():
        _tell(recover())


def _send(
    claim: Claim, lines: Journal, press: messages.Press, is_stopping: Callable[[], bool]
) -> int:
    watch = Watch(claim.lease, is_stopping)
    outcomes: list[Outcome] = []
    for server, deliveries in _by_server(claim.deliveries, outcomes).items():
        mails = esp.marked(server, _written(deliveries, press, outcomes))
        for outcome in smtp.send(server, watch.still_wanted(mails), lines.hand):
            lines.note(outcome)
            outcomes.append(outcome)
    _complete(claim, outcomes)
    return len(outcomes)


class Watch:
    """Looks from time to time at what is being sent, and prolongs its lease."""

    def __init__(self, lease: str, is_stopping: Callable[[], bool]):
        self._lease = lease
        self._is_stopping = is_stopping
        self._looked_at = time.monotonic()
        self._wanted: set[int] | None = None

    def still_wanted(self, mails: Iterable[Outgoing]) -> Iterator[Outgoing]:
        """Yield the mails one by one, without those that were changed or cancelled meanwhile.

        What is left out falls due again when the lease is given back.
        """
        for mail in mails:
            if self._is_stopping():
                return
            if time.monotonic() - self._looked_at > RECHECK_SECONDS:
                self._wanted = outbox.renew(self._lease, timezone.now())
                self._looked_at = time.monotonic()
            if self._wanted is None or mail.delivery_id in self._wanted:
                yield mail


def _complete(claim: Claim, outcomes: list[Outcome]) -> None:
    with transaction.atomic():
        _tell(outbox.complete(claim.lease, outcomes))
        if len(outcomes) < len(claim.deliveries):
            outbox.release(claim.lease)


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


def _by_server(deliveries: list[Claimed], outcomes: list[Outcome]) -> dict[Server, list[Claimed]]:
    """Return who is to be served by which server; what has none is put off in `outcomes`."""
    found: dict[Server, list[Claimed]] = defaultdict(list)
    for delivery in deliveries:
        try:
            found[server_of(delivery.sender)].append(delivery)
        except (WrongKey, ValueError) as error:
            outcomes.append(_put_off(delivery, Delivery.Reason.LOGIN, str(error)))
    return found


def _written(
    deliveries: list[Claimed], press: messages.Press, outcomes: list[Outcome]
) -> Iterator[Outgoing]:
    """Yield each mail as soon as it is written and signed; note which deliveries gave none."""
    signer = signing.Signer()
    for delivery, mail in _built(deliveries, press):
        if isinstance(mail, Outgoing):
            yield signer.sign(mail, timezone.now())
        else:
            outcomes.append(mail or _dropped(delivery))


def _built(
    deliveries: list[Claimed], press: messages.Press
) -> Iterator[tuple[Claimed, Outgoing | Outcome | None]]:
    """Yield the mail of each delivery, None when there is nothing to tell any more."""
    for delivery in deliveries:
        if delivery.kind == Delivery.Kind.POST:
            yield delivery, _alone(delivery, outbox.open_post)
    waiting = deque(one for one in deliveries if one.kind == Delivery.Kind.INVITATION)
    while waiting:
        try:
            for _delivery, mail in messages.build([*waiting], press):
                yield waiting.popleft(), mail
        except Exception:
            logger.exception("A mail could not be written with its batch; trying it alone")
            delivery = waiting.popleft()
            yield delivery, _alone(delivery, lambda one: next(messages.build([one]))[1])


def _alone(
    delivery: Claimed, write: Callable[[Claimed], Outgoing | Outcome | None]
) -> Outgoing | Outcome | None:
    """Write one mail; one that cannot be written must not hold up the others."""
    try:
        return write(delivery)
    except Exception as error:
        logger.exception("Delivery %s could not be written", delivery.pk)
        return _put_off(delivery, Delivery.Reason.UNWRITTEN, f"{type(error).__name__}: {error}")


def _dropped(delivery: Claimed) -> Outcome:
    return Outcome(
        delivery_id=delivery.pk,
        version=delivery.claimed,
        status=Status.DROPPED,
        at=timezone.now(),
    )


def _put_off(delivery: Claimed, reason: str, words: str) -> Outcome:
    return Outcome(
        delivery_id=delivery.pk,
        version=delivery.claimed,
        status=Status.DELAYED,
        at=timezone.now(),
        reason=reason,
        response=words,
    )
