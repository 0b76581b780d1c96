"""`convoca worker`: send the post and keep the clock, apart from the web server."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from convoca.worker import serving
from convoca.worker.engine import Engine

POLITENESS = 10  # as `nice` has it: where they share processors, pages go before mails


class Command(BaseCommand):
    help = "Send what is queued and do what is due, until SIGTERM or Ctrl+C."

    def handle(self, *args: Any, **options: Any) -> None:
        serving.check_migrations()
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        serving.load_all()
        os.nice(POLITENESS)
        engine = Engine()
        engine.start()
        self.stdout.write("Convoca's worker is running.")
        self.stdout.flush()
        stopping.wait()
        engine.stop()
