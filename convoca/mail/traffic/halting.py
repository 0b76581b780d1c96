"""What a batch has shown of its destination: whether others should wait, and for how long."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable

from convoca.mail import wake
from convoca.mail.models import Delivery, Halt
from convoca.mail.traffic import lanes
from convoca.mail.traffic.lanes import Claim
from convoca.mail.transit import Outcome
from convoca.mail.transport import deferrals, replies
from convoca.mail.transport.line import Unusable
from convoca.standards.ical.address import domain_of

FIRST = dt.timedelta(seconds=5)
FIRST_LOGIN = dt.timedelta(minutes=5)  # servers lock accounts that try too often
LONGEST = dt.timedelta(hours=4)  # a server that cannot be used
LONGEST_BUSY = dt.timedelta(minutes=1)  # one that answers, but takes no mail: mails may be why
LONGEST_DOMAIN = dt.timedelta(minutes=15)
SEVERAL = 3  # mails that tell more than one about where they go

Status = Delivery.Status
Reason = Delivery.Reason


def note(
    claim: Claim, outcomes: Iterable[Outcome], cause: Unusable | None, now: dt.datetime
) -> None:
    """Halt what cannot be used, extend what still cannot, and lift what can be again.

    `cause` is why the server could not be used to the end. Call it in the transaction that
    settles the batch, before what is left of it is given back.
    """
    lane = claim.lane
    answered = [one for one in outcomes if one.code is not None]
    if cause is not None:
        first = FIRST_LOGIN if cause.reason == Reason.LOGIN else FIRST
        longest = LONGEST_BUSY if cause.was_open else LONGEST
        _halt(claim, lane.server, cause.reason, str(cause), now, first=first, longest=longest)
    elif answered and all(one.reason == Reason.LOGIN for one in answered):
        words = answered[0].response
        _halt(claim, lane.server, Reason.LOGIN, words, now, first=FIRST_LOGIN, longest=LONGEST)
    elif answered:
        _note_answers(claim, answered, now)
    else:  # no mail came as far as a server, so nothing was learned
        Halt.objects.filter(pk__in=[halt.pk for halt in lane.halts]).update(until=now)


def _note_answers(claim: Claim, answered: list[Outcome], now: dt.datetime) -> None:
    lane, by_domain = claim.lane, _by_domain(claim, answered)
    least = 1 if lane.is_server_halted else SEVERAL
    is_server = lane.is_server_halted or len(by_domain) > 1
    if is_server and len(answered) >= least and all(map(_is_busy, answered)):
        last = answered[-1]
        _halt(claim, lane.server, last.reason, last.response, now, longest=LONGEST_BUSY)
        return
    _lift(claim, lane.server)
    for domain, theirs in by_domain.items():
        name = lanes.of_domain(lane.server, domain)
        least = 1 if name == lane.name else SEVERAL
        if len(theirs) >= least and all(map(_is_busy, theirs)):
            last = theirs[-1]
            _halt(claim, name, last.reason, last.response, now, longest=LONGEST_DOMAIN)
        else:
            _lift(claim, name)


def _by_domain(claim: Claim, answered: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    domains = {row.id: domain_of(row.email) for row in claim.deliveries}
    found: dict[str, list[Outcome]] = defaultdict(list)
    for one in answered:
        found[domains[one.delivery_id]].append(one)
    return found


def _is_busy(outcome: Outcome) -> bool:
    return outcome.status == Status.DELAYED and deferrals.is_about_system(
        outcome.code or 0, outcome.response
    )


def _halt(
    claim: Claim,
    lane: str,
    reason: str,
    words: str,
    now: dt.datetime,
    *,
    first: dt.timedelta = FIRST,
    longest: dt.timedelta,
) -> None:
    """Keep the mails of a lane for a while, longer with each time it was tried in vain.

    Whoever was still sending when another had halted it adds nothing.
    """
    known = next((halt for halt in claim.lane.halts if halt.lane == lane), None)
    failures = known.failures + 1 if known else 0
    jitter = random.uniform(0.8, 1.2)  # noqa: S311  spreads load, guards nothing
    change = {
        "until": now + min(first * 2 ** min(failures, 20), longest) * jitter,
        "tried_at": now,
        "failures": failures,
        "reason": reason,
        "words": replies.without_addresses(words),  # others' hosts will read them
    }
    if known:
        Halt.objects.filter(pk=known.pk).update(**change)
    else:
        Halt.objects.get_or_create(lane=lane, defaults=change | {"since": now})


def _lift(claim: Claim, lane: str) -> None:
    """Let everything of a lane leave again, if it was this batch's turn to try it."""
    known = [halt.pk for halt in claim.lane.halts if halt.lane == lane]
    if known and Halt.objects.filter(pk__in=known).delete()[0]:
        wake.ring()
