"""`convoca doctor`: examine the installation; the exit code is 1 when something must be mended."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from convoca.worker import doctor

MARKS = {"OK": "ok      ", "WARNING": "warning ", "ERROR": "ERROR   "}


class Command(BaseCommand):
    help = "Check settings, database, data folder and mail server; says what to do."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in doctor.examine():
            findings.append(finding)
            self.stdout.write(f"{MARKS[finding.level]}{finding.about}: {finding.text}")
        errors = sum(finding.level == "ERROR" for finding in findings)
        self.stdout.write(f"{errors} to mend." if errors else "Everything that must work does.")
        if errors:
            sys.exit(1)
