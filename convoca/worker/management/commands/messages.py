"""`convoca messages`: bring the catalogues up to date and compile them; `--check` only looks."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from convoca.worker.catalogues import compiling, keeping


class Command(BaseCommand):
    help = "Collect what Convoca says into the message catalogues and compile them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; fail if a translation is missing."
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check:
            keeping.update(settings.BASE_DIR)
            compiling.compile_all(settings.BASE_DIR)
        complaints = keeping.complaints(settings.BASE_DIR)
        if complaints and check:
            raise CommandError("\n".join(complaints))
        for complaint in complaints:
            self.stdout.write(complaint)
