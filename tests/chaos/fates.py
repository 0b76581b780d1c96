"""All that befalls the machines, their database and their network, by the dice."""

from __future__ import annotations

import random
import select
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing

import psycopg

from tests.chaos.disk import full
from tests.chaos.machine import PATIENCE, Machine, Process, kill
from tests.chaos.mailserver import IllServer
from tests.support.imap_server import ImapServer
from tests.support.installation import Installation, is_well
from tests.support.patience import wait_until
from tests.support.postgres import Cluster

CONNECTIONS = 2  # of each worker, as by default
CHANCES = {
    "worker": 8,
    "web": 3,
    "database": 2,
    "disk": 1,
    "database disk": 1,
    "clock": 2,
    "network": 1,
    "machine": 1,
}
JUMPS = [-86_400, -7_200, -3_600, -30, 30, 660, 3_600, 7_200]  # seconds; 660 is above a lease
SLIPS = [-240, -30, 30, 240]  # between several machines, whose clocks are kept right within a lease


class Fates:
    """Strikes one of the machines at a time, and keeps count of what may come twice by that."""

    def __init__(
        self,
        there: Installation,
        cluster: Cluster | None,
        mail: IllServer,
        mailbox: ImapServer,
        dice: random.Random,
        make: Callable[[Counter[str]], list[Machine]],
    ) -> None:
        self.there, self.cluster, self.mail, self.dice = there, cluster, mail, dice
        self.mailbox = mailbox
        self.counts: Counter[str] = Counter()
        self.machines = make(self.counts)
        self.saving = threading.Event()  # set while the host's program waits for a save
        self.in_flight = 0  # connections that were open when their worker was killed, at most
        self.burnt = 0  # mails that only a lost machine's journal knew of, at most

    @property
    def allowed(self) -> int:
        """How many mails may be in flight, one for each open connection, when something dies."""
        return self.in_flight + self.burnt

    def strike(self) -> None:
        """Let one thing happen, by the dice."""
        possible = {
            "database": bool(self.cluster),
            "database disk": bool(self.cluster),
            "machine": len(self.machines) > 1,
        }
        names = [name for name in CHANCES if possible.get(name, True)]
        (fate,) = self.dice.choices(names, [CHANCES[name] for name in names])
        machine, pause = self.dice.choice(self.machines), self.dice.random()
        self.stand_up_again()
        getattr(self, "_" + fate.replace(" ", "_"))(machine, pause)
        self.counts[fate] += 1

    def stand_up_again(self) -> None:
        """Start what is dead."""
        if self.cluster:
            self.cluster.stand_up_again()
        for machine in self.machines:
            machine.stand_up_again()

    def heal(self) -> None:
        """End all troubles; ten minutes pass, and fresh workers start.

        The claims of lost machines run out. Those of which a machine still has a journal do not:
        its next worker settles them within seconds, before anything else.
        """
        self.stand_up_again()
        for machine in self.machines:
            machine.set_clock(0)
            for worker in machine.workers:
                self._kill_worker(worker)
        known = [lease.strip(".") for machine in self.machines for lease in machine.leases]
        names = ", ".join(f"'{lease}'" for lease in ["-", *known])
        self.hurry("mail_delivery.due_at", f"lease NOT IN ({names})")
        self.hurry("mail_inboundmessage.due_at")
        self.hurry("mail_mailbox.due_at")
        self.hurry("mail_halt.until")
        self.stand_up_again()
        for machine in self.machines:
            wait_until(lambda: is_well(machine.url), PATIENCE)  # noqa: B023

    def hurry(self, moment: str, condition: str = "true") -> None:
        """Let a moment that something waits for be over, e.g. `mail_delivery.due_at`."""
        table, column = moment.split(".")
        self._execute(
            f"UPDATE {table} SET {column} = '2026-01-01 00:00:00+00'"
            f" WHERE {column} IS NOT NULL AND {condition}"
        )
        self._execute("UPDATE mail_halt SET until = '2026-01-01 00:00:00+00'")

    def _worker(self, machine: Machine, pause: float) -> None:
        """Kill a worker some moments after it says that it works, in the middle of what it does."""
        worker = self.dice.choice(machine.workers)
        select.select([worker.stdout], [], [], PATIENCE)
        time.sleep(pause)
        self._kill_worker(worker)
        self.counts["worker"] -= 1  # counted already
        self.stand_up_again()

    def _kill_worker(self, worker: Process) -> None:
        if worker.poll() is None:
            worker.send_signal(signal.SIGSTOP)  # so that nothing begins while they are counted
            time.sleep(0.02)
            self.in_flight += min(CONNECTIONS, self.mail.open_connections)
            self.counts["worker"] += 1
        kill(worker)

    def _web(self, machine: Machine, pause: float) -> None:
        """Kill a web server in the middle of a save, if there is one soon."""
        is_in_time = self.saving.wait(3)
        time.sleep(pause / 5)
        self.counts["web in a save"] += is_in_time and self.saving.is_set()
        kill(machine.web)

    def _database(self, machine: Machine, pause: float) -> None:
        time.sleep(pause / 2)
        if self.cluster:
            self.cluster.crash()

    def _disk(self, machine: Machine, pause: float) -> None:
        alive = [process.pid for process in machine.processes if process.poll() is None]
        self.in_flight += CONNECTIONS * len(machine.workers)
        with full(machine.there.folder, alive):
            time.sleep(0.5 + pause)

    def _database_disk(self, machine: Machine, pause: float) -> None:
        if self.cluster:
            with full(self.cluster.folder, self.cluster.pids):
                time.sleep(1 + pause)
            self.cluster.stand_up_again()

    def _clock(self, machine: Machine, pause: float) -> None:
        machine.set_clock(self.dice.choice(JUMPS if len(self.machines) == 1 else SLIPS))

    def _network(self, machine: Machine, pause: float) -> None:
        self.mail.shut()
        self.mailbox.shut()
        time.sleep(pause)
        self.mailbox.heal()
        self.mail.heal()

    def _machine(self, machine: Machine, pause: float) -> None:
        """Lose a whole machine for good; another of the same name takes its place."""
        time.sleep(pause)
        machine.freeze()
        self.in_flight += min(CONNECTIONS * len(machine.workers), self.mail.open_connections)
        if names := ", ".join(f"'{lease.strip('.')}'" for lease in machine.leases):
            query = f"SELECT count(*) FROM mail_delivery WHERE lease IN ({names})"
            self.burnt += int(self.there.query(query)[0][0])
        machine.lose()

    def _execute(self, statement: str) -> None:
        if self.cluster:
            with psycopg.connect(self.there.database_url) as server:
                server.execute(statement.encode())
            return
        path = self.there.folder / "convoca.sqlite3"
        with closing(sqlite3.connect(path, timeout=60)) as file, file:
            file.execute(statement)
