"""The web server as a process: pages, health, the live bell, and how it stops."""

from __future__ import annotations

import json
import queue
import signal
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from tests.support.installation import Installation, installed
from tests.support.patience import PATIENCE, wait_until

SIGN_IN = """
from django.test import Client
from convoca.accounts.membership import create_team
from convoca.accounts.models import Membership
create_team("Evil", email="mallory@evil.example", owner_name="", password=None,
            plan="FREE", language="en", timezone="UTC", is_confirmed=True)
for email in ("alice@acme.example", "mallory@evil.example"):
    client = Client()
    client.force_login(Membership.objects.get(user__email=email).user)
    print(client.cookies["sessionid"].value)
"""

RING = """
from convoca.accounts.models import Membership
from convoca.notifications import notify
from convoca.notifications.models import Notification
for email, key in [one.split("=") for one in sys.argv[1:]]:
    member = Membership.objects.get(user__email=email)
    facts = {"by": "Bob", "title": key, "start": "2026-11-24T10:00:00", "timezone": "UTC",
             "all_day": False}
    notify.tell(member, Notification.Kind.INVITED, None, facts, key)
"""


class Page:
    """An open page that listens to its bell, as a browser's EventSource does."""

    def __init__(self, url: str, session: str, heard: int = 0):
        headers = {"Cookie": f"sessionid={session}"}
        if heard:
            headers["Last-Event-ID"] = str(heard)
        request = urllib.request.Request(f"{url}/bell/stream/", headers=headers)
        self.answer = urllib.request.urlopen(request, timeout=PATIENCE)
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.is_ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        for raw in self.answer:
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "event" in fields:
                number = {"id": int(fields["id"])}
                self.events.put(number | {"event": fields["event"]} | json.loads(fields["data"]))
                fields = {}
        self.is_ended.set()

    def next(self) -> dict[str, Any]:
        return self.events.get(timeout=PATIENCE)


@pytest.fixture(scope="module")
def there(tmp_path_factory) -> Iterator[Installation]:
    folder: Path = tmp_path_factory.mktemp("web")
    with installed(folder, "smtp://127.0.0.1:9") as installation:
        yield installation


@pytest.fixture(scope="module")
def url(there: Installation) -> str:
    return there.start_web("serve")[1]


@pytest.fixture(scope="module")
def sessions(there: Installation) -> list[str]:
    """Alice's and Mallory's session keys."""
    return there.python(SIGN_IN).split()


def status_of(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


def test_pages_are_served(url: str):
    with urllib.request.urlopen(f"{url}/accounts/login/") as answer:
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "server" not in {name.lower() for name in answer.headers}


def test_health_is_told_to_anybody_and_needs_no_host_name(url: str):
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}/healthz", headers={"Host": "10.0.0.7"})
    ) as answer:
        assert (answer.status, answer.read()) == (200, b"ok\n")


def test_the_bell_is_for_those_who_are_signed_in(url: str):
    assert status_of(f"{url}/bell/stream/") == 401
    assert status_of(f"{url}/bell/stream/", Cookie="sessionid=guessed") == 401
    assert status_of(f"{url}/bell/stream/", Cookie="sessionid=; =,;") == 401


def test_the_bell_only_tells(url: str, sessions: list[str]):
    request = urllib.request.Request(
        f"{url}/bell/stream/", data=b"x", headers={"Cookie": f"sessionid={sessions[0]}"}
    )
    with pytest.raises(HTTPError, match="405"):
        urllib.request.urlopen(request)


def test_news_reach_open_pages_at_once_and_nobody_else(
    there: Installation, url: str, sessions: list[str]
):
    alice, mallory = Page(url, sessions[0]), Page(url, sessions[1])
    assert alice.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert alice.answer.headers["Cache-Control"] == "no-store"
    assert mallory.next()["unread"] == 0
    before = alice.next()["unread"]
    there.python(RING, "alice@acme.example=Standup")
    told = alice.next()
    assert (told["event"], told["unread"]) == ("bell", before + 1)
    assert told["text"] == "Bob invites you to “Standup”, Tue 24 Nov 2026, 10:00 (UTC)"
    assert mallory.events.empty()

    again = Page(url, sessions[0], heard=told["id"])
    assert again.next() == {"event": "bell", "id": told["id"], "unread": before + 1}
    there.python(RING, "alice@acme.example=Review")
    newest = again.next()
    assert newest["unread"] == before + 2
    missed = Page(url, sessions[0], heard=told["id"])
    assert missed.next()["text"].startswith("Bob invites you to “Review”")


def test_a_member_cannot_hold_too_many_pages(url: str, sessions: list[str]):
    pages = open_until_refused(url, sessions[1])
    assert 0 < len(pages) <= 8
    for page in pages:
        close(page)
    wait_until(lambda: status_is_200(url, sessions[1]))


def open_until_refused(url: str, session: str) -> list[Page]:
    pages: list[Page] = []
    with pytest.raises(HTTPError, match="429"):
        pages.extend(Page(url, session) for _ in range(20))
    return pages


def close(page: Page) -> None:
    """Close the connection under the reader, as a closed tab does."""
    page.answer.fp.raw._sock.shutdown(socket.SHUT_RDWR)


def status_is_200(url: str, session: str) -> bool:
    try:
        close(Page(url, session))
    except HTTPError:
        return False
    return True


@pytest.mark.parametrize("command", ["web", "serve"])
def test_a_stop_ends_the_bells_before_it_waits_for_anybody(
    there: Installation, sessions: list[str], command: str
):
    process, url = there.start_web(command)
    page = Page(url, sessions[0])
    page.next()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0, there.log(command)
    assert page.is_ended.wait(PATIENCE)
    assert "graceful shutdown exceeded" not in there.log(command), "somebody had to be cut off"


def test_a_taken_port_is_an_error_in_words(there: Installation, url: str):
    port = str(urlsplit(url).port)
    done = there.run("web", "--port", port, check=False)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1, port {port}: Address already in use" in done.stderr
