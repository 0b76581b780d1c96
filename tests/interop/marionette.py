"""Mozilla's remote control: scripts run in the window of a program, as its own code does."""

from __future__ import annotations

import json
import socket
import time
from itertools import count
from pathlib import Path
from typing import Any


class ScriptFailed(Exception):
    """The program refused a command, or its script threw; the text is the program's."""


class DialogOpened(Exception):
    """A script does not end because the program asks something; the text is its question."""


class Marionette:
    """One session, in chrome context; `timeout` is in seconds, for each script."""

    def __init__(self, profile: Path, timeout: float = 30.0, patience: float = 60.0) -> None:
        port = _port(profile, patience)
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout + 10)
        self._stream = self._socket.makefile("rb")
        self._numbers = count(1)
        self._read()  # the greeting
        self.call("WebDriver:NewSession")
        self.call("Marionette:SetContext", value="chrome")
        self.call("WebDriver:SetTimeouts", script=int(timeout * 1000))

    def call(self, command: str, **parameters: Any) -> Any:
        """Return what the program answers; raise ScriptFailed when it refuses."""
        number = next(self._numbers)
        body = json.dumps([0, number, command, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(body), body))
        _, answered, error, result = self._read()
        assert answered == number
        if error:
            raise ScriptFailed(f"{error['error']}: {error['message']}\n{error['stacktrace']}")
        return result

    def run(self, script: str, *arguments: Any) -> Any:
        """Run the body of an async function, which sees `args`; return what it returns.

        Raises DialogOpened when the program asks something first; `agree` lets it go on.
        """
        wrapped = (
            "const [...args] = arguments; const done = args.pop();"
            f"(async () => {{ {script} }})().then(value => done({{ value }}),"
            " error => done({ failure: `${error}\\n${error.stack}` }));"
        )
        answer = self.call(
            "WebDriver:ExecuteAsyncScript",
            script=wrapped,
            args=list(arguments),
            sandbox="system",
            newSandbox=False,
        )["value"]
        if answer is None:
            raise DialogOpened(self.call("WebDriver:GetAlertText")["value"])
        if failure := answer.get("failure"):
            raise ScriptFailed(failure)
        return answer.get("value")

    def agree(self) -> None:
        """Press *OK* in the open dialog."""
        self.call("WebDriver:AcceptAlert")

    def _read(self) -> Any:
        size = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, "the program closed the connection"
            size += byte
        return json.loads(self._stream.read(int(size)))


def _port(profile: Path, patience: float) -> int:
    """Return the port the program has written into its profile, once it listens."""
    file = profile / "MarionetteActivePort"
    deadline = time.monotonic() + patience
    while not (file.exists() and (port := file.read_text().strip())):
        assert time.monotonic() < deadline, "the program does not listen"
        time.sleep(0.1)
    return int(port)
