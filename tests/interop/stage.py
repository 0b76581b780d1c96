"""Alice's Convoca, Gwen's Thunderbird, and the post between them, which waits until it is told."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tests.interop.host import GWEN, Host
from tests.interop.postbox import Postbox
from tests.interop.thunderbird import Bar, Thunderbird
from tests.support.smtp import SmtpServer

Found = TypeVar("Found")


@dataclass
class Stage:
    """`sent` is what Convoca sent, `answered` what Thunderbird sent; both only go on by hand."""

    host: Host
    guest: Thunderbird
    sent: SmtpServer
    answered: SmtpServer
    postbox: Postbox
    lmtp_port: int
    replies: int = 0

    def bring_mail(self, address: str = GWEN) -> Bar:
        """Bring Gwen her next mail; return the bar that Thunderbird shows above it."""
        known = len(self.postbox.mails)
        eventually(lambda: len(self.sent.to(address)) > known, True)
        self.postbox.mails.append(self.sent.to(address)[known].data)
        self.guest.receive(known + 1)
        return self.guest.open_newest()

    def bring_reply(self) -> None:
        """Bring Gwen's next mail to Convoca's door, and wait until it has been read."""
        mail = self.answered.wait_for(self.replies + 1)[self.replies]
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as door:
            door.sendmail(mail.sender, mail.recipients, mail.data)
        self.replies += 1
        read = "SELECT count(*) FROM mail_inboundmessage WHERE status = 'DONE'"
        eventually(lambda: self.host.there.query(read), [(self.replies,)])

    def assert_equal_calendars(self) -> None:
        """Wait until Thunderbird's calendar is the host's; fail with the difference."""
        eventually(self.guest.calendar, self.host.calendar())


def eventually(look: Callable[[], Found], expected: Found, seconds: float = 20.0) -> None:
    """Look until it is as expected; fail with the difference."""
    end = time.monotonic() + seconds
    while (found := look()) != expected and time.monotonic() < end:
        time.sleep(0.05)
    assert found == expected, f"{found}\nis not\n{expected}"
