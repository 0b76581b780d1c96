"""Dates of a series through the API: read, changed and cancelled, one, the following or all."""

from __future__ import annotations

from typing import Any

import pytest

from convoca.guests.models import Guest
from convoca.mail.models import Sender
from tests.api.conftest import Program

FIRST, SECOND, THIRD = ("2096-11-06T13:00:00", "2096-11-13T13:00:00", "2096-11-20T13:00:00")


@pytest.fixture
def weekly(as_alice: Program, gwen: Guest, sender: Sender) -> str:
    """The address of four weekly lunches with Gwen."""
    typed = {
        "title": "Lunch",
        "start": FIRST,
        "recurrence": "FREQ=WEEKLY;COUNT=4",
        "attendees": [{"guest": str(gwen.public_id)}],
    }
    return f"/events/{as_alice.post('/events', typed).json['id']}"


def listed(program: Program) -> list[tuple[str, str, str]]:
    found = program.get("/events?from=2096-11-01&to=2096-12-31").json
    return [(one["recurrence_id"], one["start"], one["title"]) for one in found]


def picked(answer: Any, *names: str) -> list[Any]:
    assert answer.status == 200, answer.json
    return [answer.json[name] for name in names]


def test_one_date_is_changed_and_read(as_alice: Program, weekly: str):
    date = f"{weekly}?recurrence_id={SECOND}"
    change = {"title": "Dinner", "start": "2096-11-14T20:00", "end": "2096-11-14T22:00"}
    changed = as_alice.patch(f"{date}&scope=this", change)
    assert picked(changed, "title", "start", "recurrence_id", "recurrence") == [
        "Dinner",
        "2096-11-14T20:00:00",
        SECOND,
        "FREQ=WEEKLY;COUNT=4",
    ]
    assert weekly.endswith(changed.json["id"])
    assert as_alice.get(date).json == changed.json
    assert listed(as_alice)[:3] == [
        (FIRST, FIRST, "Lunch"),
        (SECOND, "2096-11-14T20:00:00", "Dinner"),
        (THIRD, THIRD, "Lunch"),
    ]
    third = as_alice.get(f"{weekly}?recurrence_id={THIRD}")
    assert picked(third, "start", "recurrence_id", "title") == [THIRD, THIRD, "Lunch"]


def test_a_named_date_without_scope_is_meant_alone(as_alice: Program, weekly: str):
    as_alice.patch(f"{weekly}?recurrence_id={SECOND}", {"title": "Dinner"})
    assert picked(as_alice.get(weekly), "title", "recurrence_id") == ["Lunch", None]


def test_a_date_has_attendees_of_its_own(as_alice: Program, weekly: str, gus: Guest):
    date = f"recurrence_id={SECOND}"
    seen = as_alice.get(f"{weekly}?{date}").json["attendees"]
    people = [*seen, {"guest": str(gus.public_id)}]
    changed = as_alice.patch(f"{weekly}?{date}", {"attendees": people})
    assert changed.status == 200
    names = [one["name"] for one in as_alice.get(f"{weekly}/attendees?{date}").json]
    assert names == ["Gwen López", "Gus Gray"]
    lines = as_alice.get(f"{weekly}/attendees").json
    assert [(one["name"], one["whole"]) for one in lines] == [
        ("Gwen López", True),
        ("Gus Gray", False),
    ]


def test_this_and_the_following_become_an_event(as_alice: Program, weekly: str):
    old = as_alice.get(weekly).json
    changed = as_alice.patch(f"{weekly}?recurrence_id={THIRD}&scope=following", {"title": "Dinner"})
    assert picked(changed, "title", "start", "recurrence", "continues", "recurrence_id") == [
        "Dinner",
        THIRD,
        "FREQ=WEEKLY;COUNT=2",
        old["uid"],
        None,
    ]
    assert changed.json["id"] != old["id"]
    assert as_alice.get(weekly).json["recurrence"] == "FREQ=WEEKLY;UNTIL=20961113T225959Z"
    assert [title for _id, _start, title in listed(as_alice)] == [
        *("Lunch", "Lunch"),
        *("Dinner", "Dinner"),
    ]


def test_all_is_told_by_one_date(as_alice: Program, weekly: str):
    change = {"start": "2096-11-13T15:00", "end": "2096-11-13T16:00"}
    changed = as_alice.patch(f"{weekly}?recurrence_id={SECOND}&scope=all", change)
    assert picked(changed, "start", "recurrence") == ["2096-11-06T15:00:00", "FREQ=WEEKLY;COUNT=4"]


def test_dates_are_cancelled(as_alice: Program, weekly: str):
    one = as_alice.delete(f"{weekly}?recurrence_id={SECOND}&scope=this")
    assert picked(one, "status", "recurrence") == ["CONFIRMED", "FREQ=WEEKLY;COUNT=4"]
    assert as_alice.get(f"{weekly}?recurrence_id={SECOND}").kind == "not-found"
    as_alice.delete(f"{weekly}?recurrence_id={THIRD}&scope=following")
    assert [start for _id, start, _title in listed(as_alice)] == [FIRST]
    rest = as_alice.delete(f"{weekly}?recurrence_id={FIRST}&scope=following")
    assert picked(rest, "status") == ["CANCELLED"]


def test_an_all_day_series_names_its_dates_by_day(as_alice: Program):
    typed = {"title": "Fair", "start": "2096-11-06", "recurrence": "FREQ=DAILY;COUNT=3"}
    place = f"/events/{as_alice.post('/events', typed).json['id']}?recurrence_id=2096-11-07"
    hours = {"start": "2096-11-07T10:00", "end": "2096-11-07T12:00", "all_day": False}
    changed = as_alice.patch(place, hours)
    assert picked(changed, "recurrence_id", "start") == ["2096-11-07", "2096-11-07T10:00:00"]
    assert as_alice.get(place).json["recurrence_id"] == "2096-11-07"
    assert [name for name, _start, _title in listed(as_alice)] == [
        *("2096-11-06", "2096-11-07", "2096-11-08")
    ]


@pytest.mark.parametrize(
    ("query", "status", "fields"),
    [
        (f"recurrence_id={SECOND.replace('13:00', '14:00')}", 422, ["recurrence_id"]),
        ("recurrence_id=soon", 422, ["recurrence_id"]),
        ("recurrence_id=9999-12-31T23:59", 422, ["recurrence_id"]),
        ("recurrence_id=2096-11-13T13:00%2B01:00", 422, ["recurrence_id"]),
        ("scope=this", 422, ["recurrence_id"]),
        ("scope=some", 422, ["scope"]),
    ],
)
def test_what_names_no_date_is_refused(
    as_alice: Program, weekly: str, query: str, status: int, fields: list[str]
):
    for answer in (as_alice.patch(f"{weekly}?{query}", {}), as_alice.delete(f"{weekly}?{query}")):
        assert (answer.status, answer.fields) == (status, fields)


def test_refusals_are_in_the_users_language(as_alice: Program, weekly: str, alice: Any):
    alice.user.language = "es"
    alice.user.save()
    answer = as_alice.patch(f"{weekly}?recurrence_id={SECOND}", {"recurrence": "FREQ=DAILY"})
    assert answer.json["errors"] == [
        {
            "field": "recurrence",
            "message": "Una sola fecha no puede repetirse por su cuenta. "
            "Cambia también las siguientes, o todas.",
        }
    ]


def test_mallory_finds_no_date(as_mallory: Program, as_bob: Program, weekly: str):
    date = f"{weekly}?recurrence_id={SECOND}"
    for method in ("GET", "PATCH", "DELETE"):
        body = {"title": "Mine"} if method == "PATCH" else None
        assert as_mallory(method, f"{date}&scope=this", body).kind == "not-found"
    assert as_mallory.get(f"{weekly}/attendees?recurrence_id={SECOND}").kind == "not-found"
    assert as_bob.get(date).status == 200
    assert as_bob.patch(date, {"title": "Mine"}).kind == "forbidden"
    assert as_bob.delete(f"{date}&scope=following").kind == "forbidden"


def test_the_document_tells_of_scopes(stranger: Program):
    paths = stranger.get("/openapi.json").json["paths"]
    asked = paths["/api/v1/events/{event_id}"]["patch"]["parameters"]
    assert [one["name"] for one in asked] == ["event_id", "recurrence_id", "scope"]
