"""The stage of the stories: a fixed Friday, a real mail server, both doors, and the guests."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.test import Client

from convoca.accounts.models import Membership
from convoca.mail import senders
from convoca.mail.models import Sender
from convoca.worker import post
from tests.stories.doors import Api, Door, Pages
from tests.stories.reader import Reader
from tests.support.smtp import Mail, SmtpServer

NOW = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)  # the events take place on Tuesday the 24th
LINK = re.compile(r'href="(http://testserver/r/[^/"]+/(?:\?[^"]*)?)"')

Deliver = Callable[[], list[Mail]]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _committed(transactional_db: None) -> None:
    """Stories commit, as life does."""


@pytest.fixture
def deliver(smtp: SmtpServer) -> Deliver:
    """Let the worker do what is due; return the mails that arrived by it."""

    def run() -> list[Mail]:
        known = len(smtp.mails)
        post.send_due()
        return smtp.mails[known:]

    return run


@pytest.fixture
def chosen_sender(alice: Membership, sender: Sender) -> Sender:
    """Alice has answered long ago from which address her invitations go."""
    return senders.choose(alice, sender)


@pytest.fixture
def pages(alice: Membership) -> Pages:
    return Pages(alice)


@pytest.fixture
def api(alice: Membership) -> Api:
    return Api(alice)


@pytest.fixture(params=["pages", "api"])
def door(request: pytest.FixtureRequest, chosen_sender: Sender) -> Door:
    """Alice at the browser, then her program: the story must be the same."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def guest_opens() -> Callable[[Mail], Reader]:
    """Open the page behind a mail's button, as the guest does on a phone without an account."""

    def open_link(mail: Mail, language: str = "en") -> Reader:
        return Reader(Client(), language).open(links(mail)[0])

    return open_link


def links(mail: Mail) -> list[str]:
    """Return the guest's links in the mail, in order."""
    return [url.replace("&amp;", "&") for url in LINK.findall(mail.html)]
