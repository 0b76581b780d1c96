"""`convoca pause-mail`: let no mail leave, from any machine, until the operator says so."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from convoca.accounts.text import one_line
from convoca.mail.traffic import pausing


class Command(BaseCommand):
    help = "Let no mail leave until `resume-mail`: invitations, codes and notices all wait."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reason", default="", metavar="TEXT", help="shown to hosts whose mails wait"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        halt = pausing.pause(timezone.now(), one_line(options["reason"])[:500])
        self.stdout.write(f"Mails are paused since {halt.since:%Y-%m-%d %H:%M} UTC.")
