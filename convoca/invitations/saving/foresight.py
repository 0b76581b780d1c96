"""What a save comes to, worked out before it: while one computes, others may write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from convoca.calendars.editing import Change, Edit
from convoca.invitations import invitees
from convoca.invitations.invitees import Secrets
from convoca.invitations.saving.planning import plan_change, returning
from convoca.standards.itip.outgoing import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """An edit with the plan of each of its halves, and secrets for those who are new on it.

    With thousands of attendees this is most of a save's work. SQLite has one writer, so what is
    left to do after `BEGIN` is what everybody else waits for.
    """

    edit: Edit
    plans: dict[int, tuple[frozenset[str], Plan]] = field(default_factory=dict)
    secrets: Iterator[Secrets] = field(default_factory=invitees.new_secrets)

    def plan(self, half: Change, known: invitees.Known, now: dt.datetime) -> Plan:
        """Return the plan of a half; made anew where another is written, or somebody is back."""
        back, plan = self.plans.get(id(half), (None, None))
        if plan is not None and back == returning(known):
            return plan
        return plan_change(half, known, now)


def foresee(edit: Edit, now: dt.datetime) -> Foresight:
    """Work out what writing the edit comes to; a few queries, which do not grow in number."""
    plans, newcomers = {}, 0
    for half in edit.change.halves():
        known = invitees.invited(half.event) if half.event.pk else {}
        plans[id(half)] = (returning(known), plan_change(half, known, now))
        newcomers += sum(address not in known for address in half.after.addresses())
    return Foresight(edit=edit, plans=plans, secrets=invitees.new_secrets(newcomers))
