"""Start the demo: its data, its own mail server, and Convoca as `serve` starts it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from convoca.worker import post
from convoca.worker.demo import cast, environment, listener, making

GREETING = """
  Convoca · demo

    {url}/

  Entra con uno de estos correos y la contraseña    Sign in with one of these and the password
    {password}

{logins}

  Los correos llegan aquí, nada sale de esta máquina; léelos como el huésped y pulsa sus botones:
  Mails arrive here, nothing leaves this machine; read them as the guest does, press their buttons:

    {url}/demo/mailbox/

  Se para con Ctrl+C; los datos quedan en {folder}
  Stop with Ctrl+C; the data stays in {folder}
"""


class Command(BaseCommand):
    """`convoca demo [--port 8000] [--dir var/demo] [--host 127.0.0.1]`."""

    help = "Start a small company to try Convoca with: calendar, mailbox and logins."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        environment.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Start it as `convoca demo`: it needs its own settings.")
        call_command("migrate", verbosity=0)
        smtp = listener.start(urlsplit(settings.SMTP_URL).port or 0, settings.DEMO_MAILBOX_DIR)
        try:
            making.make(deliver=post.send_due)
            self.stdout.write(_greeting())
            self.stdout.flush()
            call_command("serve", host=options["host"], port=options["port"])
        except making.NotADemo:
            raise CommandError(
                f"{settings.DATA_DIR} tiene datos que no son de la demo; elige otra con --dir.\n"
                f"{settings.DATA_DIR} has data that is not the demo's; choose another with --dir."
            ) from None
        finally:
            smtp.stop()


def _greeting() -> str:
    people = [(employee.email, employee.name, employee.job) for employee in cast.EMPLOYEES]
    people.append((cast.OPERATOR, "Operador", "servidor · server (/admin/)"))
    return GREETING.format(
        url=settings.BASE_URL,
        password=cast.PASSWORD,
        logins="\n".join(f"    {email:<26}{name:<16}{job}" for email, name, job in people),
        folder=settings.DATA_DIR,
    )
