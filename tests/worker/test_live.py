"""The live bell inside: nothing is missed and nothing comes twice, who signed out hears no more."""

import asyncio

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from convoca.accounts.models import Membership
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import event_facts
from convoca.web.live import listening, streams
from convoca.web.live.streams import BellStreams, Horizon, Pace, Stream
from tests.builders import an_event
from tests.support import running
from tests.support.patience import PATIENCE

Kind = Notification.Kind


def cookies_of(member: Membership) -> str:
    client = Client()
    client.force_login(member.user)
    return f"other=1; sessionid={client.cookies['sessionid'].value}"


def test_a_row_that_is_committed_late_is_still_told():
    horizon = Horizon(newest=10, now=0)
    assert horizon.pass_over([12], now=1) == {12}
    assert horizon.start == 10, "11 may still come"
    assert horizon.pass_over([11, 12], now=2) == {11}
    assert horizon.pass_over([11, 12], now=9) == set()


def test_the_horizon_moves_on():
    horizon = Horizon(newest=10, now=0)
    horizon.pass_over([11], now=1)
    horizon.pass_over([11, 12], now=5)
    assert horizon.pass_over([11, 12], now=12) == set()
    assert horizon.start == 11
    horizon.pass_over([], now=16)
    assert horizon.start == 12
    assert horizon.pass_over([13], now=17) == {13}


def test_a_bell_rings_at_once_and_then_once_in_a_while_for_all_that_came():
    pace = Pace()
    assert pace.take({1: 7, 2: 8}, now=0) == {7: {1}, 8: {2}}
    assert pace.take({3: 7}, now=1) == {}
    assert pace.take({4: 7, 5: 9}, now=2) == {9: {5}}
    assert pace.take({}, now=3) == {7: {3, 4}}
    assert pace.take({6: 8}, now=4) == {8: {6}}
    assert pace.take({}, now=60) == {}


def test_one_thing_is_told_in_words_and_many_by_their_number(alice: Membership, bob: Membership):
    event = an_event(alice, start="2035-11-27 10:00")
    told = [
        notify.tell(member, Kind.INVITED, event, event_facts(event) | {"by": "Bob"}, f"{number}")
        for number, member in enumerate([alice, bob, alice])
    ]
    one, two, three = [row.pk for row in told]
    single, many = sorted(
        listening.rings({alice.pk: {one, three}, bob.pk: {two}}), key=lambda ring: ring.unread
    )
    assert single.text.startswith("Bob invites you to")
    assert many == listening.Ring(alice.pk, three, 2, "")


def test_cookies_name_their_member(alice: Membership, mallory: Membership):
    assert listening.member_of(cookies_of(alice)) == alice.pk
    assert listening.member_of(cookies_of(mallory)) == mallory.pk


@pytest.mark.parametrize("cookies", ["", "sessionid=", "sessionid=unknown", "sessionid=a b;;="])
def test_other_cookies_name_nobody(db: None, cookies: str):
    assert listening.member_of(cookies) is None


def test_who_signed_out_changed_the_password_or_left_is_not_signed_in(alice: Membership):
    out, changed, gone = cookies_of(alice), cookies_of(alice), cookies_of(alice)
    SessionStore(out.rpartition("=")[2]).delete()
    assert listening.still_signed_in([(alice.pk, out), (alice.pk, changed)]) == {
        (alice.pk, changed)
    }
    alice.user.set_password("another good password")
    alice.user.save()
    assert listening.member_of(changed) is None
    alice.left_at = "2026-01-01T00:00Z"
    alice.save()
    assert listening.member_of(gone) is None


def test_somebody_elses_session_does_not_keep_a_stream(alice: Membership, bob: Membership):
    cookies = cookies_of(bob)
    assert listening.still_signed_in([(alice.pk, cookies)]) == set()
    assert SESSION_KEY in SessionStore(cookies.rpartition("=")[2]).load()


@pytest.mark.django_db(transaction=True)
def test_a_stream_ends_when_its_member_signs_out(alice: Membership, monkeypatch):
    monkeypatch.setattr(streams, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(streams, "RECHECK_SECONDS", 0.05)
    cookies = cookies_of(alice)

    async def run() -> list[dict]:
        sent: list[dict] = []
        gone = asyncio.Event()

        async def receive() -> dict:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict) -> None:
            sent.append(message)

        scope = {"method": "GET", "headers": [(b"cookie", cookies.encode())]}
        serving = asyncio.create_task(BellStreams()(scope, receive, send))
        while not (sent or serving.done()):
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        assert not serving.done()
        await asyncio.to_thread(sign_out, cookies)
        await asyncio.wait_for(serving, PATIENCE)
        return sent

    sent = running.run(run())
    assert sent[0]["status"] == 200
    assert sent[-1] == {"type": "http.response.body", "body": b""}


def sign_out(cookies: str) -> None:
    from django.db import connection

    SessionStore(cookies.rpartition("=")[2]).delete()
    connection.close()


def test_a_page_that_does_not_read_is_told_only_the_newest():
    async def run() -> list[int]:
        stream = Stream(1, "")
        for number in range(40):
            stream.put(listening.Ring(1, number, number, ""))
        return [ring.unread for ring in (stream.queue.get_nowait() for _ in range(16)) if ring]

    assert running.run(run()) == list(range(24, 40))
