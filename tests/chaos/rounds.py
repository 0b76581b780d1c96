"""Rounds of trouble on one installation, each followed by a reckoning."""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx

from tests.chaos.disk import small_disk
from tests.chaos.fates import Fates
from tests.chaos.guests import DOMAIN, Guests, connect, invite, unread
from tests.chaos.host import Host
from tests.chaos.machine import PATIENCE, Machine
from tests.chaos.mailserver import TIMEOUT, IllServer
from tests.chaos.reckoning import Reckoning, reckon
from tests.support.imap_server import ImapServer
from tests.support.installation import Installation, installed, is_well
from tests.support.patience import wait_until
from tests.support.postgres import Cluster

TOKEN = """
from convoca.accounts import tokens
from convoca.accounts.models import Membership
print(tokens.issue(Membership.objects.get(), "chaos")[1])
"""
WAITING = "SELECT count(*) FROM mail_delivery WHERE due_at IS NOT NULL OR lease <> ''"
STEPS, STROKES, ANSWERS = 14, 8, 16
WORKERS = 2  # where there is one machine; of several, each has one
DATABASE_DISK = 192  # megabytes


class World:
    """One installation on one machine or several, its mail server, its host and its guests."""

    def __init__(
        self,
        there: Installation,
        server: IllServer,
        seed: int,
        fates: Fates,
        api: list[httpx.Client],
        mailbox: ImapServer,
    ) -> None:
        self.mailbox = mailbox
        self.there, self.server, self.seed, self.fates, self.api = there, server, seed, fates, api
        self.hosts: list[Host] = []
        self.guests: list[Guests] = []
        self.found = Reckoning()

    @property
    def allowed(self) -> int:
        """How many mails may have come twice so far."""
        return self.fates.allowed + self.server.unheard

    @property
    def is_well(self) -> bool:
        doubts = len(self.found.twice), len(self.found.uncalled)
        return self.found.is_well and max(doubts) <= self.allowed

    def play(self, steps: int = STEPS, strokes: int = STROKES, answers: int = ANSWERS) -> Reckoning:
        """Play one round and return what came out of it."""
        number = len(self.hosts) + 1
        dice = random.Random(f"{self.seed} {number}")
        host = Host(self.api, dice, f"Round{number:04}", self.fates.saving)
        uid = invite(self.api[0], f"Answers {number}")
        ports = [machine.lmtp_port for machine in self.fates.machines]
        others = random.Random(f"{self.seed} {number} guests")
        guests = Guests(self.there, uid, ports, self.mailbox, others)
        self.hosts.append(host)
        self.guests.append(guests)
        self.server.is_ill = True
        scripts = [
            threading.Thread(target=host.play, args=[steps], daemon=True),
            threading.Thread(target=guests.play, args=[answers], daemon=True),
        ]
        for script in scripts:
            script.start()
        clocks = self.fates.counts["clock"]
        for _ in range(strokes):
            self.fates.strike()
        guests.is_clock_right = self.fates.counts["clock"] == clocks
        while any(script.is_alive() for script in scripts):
            self.fates.stand_up_again()
            scripts[0 if scripts[0].is_alive() else 1].join(0.5)
        self.server.is_ill = False
        self.server.heal()
        self.fates.heal()
        self._settle()
        self.found = reckon(self.there, self.server, [host], [guests])
        return self.found

    def reckon(self) -> Reckoning:
        """Compare everything there ever was in this world."""
        self.found = reckon(self.there, self.server, self.hosts, self.guests)
        return self.found

    def counts(self) -> str:
        """Return in a line what was done and what came out."""
        said = sum((host.said for host in self.hosts), Counter())
        answers = sum(len(sent) for guests in self.guests for sent in guests.sent.values())
        return (
            f"{self._count('calendars_event')} events, {self.found.pairs} guests compared,"
            f" {len(self.server.mails)} mails, answers {_listed(said)};"
            f" {_listed(self.fates.counts)}; {sum(self.server.faults.values())} faults of the mail"
            f" server; reminders {self.found.reminded},"
            f" refused for good {self.found.excused}, lost {len(self.found.lost)},"
            f" never saved {len(self.found.unsaved)},"
            f" wrong order {len(self.found.disordered) + len(self.found.disguised)},"
            f" twice {len(self.found.twice)}, cancelled in doubt {len(self.found.uncalled)}"
            f" (allowed {self.allowed}); {answers} guests' answers in"
            f" {sum(guests.tries for guests in self.guests)} tries,"
            f" lost or counted twice {len(self.found.unanswered)}"
        )

    def faults(self) -> str:
        """Return how often the mail server failed at which command, and how."""
        return _listed(self.server.faults)

    def tale(self) -> str:
        """Return every difference, and how to play it again."""
        found = self.found
        lines = [
            *(f"lost: {one}" for one in [*found.lost, *found.unanswered]),
            *(f"wrong order: {one}" for one in [*found.disordered, *found.disguised]),
            *(f"never saved: {one}" for one in found.unsaved),
            *(f"twice: {one}" for one in found.twice),
            *(f"cancelled in doubt: {one}" for one in found.uncalled),
        ]
        return "\n  ".join([f"seed {self.seed}, round {len(self.hosts)}", *lines])

    def log(self) -> str:
        """Return the last words of the workers."""
        return "\n".join(one.there.log("worker")[-4000:] for one in self.fates.machines)

    def _settle(self) -> None:
        """Wait until nothing is left to do, without waiting for the time between two tries."""
        end = time.monotonic() + PATIENCE
        while (self._waiting() or unread(self.there, self.mailbox)) and time.monotonic() < end:
            time.sleep(0.5)
            self.fates.hurry("mail_delivery.due_at", "lease = ''")
            self.fates.hurry("mail_halt.until")
            self.fates.hurry("mail_mailbox.due_at", "lease = ''")

    def _waiting(self) -> int:
        return int(self.there.query(WAITING)[0][0])

    def _count(self, table: str) -> int:
        return int(self.there.query(f"SELECT count(*) FROM {table}")[0][0])


@contextmanager
def world(database: str, seed: int, machines: int = 1) -> Iterator[World]:
    """Give a world of machines on small disks, with a database server of its own."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="convoca-chaos-")))
        home.chmod(0o711)  # the database's user passes through
        ill = IllServer(random.Random(f"{seed} mail"), home)
        server = stack.enter_context(ill.running())
        mailbox = stack.enter_context(ImapServer().running())
        cluster = None
        if database == "postgres":
            folder = _disk(stack, home / "database", DATABASE_DISK)
            cluster = stack.enter_context(closing(Cluster(folder=folder)))
        settings = {
            "CONVOCA_SMTP_TIMEOUT": str(TIMEOUT),
            "CONVOCA_LOG_LEVEL": "WARNING",
            "CONVOCA_REPLY_DOMAIN": DOMAIN,
            "CONVOCA_ALLOW_PRIVATE_SMTP": "yes",
            "SSL_CERT_FILE": str(home / "certificate.pem"),
        }
        folders = [_disk(stack, home / f"machine{number}") for number in range(machines)]
        place = cluster.url if cluster else "sqlite"
        there = stack.enter_context(installed(folders[0], server.url, place, **settings))
        others = [
            Installation(one, server.url, there.database_url, settings) for one in folders[1:]
        ]
        for other in others:
            stack.callback(other.stop)

        def make(counts: Counter[str]) -> list[Machine]:
            workers = WORKERS if machines == 1 else 1
            return [Machine(one, workers, counts) for one in [there, *others]]

        dice = random.Random(f"{seed} machine")
        connect(there, mailbox)
        fates = Fates(there, cluster, ill, mailbox, dice, make)
        token = there.python(TOKEN).strip()
        doors = [stack.enter_context(_door(machine.url, token)) for machine in fates.machines]
        for machine in fates.machines:
            wait_until(lambda: is_well(machine.url), PATIENCE)  # noqa: B023
        yield World(there, ill, seed, fates, doors, mailbox)


def _disk(stack: ExitStack, folder: Path, megabytes: int = 32) -> Path:
    folder.mkdir()
    stack.enter_context(small_disk(folder, megabytes))
    return folder


def _door(url: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{url}/api/v1/", headers=headers, timeout=60)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if count)
