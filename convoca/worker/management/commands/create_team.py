"""`convoca create-team`: found a team with its owner, and print what a program needs to go on."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from convoca.accounts import tokens
from convoca.accounts.membership import create_team
from convoca.accounts.models import LANGUAGES, Plan
from convoca.accounts.refusals import AddressTaken, TeamExists
from convoca.accounts.text import one_line
from convoca.accounts.zones import is_zone

TOKEN_NAME = "create-team"  # noqa: S105  the name it has in the owner's settings


class Command(BaseCommand):
    help = (
        "Found a team with its owner. Prints one JSON object: the ids of the team and of the owner "
        "in it, and an API token of the owner, which is shown only now."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="name of the team")
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="the owner's address")
        parser.add_argument("--owner-name", default="", metavar="N")
        parser.add_argument(
            "--password",
            metavar="P",
            help="the owner's password; without one they ask for it with “forgot password”",
        )
        plans = [plan.value.lower() for plan in Plan]
        parser.add_argument("--plan", choices=plans, default=Plan.FREE.value.lower())
        parser.add_argument("--language", choices=[code for code, _ in LANGUAGES], default="en")
        parser.add_argument("--timezone", default="UTC", metavar="TZ", help="such as Europe/Madrid")

    def handle(self, *args: Any, **options: Any) -> None:
        name, owner_name = one_line(options["name"]), one_line(options["owner_name"])
        if not 0 < len(name) <= 120 or len(owner_name) > 120:
            raise CommandError("NAME and --owner-name take at most 120 characters, NAME at least 1")
        if not is_zone(options["timezone"]):
            raise CommandError("--timezone must be an IANA name, such as Europe/Madrid")
        self.stdout.write(json.dumps(_found(name, owner_name, options)))


@transaction.atomic
def _found(name: str, owner_name: str, options: dict[str, Any]) -> dict[str, str]:
    email, password = options["owner"], options["password"]
    try:
        owner = create_team(
            name,
            email=email,
            owner_name=owner_name,
            password=password,
            plan=Plan[options["plan"].upper()],
            language=options["language"],
            timezone=options["timezone"],
            is_confirmed=True,
        )
    except AddressTaken:
        raise CommandError(
            f"{email} is a user already; without --password they become the owner of the new team"
        ) from None
    except TeamExists:
        raise CommandError(f"{email} already owns a team named {name}") from None
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    _, token = tokens.issue(owner, TOKEN_NAME)
    return {"team": str(owner.team.public_id), "user": str(owner.public_id), "token": token}
