"""`convoca web`: serve pages and API, apart from the worker."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from convoca.worker import serving


class Command(BaseCommand):
    help = "Serve pages, API and the live bell; `convoca worker` sends the mails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        serving.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        serving.check_migrations()
        serving.run(serving.listen(options["host"], options["port"]))
