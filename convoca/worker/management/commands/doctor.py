"""`convoca doctor`: examine the installation; the exit code is 1 when something must be mended."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from convoca.worker import doctor

MARKS = {doctor.OK: "ok      ", doctor.WARNING: "warning ", doctor.ERROR: "ERROR   "}


class Command(BaseCommand):
    help = "Check settings, database, data folder, mail and workers; says what to do."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object for each finding")
        parser.add_argument("--mail-to", metavar="ADDRESS", help="send a test mail there, too")

    def handle(self, *args: Any, **options: Any) -> None:
        errors = 0
        for finding in doctor.examine(options["mail_to"] or ""):
            errors += finding.level == doctor.ERROR
            if options["json"]:
                self.stdout.write(json.dumps(asdict(finding)))
            else:
                self.stdout.write(f"{MARKS[finding.level]}{finding.about}: {finding.text}")
        if not options["json"]:
            self.stdout.write(f"{errors} to mend." if errors else "Everything that must work does.")
        if errors:
            sys.exit(1)
