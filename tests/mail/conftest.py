"""What the tests of the post office share: mails to send, and rows that want them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import pytest

from convoca.mail import outbox
from convoca.mail.models import Delivery, Sender
from convoca.mail.transit import Outcome, Outgoing
from convoca.mail.transport import smtp as door
from convoca.mail.transport.line import Unusable
from convoca.mail.transport.servers import Server
from tests.support.smtp import SmtpServer

NOW = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)

Want = Callable[..., dict[str, int]]


@pytest.fixture
def want(sender: Sender) -> Want:
    """Ask that g0@guest.example, g1@... hold a version."""

    def ask(count: int = 1, *, version: int = 1) -> dict[str, int]:
        addresses = {f"event:{number}": f"g{number}@guest.example" for number in range(count)}
        return outbox.want(addresses, team=sender.team, sender=sender, version=version)

    return ask


def outgoing(number: int, *, recipient: str = "", content: bytes = b"") -> Outgoing:
    return Outgoing(
        delivery_id=number,
        version=1,
        envelope_from="alice@acme.example",
        recipient=recipient or f"g{number}@guest.example",
        content=content or f"Subject: {number}\r\n\r\nHello {number}\r\n".encode(),
        message_id=f"<{number}@acme.example>",
    )


def sent_through(
    server: Server, mails: Sequence[Outgoing], hand: Callable[[int], None] = lambda _: None
) -> list[Outcome]:
    """Send; what is left when the server cannot be used is shown as DELAYED."""
    outcomes: list[Outcome] = []
    try:
        for outcome in door.send(server, mails, hand):
            outcomes.append(outcome)
    except Unusable as cause:
        tried = {one.delivery_id for one in outcomes}
        outcomes += [_left(mail, cause) for mail in mails if mail.delivery_id not in tried]
    return outcomes


def _left(mail: Outgoing, cause: Unusable) -> Outcome:
    return Outcome(
        delivery_id=mail.delivery_id,
        version=mail.version,
        status=Delivery.Status.DELAYED,
        at=dt.datetime.now(dt.UTC),
        code=cause.code,
        reason=cause.reason,
        response=cause.text,
    )


def server_at(smtp: SmtpServer, **changes: object) -> Server:
    fields: dict[str, object] = {
        "host": smtp.host,
        "port": smtp.port,
        "security": smtp.security,
        "username": smtp.username,
        "password": smtp.password,
        "is_system": True,
    }
    return Server(**(fields | changes))  # type: ignore[arg-type]


def states(*fields: str) -> list[tuple[object, ...]]:
    """Return these columns of all deliveries, by key."""
    return list(Delivery.objects.order_by("key").values_list(*fields))
