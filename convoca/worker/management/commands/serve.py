"""`convoca serve`: web server and worker in one process, for one machine."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from convoca.worker import serving
from convoca.worker.engine import Engine


class Command(BaseCommand):
    help = "Serve pages and API and send the mails, in one process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        serving.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        serving.check_migrations()
        listener = serving.listen(options["host"], options["port"])
        engine = Engine()
        engine.start()
        try:
            serving.run(listener)
        finally:
            engine.stop()
