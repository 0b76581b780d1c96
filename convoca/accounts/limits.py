"""How much of its plan a team has used, and the refusal at the end of it (rule S18)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext, ngettext

from convoca.accounts.models import Plan, Team, Usage
from convoca.accounts.plans import TERMS


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What was used and what the plan allows; `limit` is None where there is none."""

    plan: Plan
    events_with_guests: int
    limit: int | None

    @property
    def is_exhausted(self) -> bool:
        return self.limit is not None and self.events_with_guests >= self.limit


class LimitReached(Exception):
    """The plan includes no more events with guests; as text, a message for whoever saves one."""

    def __init__(self, report: UsageReport) -> None:
        super().__init__(report)
        self.plan = report.plan
        self.used = report.events_with_guests
        self.limit = report.limit

    def __str__(self) -> str:
        plan_covers = ngettext(
            "The %(plan)s plan includes %(limit)d event with external guests for the whole team, "
            "and it has been used.",
            "The %(plan)s plan includes %(limit)d events with external guests for the whole team, "
            "and all of them have been used.",
            self.limit or 0,
        )
        way_out = gettext(
            "Events among colleagues are unlimited; for more guests, ask whoever runs this server "
            "for a larger plan."
        )
        return f"{plan_covers % {'plan': self.plan.label, 'limit': self.limit}} {way_out}"


def count_event_with_guests(team: Team) -> None:
    """Count one more event with guests, or raise LimitReached.

    Call it inside the transaction that saves the event: the updated row is the lock that lets
    parallel saves through one by one, and a rollback takes the count back.
    """
    terms = TERMS[_current_plan(team)]
    Usage.objects.bulk_create([Usage(team=team)], ignore_conflicts=True)
    row = Usage.objects.filter(team=team)
    if terms.events_with_guests is not None:
        row = row.filter(events_with_guests__lt=terms.events_with_guests)
    if not row.update(events_with_guests=F("events_with_guests") + 1):
        raise LimitReached(usage(team))


def usage(team: Team) -> UsageReport:
    """Report what the team has used of its plan."""
    plan = _current_plan(team)
    used = Usage.objects.filter(team=team).values_list("events_with_guests", flat=True).first()
    return UsageReport(
        plan=plan, events_with_guests=used or 0, limit=TERMS[plan].events_with_guests
    )


def _current_plan(team: Team) -> Plan:
    """Read the plan afresh: the operator may have changed it since `team` was loaded."""
    return Plan(Team.objects.values_list("plan", flat=True).get(pk=team.pk))
