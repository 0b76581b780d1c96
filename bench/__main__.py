"""`./dev bench`: measure engine, fan-out and month queries side by side, and print ratios."""

from __future__ import annotations

import argparse
import os

from bench import engine, months
from bench.ceiling import smtp_source_rate, smtplib_rate
from bench.fanout import Fanout, measure
from bench.server import serving
from bench.sink import Sink
from tests.support import postgres

FEW, MANY = 200, 2_000


def main() -> None:
    """Print one table for each set-up; every ratio is to what the same run's tools reach."""
    arguments = _arguments()
    engine.report()
    if arguments.engine:
        return
    sink = Sink()
    for name in arguments.databases:
        for workers in arguments.workers:
            _fanouts(sink, name, workers, arguments.guests)
        if name == "sqlite":  # it tells the shape, and what a signature costs
            _fanouts(sink, name, 1, arguments.guests[:2], is_signing=True)
            _months(sink)
    sink.close()


def _fanouts(
    sink: Sink, database: str, workers: int, sizes: list[int], *, is_signing: bool = False
) -> None:
    url = postgres.launch() if database == "postgres" else ""
    setup = f"convoca web and {workers} convoca worker" if workers else "convoca serve"
    signed = ", signed" if is_signing else ""
    print(f"\n{database}: one event with N guests, {setup}{signed}, load {os.getloadavg()[0]:.1f}")
    with serving(sink.port, url, workers=workers, is_signing=is_signing) as server:
        for _ in range(1 + workers):
            measure(server, sink, 200, "warm up")
        rows = [measure(server, sink, n, f"Fan-out {n}") for n in sizes]
        peaks = ", ".join(f"{peak:.0f}" for peak in server.peak_megabytes())
    _report(rows, _ceilings(sink, int(rows[-1].octets)), peaks)


def _report(rows: list[Fanout], ceilings: dict[str, float], peaks: str) -> None:
    print("       N   answer  first mail   mails/s  bytes/mail  CPU ms/mail" + _heads(ceilings))
    for row in rows:
        ratios = "".join(f"  {row.rate / rate:10.2f}" for rate in ceilings.values())
        print(
            f"  {row.guests:6}  {row.answer:6.2f}s  {row.first_mail:9.2f}s"
            f"  {row.rate:8.0f}  {row.octets:10.0f}  {row.cpu:11.2f}{ratios}"
        )
    for name, rate in ceilings.items():
        print(f"  {name}: {rate:.0f} mails/s of the same size")
    print(f"  peak memory {peaks} MB, load {os.getloadavg()[0]:.1f}")


def _heads(ceilings: dict[str, float]) -> str:
    return "".join(f"  {'/ ' + name:>10}" for name in ceilings)


def _ceilings(sink: Sink, size: int) -> dict[str, float]:
    """Return what plain tools reach just now: a loop in Python, and postfix's own."""
    content = b"Subject: x\r\n\r\n" + (b"x" * 74 + b"\r\n") * (size // 76)
    found = {"loop": smtplib_rate(sink, content, 2_000)}
    for sessions in (1, 4):
        rate = smtp_source_rate(sink, size, 10_000, sessions)
        if rate is None:
            print("  smtp-source is not installed")
            return found
        found[f"source {sessions}"] = rate
    return found


def _months(sink: Sink) -> None:
    with serving(sink.port) as server:
        months.fill(server, FEW)
        few = months.median_milliseconds(server)
        months.fill(server, MANY - FEW)
        many = months.median_milliseconds(server)
    print(f"  a month of {FEW} events {few:.1f} ms = 1.00; of {MANY} {many / few:.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--engine", action="store_true", help="measure the engine only")
    parser.add_argument("--guests", type=int, nargs="+", default=[50, 500, 5_000])
    parser.add_argument(
        "--databases", nargs="+", choices=["sqlite", "postgres"], default=["sqlite", "postgres"]
    )
    parser.add_argument(
        "--workers", type=int, nargs="+", default=[0, 1, 2], help="0 is one process for all"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
