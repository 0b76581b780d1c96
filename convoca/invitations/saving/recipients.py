"""Who is written to after a save: a decision over the plan and what each address holds already."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from convoca.standards.itip.outgoing import Plan

Notify = Literal["all", "affected", "none"]
"""Who is told of a save: all attendees, only those added or removed, or nobody for now.

"affected" holds for a mere change of attendees; with any other change everyone is told.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """The addresses to write to, by what they will read; `silent` ones wish for no mail."""

    invited: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Return every address a mail is queued for."""
        return (*self.invited, *self.updated, *self.cancelled)


def choose(
    plan: Plan,
    *,
    wanted: Mapping[str, int],
    version: int,
    unaware: Collection[str],
    silent: Collection[str],
    is_past: bool,
    notify: Notify,
) -> Recipients:
    """Decide who is written to.

    `wanted` tells, for each address mailed before, the version it was to hold; `version` is the
    event's before this save. Whoever lags behind, because an earlier save was not sent to them, is
    brought up to date by the next save that tells everyone; `unaware` are those of them who are
    on the event no more.
    """
    if notify == "none":
        return Recipients()
    current = () if plan.event.is_cancelled else plan.event.addresses()
    told = concerned(plan, notify)
    if not (_is_narrow(plan, notify) or is_past):
        behind = [one for one in current if wanted.get(one, 0) < version]
        told = (*told, *behind, *unaware)
    return _sort(plan, dict.fromkeys(told), current, wanted, silent)


def concerned(plan: Plan, notify: Notify) -> tuple[str, ...]:
    """Return whom the plan names, as far as they are to be told."""
    if notify == "none":
        return ()
    return plan.affected if _is_narrow(plan, notify) else plan.told


def _is_narrow(plan: Plan, notify: Notify) -> bool:
    return notify == "affected" and plan.attendees_only


def _sort(
    plan: Plan,
    told: Collection[str],
    current: Collection[str],
    wanted: Mapping[str, int],
    silent: Collection[str],
) -> Recipients:
    standing = set(current)
    invited, updated, cancelled, quiet = [], [], [], []
    added = set(plan.added)
    for address in told:
        if address in silent:
            quiet.append(address)
        elif address not in standing:
            if address in wanted:  # else there is nothing they could be told to forget
                cancelled.append(address)
        elif address in added or address not in wanted:
            invited.append(address)
        else:
            updated.append(address)
    return Recipients(
        invited=tuple(invited),
        updated=tuple(updated),
        cancelled=tuple(cancelled),
        silent=tuple(quiet),
    )
