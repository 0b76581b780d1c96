"""`convoca set-plan`: put a team on another plan."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from convoca.accounts.limits import usage
from convoca.accounts.models import Plan, Team


class Command(BaseCommand):
    help = "Put a team, given by its name or id, on another plan."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("team", metavar="TEAM", help="name or id of the team")
        plans = [plan.value.lower() for plan in Plan]
        parser.add_argument("plan", metavar="PLAN", type=str.lower, choices=plans, help=str(plans))

    def handle(self, *args: Any, **options: Any) -> None:
        team = _find(options["team"])
        team.plan = Plan[options["plan"].upper()]
        team.save(update_fields=["plan"])
        report = usage(team)
        allowed = "no limit" if report.limit is None else f"limit {report.limit}"
        self.stdout.write(
            f"{team.name} is on the plan {options['plan']}: "
            f"{report.events_with_guests} events with guests used, {allowed}"
        )


def _find(name_or_id: str) -> Team:
    teams = list(Team.objects.filter(name=name_or_id))
    if not teams and (public_id := _as_id(name_or_id)):
        teams = list(Team.objects.filter(public_id=public_id))
    if not teams:
        raise CommandError(f"there is no team named {name_or_id}, nor one with this id")
    if len(teams) > 1:
        listed = "\n".join(
            f"  {team.public_id}  since {team.created_at:%Y-%m-%d}" for team in teams
        )
        raise CommandError(f"several teams are named {name_or_id}; name one by its id:\n{listed}")
    return teams[0]


def _as_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
