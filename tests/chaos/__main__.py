"""`./dev chaos`: round after round of trouble, until something is lost or the rounds are over."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time

from tests.chaos.rounds import STEPS, STROKES, world


def main() -> None:
    """Play on each database; exit with 1, the seed and the tale when a promise was broken."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # takes its processes along
    for database in arguments.database if arguments.machines == 1 else ["postgres"]:
        print(f"{database}, machines: {arguments.machines}, seed {arguments.seed}", flush=True)
        with world(database, arguments.seed, arguments.machines) as made:
            for number in range(1, arguments.rounds + 1):
                started = time.monotonic()
                made.play(arguments.steps, arguments.strokes)
                took = time.monotonic() - started
                print(f"  round {number}, {took:.0f} s: {made.counts()}", flush=True)
                if not made.is_well:
                    sys.exit(f"{made.tale()}\n{made.log()}")
            made.reckon()
            print(f"  all {arguments.rounds} rounds: {made.counts()}", flush=True)
            print(f"  the mail server's faults: {made.faults()}", flush=True)
            if not made.is_well:
                sys.exit(made.tale())


def _arguments() -> argparse.Namespace:
    both = ["sqlite", "postgres"]
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="on each database")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--database", nargs="+", choices=both, default=both)
    parser.add_argument("--machines", type=int, default=1, help="several share one PostgreSQL")
    parser.add_argument("--steps", type=int, default=STEPS, help="of the host in each round")
    parser.add_argument("--strokes", type=int, default=STROKES, help="of fate in each round")
    return parser.parse_args()


if __name__ == "__main__":
    main()
