"""`convoca dkim-key`: make the keys that a domain's mails are signed with, and use them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from convoca.mail.transport import signing
from convoca.standards.ical.address import is_address


class Command(BaseCommand):
    help = (
        "Make the DKIM keys of a domain and show the DNS records to publish; then sign with them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("domain", metavar="DOMAIN", help="what stands after @ in From")
        step = parser.add_mutually_exclusive_group()
        step.add_argument("--new", action="store_true", help="make others, to replace those in use")
        step.add_argument(
            "--sign", action="store_true", help="the records are published: sign with the newest"
        )
        step.add_argument("--stop", action="store_true", help="sign no longer")

    def handle(self, *args: Any, **options: Any) -> None:
        domain, now = options["domain"], timezone.now()
        if not is_address(f"x@{domain}"):
            raise CommandError(f"{domain} is no domain")
        try:
            if options["stop"]:
                signing.stop(domain, now)
                self.stdout.write(f"Mails of {domain} are signed no longer.")
            elif options["sign"]:
                signing.start(domain, now)
                self.stdout.write(f"Mails of {domain} are signed from now on.")
            else:
                self._show(domain, is_new=options["new"])
        except signing.NoKey:
            raise CommandError(f"{domain} has no key; make one: dkim-key {domain}") from None

    def _show(self, domain: str, *, is_new: bool) -> None:
        keys = [] if is_new else signing.of(domain)
        for key in keys or signing.make(domain, timezone.now()):
            name, text = signing.load(key).record
            self.stdout.write(f'{name}. IN TXT "{text}"')
        self.stdout.write(
            f"Publish these records, wait until they are seen, then: dkim-key {domain} --sign"
        )
