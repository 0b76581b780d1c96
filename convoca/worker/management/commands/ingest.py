"""`convoca ingest`: take one mail from a mail server's pipe."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from convoca.mail.inbound import inbox

EX_DATAERR, EX_TEMPFAIL = 65, 75  # sysexits.h, as mail servers read them


class Command(BaseCommand):
    help = (
        "Keep the mail on standard input; the worker reads it. Exit codes are those of a mail "
        "server's pipe: 0 kept, 75 try again later, 65 refused because it is too large."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--recipient", default="", metavar="ADDR", help="envelope recipient")
        parser.add_argument("--sender", metavar="ADDR", help="envelope sender; '' or <> if empty")

    def handle(self, *args: Any, **options: Any) -> None:
        content = sys.stdin.buffer.read(inbox.LARGEST + 64 * 1024)
        try:
            inbox.keep(
                content,
                recipient=options["recipient"],
                envelope_from=options["sender"],
            )
        except inbox.TooLarge:
            self.stderr.write("The mail is larger than 10 MiB.")
            sys.exit(EX_DATAERR)
        except DatabaseError as error:
            self.stderr.write(f"The mail cannot be kept now: {error}")
            sys.exit(EX_TEMPFAIL)
