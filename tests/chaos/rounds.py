"""Rounds of trouble on one installation, each followed by a reckoning."""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.chaos.host import Host
from tests.chaos.machine import PATIENCE, Machine, small_disk
from tests.chaos.mailserver import TIMEOUT, IllServer
from tests.chaos.reckoning import Reckoning, reckon
from tests.support.installation import Installation, installed, is_well, wait_until
from tests.support.postgres import Cluster

TOKEN = """
from convoca.accounts import tokens
from convoca.accounts.models import Membership
print(tokens.issue(Membership.objects.get(), "chaos")[1])
"""
WAITING = "SELECT count(*) FROM mail_delivery WHERE due_at IS NOT NULL OR lease <> ''"
STEPS, STROKES = 14, 8


class World:
    """One installation, its mail server and its host."""

    def __init__(
        self, there: Installation, server: IllServer, cluster: Cluster | None, seed: int
    ) -> None:
        self.there, self.server, self.seed = there, server, seed
        self.machine = Machine(there, cluster, server, random.Random(f"{seed} machine"))
        self.api = httpx.Client(
            base_url=f"{self.machine.url}/api/v1/",
            headers={"Authorization": f"Bearer {there.python(TOKEN).strip()}"},
            timeout=60,
        )
        wait_until(lambda: is_well(self.machine.url), PATIENCE)
        self.hosts: list[Host] = []
        self.found = Reckoning()

    @property
    def allowed(self) -> int:
        """How many mails may have come twice so far."""
        return self.machine.allowed + self.server.unheard

    @property
    def is_well(self) -> bool:
        doubts = len(self.found.twice), len(self.found.uncalled)
        return self.found.is_well and max(doubts) <= self.allowed

    def play(self, steps: int = STEPS, strokes: int = STROKES) -> Reckoning:
        """Play one round and return what came out of it."""
        number = len(self.hosts) + 1
        host = Host(self.api, random.Random(f"{self.seed} {number}"), f"Round{number:04}")
        self.hosts.append(host)
        self.server.is_ill = True
        script = threading.Thread(target=host.play, args=[steps])
        script.start()
        for _ in range(strokes):
            self.machine.strike()
        while script.is_alive():
            self.machine.stand_up_again()
            script.join(0.5)
        self.server.is_ill = False
        self.server.heal()
        self.machine.heal()
        self._settle()
        self.found = reckon(self.there, self.server, [host])
        return self.found

    def reckon(self) -> Reckoning:
        """Compare everything there ever was in this world."""
        self.found = reckon(self.there, self.server, self.hosts)
        return self.found

    def counts(self) -> str:
        """Return in a line what was done and what came out."""
        said = sum((host.said for host in self.hosts), Counter())
        fates, faults = self.machine.fates, sum(self.server.faults.values())
        return (
            f"{self._count('calendars_event')} events, {self.found.pairs} guests compared,"
            f" {len(self.server.mails)} mails, answers {_listed(said)};"
            f" {_listed(fates)}; {faults} faults of the mail server;"
            f" refused for good {self.found.excused}, lost {len(self.found.lost)},"
            f" never saved {len(self.found.unsaved)},"
            f" wrong order {len(self.found.disordered) + len(self.found.disguised)},"
            f" twice {len(self.found.twice)}, cancelled in doubt {len(self.found.uncalled)}"
            f" (allowed {self.allowed})"
        )

    def tale(self) -> str:
        """Return every difference, and how to play it again."""
        found = self.found
        lines = [
            *(f"lost: {one}" for one in found.lost),
            *(f"wrong order: {one}" for one in [*found.disordered, *found.disguised]),
            *(f"never saved: {one}" for one in found.unsaved),
            *(f"twice: {one}" for one in found.twice),
            *(f"cancelled in doubt: {one}" for one in found.uncalled),
        ]
        return "\n  ".join([f"seed {self.seed}, round {len(self.hosts)}", *lines])

    def _settle(self) -> None:
        """Wait until nothing is left to do, without waiting for the time between two tries."""
        end = time.monotonic() + PATIENCE
        while self._waiting() and time.monotonic() < end:
            time.sleep(0.5)
            self.machine.hurry("lease = '' AND status = 'DELAYED' AND due_at IS NOT NULL")

    def _waiting(self) -> int:
        return int(self.there.query(WAITING)[0][0])

    def _count(self, table: str) -> int:
        return int(self.there.query(f"SELECT count(*) FROM {table}")[0][0])


@contextmanager
def world(database: str, seed: int) -> Iterator[World]:
    """Give a world on a small disk, with a database server of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="convoca-chaos-") as folder,
        IllServer(random.Random(f"{seed} mail")).running() as server,
    ):
        data = Path(folder, "data")
        data.mkdir()
        cluster = Cluster() if database == "postgres" else None
        settings = {"CONVOCA_SMTP_TIMEOUT": str(TIMEOUT), "CONVOCA_LOG_LEVEL": "WARNING"}
        with (
            small_disk(data),
            installed(data, server.url, cluster.url if cluster else "sqlite", **settings) as there,
        ):
            made = World(there, server, cluster, seed)
            with made.api:
                yield made


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if count)
