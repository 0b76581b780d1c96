"""`./dev bench`: measure Convoca side by side with plain tools in one run, and print ratios."""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

import psycopg

from bench import ceiling, engine, fanout, months, neighbours, replies, small
from bench.server import Setup, serving
from bench.sink import Sink
from bench.tables import Row, percentile, show
from tests.support import postgres

PARTS = ("engine", "fanout", "signed", "neighbours", "small", "replies", "months")
OF_THE_MONTH = 60  # events
WARM_UP = 200  # guests
ROUNDS = 8  # of saves beside which others work


class Bench:
    """One run: the sink and the databases it shares, and what was found so far."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.sink = Sink()
        self.found: dict[str, list[Row]] = {}
        self._cluster = ""
        self._databases = 0

    def run(self) -> None:
        """Measure each part that was asked for."""
        if "engine" in self.arguments.only:
            engine.report()
        if "fanout" in self.arguments.only and ceiling.smtp_source() is None:
            print("smtp-source is not installed (Debian: postfix; or name it in $SMTP_SOURCE)")
        for part in self.arguments.only:
            if part != "engine":
                getattr(self, f"_{part}")()

    def _fanout(self) -> None:
        for database in self.arguments.databases:
            for workers in self.arguments.workers:
                self._fanouts(database, workers)

    def _signed(self) -> None:
        self._fanouts(self.arguments.databases[0], 1, is_signing=True)

    def _fanouts(self, database: str, workers: int, *, is_signing: bool = False) -> None:
        setup, words = self._setup(database, workers, is_signing=is_signing)
        with serving(setup) as server:
            for _ in range(1 + workers):
                for _one in fanout.measure(server, self.sink, WARM_UP, "warm up"):
                    pass
            rows: list[Row] = []
            for guests in self.arguments.guests:
                found = list(fanout.measure(server, self.sink, guests, f"Fan-out {guests}"))
                rates = ceiling.rates(self.sink, int(found[0].octets))
                rows += [_row(one, rates, max(workers, 1)) for one in found]
        self._show(f"one event with N guests: {words}", rows)

    def _neighbours(self) -> None:
        guests = self.arguments.crowd
        for database in self.arguments.databases:
            for workers in (0, 1):
                setup, words = self._setup(database, workers)
                with serving(setup) as server:
                    for _one in fanout.measure(server, self.sink, WARM_UP, "warm up"):
                        pass
                    found = neighbours.measure(server, self.sink, guests, rounds=ROUNDS)
                rows = [_wait_row(phase, found, phase) for phase in found]
                self._show(f"others, beside a save with {guests} guests: {words}", rows)

    def _small(self) -> None:
        for database in self.arguments.databases:
            setup, words = self._setup(database, 1)
            with serving(setup) as server:
                small.measure(server, self.sink, 20)
                one = small.measure(server, self.sink, self.arguments.events)
            row = {
                "events": one.events,
                "p50 ms": 1000 * percentile(one.answers, 0.5),
                "p95 ms": 1000 * percentile(one.answers, 0.95),
                "saved s": one.saved,
                "last mail s": one.sent,
                "saves/s": one.events / one.saved,
                "mails/s": one.rate,
            }
            self._show(f"small events of {small.USERS} users at once: {words}", [row])

    def _replies(self) -> None:
        rows: list[Row] = []
        for database in self.arguments.databases:
            for workers in (0, 1):
                setup, words = self._setup(database, workers, is_listening=True)
                with serving(setup) as server:
                    found = list(replies.measure(server, self.sink, self.arguments.replies))
                rows += [
                    {
                        "set-up": words,
                        "to": one.what,
                        "replies": one.replies,
                        "taken/s": one.taken,
                        "applied/s": one.applied,
                        "CPU ms": one.cpu,
                        "mails to hosts": one.mails,
                    }
                    for one in found
                ]
        self._show("answers by mail, over one LMTP connection", rows)

    def _months(self) -> None:
        """Read a month twice: alone, and as one of many."""
        total = self.arguments.total
        for database in self.arguments.databases:
            setup, words = self._setup(database, 0)
            with serving(setup) as server:
                months.fill(server, OF_THE_MONTH)
                alone = months.waits(server)
                months.fill_others(server, total - OF_THE_MONTH)
                among = months.waits(server)
            rows: list[Row] = [
                {
                    "events": events,
                    "p50 ms": 1000 * percentile(found, 0.5),
                    "ratio": percentile(found, 0.5) / percentile(alone, 0.5),
                    "p95 ms": 1000 * percentile(found, 0.95),
                    " ratio": percentile(found, 0.95) / percentile(alone, 0.95),
                }
                for events, found in ((OF_THE_MONTH, alone), (total, among))
            ]
            self._show(f"a month with {OF_THE_MONTH} events of all: {words}", rows)

    def _setup(self, database: str, workers: int, **options: bool) -> tuple[Setup, str]:
        """Return a set-up on an empty database, and its name."""
        processes = f"web and {workers} worker{'s' * (workers > 1)}" if workers else "serve"
        signed = ", signed" if options.get("is_signing") else ""
        url = self._new_database() if database == "postgres" else ""
        setup = Setup(smtp_port=self.sink.port, database_url=url, workers=workers, **options)
        return setup, f"{database}, {processes}{signed}"

    def _new_database(self) -> str:
        self._cluster = self._cluster or postgres.launch()
        self._databases += 1
        name = f"bench{self._databases}"
        with psycopg.connect(self._cluster, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._cluster.replace("///postgres?", f"///{name}?")

    def _show(self, title: str, rows: list[Row]) -> None:
        self.found[title] = rows
        show(f"{title} (load {os.getloadavg()[0]:.1f})", rows)


def _row(one: fanout.Fanout, rates: dict[str, float], processes: int) -> Row:
    return {
        "N": one.guests,
        "what": one.what,
        "answer s": one.answer,
        "first ms": 1000 * one.first,
        "last s": one.last,
        "mails/s": one.rate,
        "octets": round(one.octets),
        "CPU ms": one.cpu,
        "peaks MB": "+".join(f"{peak:.0f}" for peak in one.peaks),
        **{f"{name} /s": round(rate) for name, rate in rates.items()},
        **{f"/{name}": one.rate / rate for name, rate in rates.items()},
        **({"each/source 1": one.rate / processes / rates["source 1"]} if len(rates) > 1 else {}),
    }


def _wait_row(phase: str, found: dict[str, neighbours.Waits], name: str) -> Row:
    quiet, waits = found[neighbours.QUIET], found[phase]
    reads, saves = percentile(waits.reads, 0.95), percentile(waits.saves, 0.95)
    return {
        "phase": name,
        "times": len(waits.saves),
        "month p50 ms": 1000 * percentile(waits.reads, 0.5),
        "month p95 ms": 1000 * reads,
        "ratio": reads / percentile(quiet.reads, 0.95),
        "save p50 ms": 1000 * percentile(waits.saves, 0.5),
        "save p95 ms": 1000 * saves,
        " ratio": saves / percentile(quiet.saves, 0.95),
    }


def main() -> None:
    """Print one table for each part and set-up; every ratio is to what the same run reached."""
    arguments = _arguments()
    started = time.perf_counter()
    bench = Bench(arguments)
    try:
        bench.run()
    finally:
        bench.sink.close()
    print(f"\n{time.perf_counter() - started:.0f} seconds in all")
    if arguments.json:
        machine = {"python": platform.python_version(), "processors": os.cpu_count()}
        found: dict[str, Any] = {"machine": machine, "tables": bench.found}
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS)
    )
    parser.add_argument(
        "--guests",
        type=int,
        nargs="+",
        default=[50, 500, 5_000],
        help="of the fan-outs; 50000 takes minutes for each set-up",
    )
    databases = ["sqlite", "postgres"]
    parser.add_argument("--databases", nargs="+", choices=databases, default=databases)
    parser.add_argument(
        "--workers", type=int, nargs="+", default=[0, 1, 2, 4], help="0 is one process for all"
    )
    parser.add_argument("--crowd", type=int, default=5_000, help="guests beside whom others work")
    parser.add_argument("--events", type=int, default=1_000, help="small events")
    parser.add_argument("--total", type=int, default=2_000, help="events of a calendar, for months")
    parser.add_argument("--replies", type=int, default=500, help="answers by mail")
    parser.add_argument("--json", type=Path, help="write what was found into this file too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
