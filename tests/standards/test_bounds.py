"""Whatever bytes come in: nothing gets past the doors, and none cost a second or 100 MB.

Each case runs in a process of its own (`costs.py`), whose processor time and memory are counted;
the limit of time is generous, for processors differ. Undisturbed, each takes less than a second.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.standards.hostile import CALENDARS, MAILS

CASES = [f"calendar: {name}" for name in CALENDARS] + [f"mail: {name}" for name in MAILS]


def costs() -> dict[str, tuple[float, float, str]]:
    command = [sys.executable, "-m", "tests.standards.costs"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_hostile_bytes_cost_little():
    found = costs()
    assert list(found) == CASES
    assert [said for _, _, said in found.values() if said.startswith(("RAISED", "KILLED"))] == []
    assert {name: seconds for name, (seconds, _, _) in found.items() if seconds > 4} == {}
    assert {name: megabytes for name, (_, megabytes, _) in found.items() if megabytes > 100} == {}
