"""`convoca resume-mail`: let the mails leave that `convoca pause-mail` has kept."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from convoca.mail.traffic import pausing


class Command(BaseCommand):
    help = "Let mails leave again after `pause-mail`."

    def handle(self, *args: Any, **options: Any) -> None:
        halt = pausing.resume(timezone.now())
        since = f", which were paused since {halt.since:%Y-%m-%d %H:%M} UTC" if halt else ""
        self.stdout.write(f"Mails leave again{since}." if halt else "Mails were not paused.")
