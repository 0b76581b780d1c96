"""The cast: Alice hosts, Bob is her teammate, Mallory is of another team and sees nothing;
Gwen and Gus are guests."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone, translation

from convoca.accounts import addresses
from convoca.accounts.models import Membership, Role, Team, User
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from convoca.worker.catalogues.compiling import compile_all
from tests.support import emitted

pytest_plugins = [
    "tests.support.pace",
    "tests.support.browser",
    "tests.support.examples",
    "tests.support.imap",
    "tests.support.letters",
    "tests.support.smtp",
]


def pytest_configure(config: pytest.Config) -> None:
    """Compile the message catalogues, which git does not hold."""
    emitted.collect(config)
    compile_all(Path(__file__).parent.parent / "convoca")


@pytest.fixture(autouse=True)
def _words_and_clock_of_nobody() -> None:
    """Begin each test in the language and time zone of the settings, whatever the last one set."""
    translation.deactivate()
    timezone.deactivate()


def join(team: Team, email: str, name: str, role: str, **fields: str) -> Membership:
    user = User.objects.create_user(
        email, "correct horse battery", name=name, timezone="Europe/Madrid", **fields
    )
    addresses.confirm(user)
    return Membership.objects.create(team=team, user=user, role=role)


@pytest.fixture
def team(db: None) -> Team:
    """Alice's team, whose mails leave at once; tests of the grace give it one."""
    return Team.objects.create(
        name="Acme", language="en", timezone="Europe/Madrid", grace_seconds=0
    )


@pytest.fixture
def alice(team: Team) -> Membership:
    return join(team, "alice@acme.example", "Alice Álvarez", Role.OWNER)


@pytest.fixture
def bob(team: Team) -> Membership:
    return join(team, "bob@acme.example", "Bob Baker", Role.MEMBER)


@pytest.fixture
def mallory(db: None) -> Membership:
    other = Team.objects.create(name="Evil", language="en", timezone="Europe/Madrid")
    return join(other, "mallory@evil.example", "Mallory", Role.OWNER)


@pytest.fixture
def gwen(team: Team) -> Guest:
    return Guest.objects.create(
        team=team,
        email="gwen@guest.example",
        email_key="gwen@guest.example",
        first_name="Gwen",
        last_name="López",
        language="es",
        timezone="Europe/Madrid",
    )


@pytest.fixture
def gus(team: Team) -> Guest:
    return Guest.objects.create(
        team=team,
        email="gus@guest.example",
        email_key="gus@guest.example",
        first_name="Gus",
        last_name="Gray",
        language="en",
        timezone="America/New_York",
    )


@pytest.fixture
def sender(alice: Membership) -> Sender:
    """Alice's own address, confirmed."""
    return Sender.objects.create(
        team=alice.team,
        owner=alice,
        name="Alice Álvarez",
        email=alice.email,
        email_key=alice.email,
        confirmed_at=timezone.now(),
    )
