"""`./dev bench`: measure fan-out and month queries side by side, and print ratios."""

from __future__ import annotations

import argparse

from bench import months
from bench.ceiling import smtp_source_rate, smtplib_rate
from bench.fanout import measure
from bench.server import Server, serving
from bench.sink import Sink
from tests.support import postgres

FEW, MANY = 200, 2_000


def main() -> None:
    """Print one table for each database; every ratio is to the same run's plain loop."""
    arguments = _arguments()
    sink = Sink()
    for name in arguments.databases:
        url = postgres.launch() if name == "postgres" else ""
        print(f"\n{name}: one event with N guests, `convoca serve` in one process")
        with serving(sink.port, url) as server:
            size = _fanout(server, sink, arguments.guests)
            print(f"  peak memory {server.peak_megabytes():.0f} MB")
        _ceilings(sink, size)
        _months(sink, url)
    sink.close()


def _fanout(server: Server, sink: Sink, sizes: list[int]) -> int:
    measure(server, sink, 5, "warm up")
    print("       N   answer  first mail   mails/s  bytes/mail  CPU ms/mail")
    octets = 0.0
    for guests in sizes:
        row = measure(server, sink, guests, f"Fan-out {guests}")
        octets = row.octets
        print(
            f"  {row.guests:6}  {row.answer:6.2f}s  {row.first_mail:9.2f}s"
            f"  {row.rate:8.0f}  {row.octets:10.0f}  {row.cpu:11.2f}"
        )
    return int(octets)


def _ceilings(sink: Sink, size: int) -> None:
    content = b"Subject: x\r\n\r\n" + b"x" * 76 * (size // 76)
    loop = smtplib_rate(sink, content, 2_000)
    print(f"  plain smtplib loop, same size: {loop:.0f} mails/s = 1.00")
    for sessions in (1, 4):
        rate = smtp_source_rate(sink, size, 10_000, sessions)
        said = "not installed" if rate is None else f"{rate:.0f} mails/s = {rate / loop:.2f}"
        print(f"  smtp-source, {sessions} session(s): {said}")


def _months(sink: Sink, url: str) -> None:
    if url:
        return  # the same server would count the events twice; SQLite tells the shape
    with serving(sink.port) as server:
        months.fill(server, FEW)
        few = months.median_milliseconds(server)
        months.fill(server, MANY - FEW)
        many = months.median_milliseconds(server)
    print(f"  a month of {FEW} events {few:.1f} ms = 1.00; of {MANY} {many / few:.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--guests", type=int, nargs="+", default=[50, 500, 5_000])
    parser.add_argument(
        "--databases", nargs="+", choices=["sqlite", "postgres"], default=["sqlite", "postgres"]
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
