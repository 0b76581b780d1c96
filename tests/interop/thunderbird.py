"""Thunderbird without a screen, as a guest's mail program and calendar.

What a guest presses is pressed: buttons and menus of its windows. Its calendar is read through
the interface its own windows read it with. Arranged beforehand is only what a person types once:
the account, the calendar and the remembered password.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.interop.marionette import Marionette

FOLDER = Path(__file__).parent
YEAR = dt.datetime.now(dt.UTC).year + 1
SPAN = (f"{YEAR}0101T000000Z", f"{YEAR + 1}0101T000000Z")
ACCOUNT = {
    "mail.accountmanager.accounts": "account1,account2",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.accountmanager.localfoldersserver": "server2",
    "mail.account.account1.server": "server1",
    "mail.account.account1.identities": "id1",
    "mail.account.account2.server": "server2",
    "mail.server.server1.type": "pop3",
    "mail.server.server1.hostname": "127.0.0.1",
    "mail.server.server1.userName": "gwen",
    "mail.server.server1.name": "Gwen",
    "mail.server.server1.login_at_startup": False,
    "mail.server.server1.check_new_mail": False,
    "mail.server.server1.leave_on_server": True,
    "mail.server.server2.type": "none",
    "mail.server.server2.hostname": "Local Folders",
    "mail.server.server2.userName": "nobody",
    "mail.server.server2.name": "Local Folders",
    "mail.identity.id1.fullName": "Gwen López",
    "mail.identity.id1.smtpServer": "smtp1",
    "mail.identity.id1.fcc": False,
    "mail.identity.id1.valid": True,
    "mail.smtpservers": "smtp1",
    "mail.smtp.defaultserver": "smtp1",
    "mail.smtpserver.smtp1.hostname": "127.0.0.1",
    "mail.smtpserver.smtp1.try_ssl": 0,
    "mail.smtpserver.smtp1.authMethod": 1,
}
CALENDAR = {
    "calendar.registry.gwens.type": "storage",
    "calendar.registry.gwens.uri": "moz-storage-calendar://",
    "calendar.registry.gwens.name": "Gwen's calendar",
    "calendar.registry.gwens.imip.identity.key": "id1",
    "calendar.registry.gwens.calendar-main-in-composite": True,
    "calendar.timezone.local": "Europe/Madrid",
    "calendar.timezone.useSystemTimezone": False,
}
QUIET = {
    "marionette.port": 0,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mailnews.start_page.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "toolkit.telemetry.enabled": False,
    "app.update.enabled": False,
    "extensions.update.enabled": False,
    "network.dns.disabled": True,
}


class Bar(NamedTuple):
    """The bar above an invitation: its sentence and the buttons it offers."""

    text: str
    buttons: list[str]


class Entry(NamedTuple):
    """One date in a calendar; its times are in UTC, as iCalendar writes them."""

    start: str
    end: str
    title: str
    location: str


class Thunderbird:
    """A running Thunderbird of one person, with one mailbox and one calendar."""

    def __init__(self, profile: Path) -> None:
        self.remote = Marionette(profile)
        self.remote.run((FOLDER / "thunderbird.js").read_text())

    def receive(self, count: int) -> None:
        """Press *Get Messages* and wait until the inbox holds as many."""
        self._call("receive", count)

    def open_newest(self) -> Bar:
        """Open the mail that came last; return the bar above it."""
        return Bar(*self._call("openNewest"))

    def press(self, label: str) -> None:
        """Press a button of the bar; return when the calendar has changed.

        Raises DialogOpened when it asks something first.
        """
        self._call("press", label)

    def press_as_oneself(self, label: str) -> None:
        """Press a button where Thunderbird then asks in whose name, and take the one it offers."""
        self._call("pressAndAgree", label)

    def agree(self) -> None:
        """Press *OK* in the dialog; return when the calendar has changed."""
        self.remote.agree()
        self._call("waitForChange")

    def answer_date(self, start: str, partstat: str) -> None:
        """Answer one date of a series in the calendar, by the menu *Attendance*."""
        self._call("answerDate", start, partstat)

    def calendar(self) -> list[Entry]:
        """Return every date of the year, in order."""
        return sorted(Entry(*entry) for entry in self._call("entries", *SPAN))

    def answers(self) -> list[str]:
        """Return the guest's own answer to every date of the year, in order."""
        return list(self._call("answers", *SPAN))

    def _call(self, name: str, *arguments: Any) -> Any:
        return self.remote.run(f"return await convoca.{name}(...args);", *arguments)


@contextmanager
def started(folder: Path, address: str, pop_port: int, smtp_port: int) -> Iterator[Path]:
    """Start with a new profile, which is given; the program ends with the block."""
    profile = folder / "profile"
    profile.mkdir(parents=True)
    ports = {"mail.server.server1.port": pop_port, "mail.smtpserver.smtp1.port": smtp_port}
    preferences = ACCOUNT | CALENDAR | QUIET | ports | {"mail.identity.id1.useremail": address}
    lines = (
        f"user_pref({json.dumps(name)}, {json.dumps(preferences[name])});" for name in preferences
    )
    (profile / "user.js").write_text("\n".join(lines))
    with (folder / "thunderbird.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *("thunderbird", "--headless", "--no-remote", "--profile", str(profile)),
                *("--marionette", "--remote-allow-system-access"),
            ],
            env=os.environ | {"HOME": str(folder), "TZ": "Europe/Madrid", "LANG": "C.UTF-8"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield profile
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
