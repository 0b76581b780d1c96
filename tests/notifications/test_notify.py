"""The bell: once a fact, for its member only, in words, grouped."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import event_facts, words
from tests.builders import an_event

Kind = Notification.Kind


@pytest.fixture
def event(alice: Membership) -> Event:
    return an_event(alice, start="2035-11-27 10:00")


def answer(event: Event, **facts: Any) -> dict[str, Any]:
    said = {"name": "Gwen López", "email": "gwen@guest.example", "partstat": "ACCEPTED"}
    return event_facts(event) | said | {"note": "", "is_applied": True} | facts


def test_a_fact_is_told_once(alice: Membership, bob: Membership, event: Event):
    told = notify.tell(alice, Kind.ANSWER, event, answer(event), "answer:1")
    assert told is not None
    assert notify.tell(alice, Kind.ANSWER, event, answer(event), "answer:1") is None
    assert notify.tell(bob, Kind.ANSWER, event, answer(event), "answer:1") is not None
    again = notify.tell_all([alice, bob, bob], Kind.ANSWER, event, answer(event), "answer:2")
    assert sorted(one.member.name for one in again) == ["Alice Álvarez", "Bob Baker"]


def test_reading_counts_down(alice: Membership, bob: Membership, event: Event):
    for number in range(3):
        notify.tell(alice, Kind.ANSWER, event, answer(event), f"answer:{number}")
    notify.tell(bob, Kind.ANSWER, event, answer(event), "answer:0")
    first = Notification.objects.filter(member=alice).last()
    bobs = Notification.objects.get(member=bob)
    assert notify.unread(alice) == 3
    assert notify.mark_read(alice, [first, bobs]) == 1
    assert notify.mark_read(alice) == 2
    assert (notify.unread(alice), notify.unread(bob)) == (0, 1)


def test_answers_to_one_event_are_read_together(alice: Membership, event: Event):
    other = an_event(alice, title="Other")
    for number, told in enumerate([event, event, other, event]):
        notify.tell(alice, Kind.ANSWER, told, answer(told), f"answer:{number}")
    notify.tell(alice, Kind.REMINDER, event, event_facts(event) | {"place": ""}, "reminder:1")
    groups = notify.page(alice)
    assert [(one.newest.kind, one.newest.event, len(one.all)) for one in groups] == [
        ("REMINDER", event, 1),
        ("ANSWER", event, 1),
        ("ANSWER", other, 1),
        ("ANSWER", event, 2),
    ]
    assert all(one.is_unread for one in groups)
    rest = notify.page(alice, before=groups[1].newest.pk)
    assert [one.newest.event for one in rest] == [other, event]
    assert len(notify.page(alice, limit=1)) == 1


def test_mallorys_bell_stays_silent(alice: Membership, mallory: Membership, event: Event):
    notify.tell(alice, Kind.ANSWER, event, answer(event), "answer:1")
    assert notify.page(mallory) == []
    assert notify.unread(mallory) == 0
    assert notify.mark_read(mallory, Notification.objects.all()) == 0


def test_the_live_bell_goes_on_from_an_id(alice: Membership, bob: Membership, event: Event):
    told = [
        notify.tell(alice, Kind.ANSWER, event, answer(event), f"answer:{number}")
        for number in range(3)
    ]
    bobs = notify.tell(bob, Kind.ANSWER, event, answer(event), "answer:3")
    after = [(row.pk, alice.pk) for row in reversed(told[1:])]
    assert notify.since(told[0].pk, [alice.pk]) == after
    assert notify.since(told[0].pk, [alice.pk, bob.pk]) == [(bobs.pk, bob.pk), *after]
    assert notify.since(0, [alice.pk], limit=1) == after[:1]


def test_old_news_are_forgotten(alice: Membership, event: Event):
    now = timezone.now()
    for number, (created, read) in enumerate([(10, None), (100, 95), (100, None), (400, None)]):
        notify.tell(alice, Kind.ANSWER, event, answer(event), f"answer:{number}")
        Notification.objects.filter(key=f"answer:{number}").update(
            created_at=now - dt.timedelta(days=created),
            read_at=read and now - dt.timedelta(days=read),
        )
    notify.forget_old(now)
    assert set(Notification.objects.values_list("key", flat=True)) == {"answer:0", "answer:2"}


EN = "“Contract review”, Tue 27 Nov 2035, 10:00 (Madrid)"
ES = "«Contract review», mar 27 nov 2035, 10:00 (Madrid)"
BY = {"by": "Alice", "changed": ["when", "location"], "is_removed": False}
GWEN = {"name": "Gwen López", "email": "gwen@guest.example", "response": "552 full"}
KINDS = [
    (
        Kind.ANSWER,
        {},
        (f"Gwen López accepted {EN}", ""),
        (f"Gwen López ha aceptado {ES}", ""),
    ),
    (
        Kind.ANSWER,
        {"partstat": "DECLINED", "note": "Ill"},
        (f"Gwen López declined {EN}", "Ill"),
        (f"Gwen López ha rechazado {ES}", "Ill"),
    ),
    (
        Kind.ANSWER,
        {"is_applied": False},
        (f"Gwen López answered for an earlier time of {EN}: accepted", ""),
        (f"Gwen López ha respondido a una hora anterior de {ES}: aceptada", ""),
    ),
    (Kind.INVITED, BY, (f"Alice invites you to {EN}", ""), (f"Alice te invita a {ES}", "")),
    (
        Kind.CHANGED,
        BY,
        (f"Alice changed {EN}", "Changed: time and place"),
        (f"Alice ha cambiado {ES}", "Cambios: hora y lugar"),
    ),
    (Kind.CANCELLED, BY, (f"Alice cancelled {EN}", ""), (f"Alice ha cancelado {ES}", "")),
    (
        Kind.CANCELLED,
        BY | {"is_removed": True},
        (f"Alice took you off the guest list of {EN}", ""),
        (f"Alice te ha quitado de la lista de {ES}", ""),
    ),
    (
        Kind.FAILED,
        {"reason": "FULL", "count": 1, "people": [GWEN]},
        (
            f"Gwen López (gwen@guest.example) cannot be reached about {EN}",
            "The mailbox is full.\n"
            "Tell them another way, and send again when there is room.\n"
            "The server said: 552 full",
        ),
        (f"No se pudo entregar a Gwen López (gwen@guest.example) el correo sobre {ES}", "552 full"),
    ),
    (
        Kind.FAILED,
        {"reason": "LATER", "count": 1, "people": [GWEN], "is_late": True},
        (
            f"Gwen López (gwen@guest.example) is not reached yet about {EN}",
            "The mail server asked to try again later.\n"
            "We go on trying by ourselves, for four days.\n"
            "The server said: 552 full",
        ),
        (f"A Gwen López (gwen@guest.example) aún no le llega el correo sobre {ES}", "552 full"),
    ),
    (
        Kind.FAILED,
        {"reason": "LOGIN", "count": 2, "people": [GWEN, GWEN], "is_late": True},
        (
            f"2 people are not reached yet about {EN}",
            "Gwen López and Gwen López\nThe outgoing mail server refused the login.\n"
            "Correct the login of the sender address; until then we go on trying.",
        ),
        (f"2 personas aún no reciben el correo sobre {ES}", "seguimos intentándolo"),
    ),
    (
        Kind.FAILED,
        {"reason": "FULL", "count": 7, "people": [GWEN, GWEN | {"name": "Gus"}]},
        (
            f"7 people cannot be reached about {EN}",
            "Gwen López, Gus and 5 more\nThe mailbox is full.\n"
            "Tell them another way, and send again when there is room.",
        ),
        (f"7 personas no reciben el correo sobre {ES}", "Gwen López, Gus y 5 más"),
    ),
    (
        Kind.REMINDER,
        {"place": "Room 4"},
        (f"Reminder: {EN}", "Room 4"),
        (f"Aviso: {ES}", "Room 4"),
    ),
]


@pytest.mark.parametrize(("kind", "facts", "english", "spanish"), KINDS)
def test_every_kind_has_its_words(
    alice: Membership,
    event: Event,
    kind: Kind,
    facts: dict[str, Any],
    english: tuple[str, str],
    spanish: tuple[str, str],
):
    told = notify.tell(alice, kind, event, answer(event, **facts), "key")
    with override("en"):
        said = words(told)
        assert (said.sentence, said.detail) == english
    with override("es"):
        said = words(told)
        assert said.sentence == spanish[0]
        assert spanish[1] in said.detail


def test_words_of_an_all_day_event(alice: Membership):
    event = an_event(alice, start="2035-11-27 00:00", end="2035-11-28 00:00", all_day=True)
    told = notify.tell(alice, Kind.REMINDER, event, event_facts(event) | {"place": ""}, "key")
    assert words(told).sentence == "Reminder: “Contract review”, Tue 27 Nov 2035"
