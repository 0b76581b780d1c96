"""What is typed to do harm is refused, or kept as harmless text; never a fault of ours."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from tests.api.conftest import Program
from tests.invitations.post import deliver
from tests.support.examples import examples

START = {"title": "T", "start": "2096-11-26T10:00"}


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Lunch\r\nBcc: everyone@guest.example", "Lunch Bcc: everyone@guest.example"),
        ("nul\x00l", "nul l"),
        ("\u202egnp.exe", "gnp.exe"),
        ("BEGIN:VEVENT\nEND:VCALENDAR", "BEGIN:VEVENT END:VCALENDAR"),
    ],
)
def test_titles_are_one_line_of_plain_text(as_alice: Program, title: str, kept: str):
    answer = as_alice.post("/events", START | {"title": title, "location": title})
    assert (answer.json["title"], answer.json["location"]) == (kept, kept)


def test_descriptions_lose_what_could_run(as_alice: Program):
    typed = '<p onclick="x()">Hi</p><script>x()</script><a href="javascript:x()">y</a>'
    answer = as_alice.post("/events", START | {"description": typed})
    assert answer.json["description"] == '<p>Hi</p><a rel="noopener noreferrer nofollow">y</a>'


def test_personal_words_are_plain_lines(as_alice: Program, sender: Sender):
    guest = {"email": "eve@guest.example"}
    typed = START | {"attendees": [guest], "message": "Hi\r\nthere\x00 <b>"}
    assert as_alice.post("/events", typed).status == 201
    assert Event.objects.get().versions.get().message == "Hi\nthere <b>"


def test_half_characters_are_refused(as_alice: Program):
    answer = as_alice.post("/events", '{"title": "\\ud800", "start": "2096-11-26T10:00"}')
    assert (answer.status, answer.fields) == (422, ["title"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", None),
        ("title", ["x"]),
        ("title", {"a": 1}),
        ("title", 10**30),
        ("start", 1e300),
        ("start", "2096-02-30"),
        ("start", "99999-01-01T00:00"),
        ("start", "0000-00-00"),
        ("start", None),
        ("end", True),
        ("timezone", "../../etc/passwd"),
        ("timezone", "Europe/Madrid\x00"),
        ("all_day", "perhaps"),
        ("recurrence", "FREQ=SECONDLY;COUNT=1000000"),
        ("recurrence", "X" * 100_000),
        ("reminders", [10**40]),
        ("reminders", [1.5]),
        ("reminders", list(range(101))),
        ("sender", "x"),
        ("files", ["x"] * 2),
        ("files", "x"),
        ("attendees", {"email": "x@guest.example"}),
        ("attendees", [{}]),
        ("attendees", [None]),
        ("attendees", [{"guest": "' OR 1=1 --"}]),
        ("attendees", [{"email": "x@guest.example\r\nBcc: y@guest.example"}]),
        ("attendees", [{"email": ["x@guest.example"]}]),
        ("message", "x" * 5_001),
        ("surprise", 1),
    ],
)
def test_wrong_values_are_named(as_alice: Program, field: str, value: Any):
    answer = as_alice.post("/events", START | {field: value})
    assert answer.status == 422
    assert {name.split(".")[0] for name in answer.fields} == {field}
    assert not Event.objects.exists()


def test_hostile_names_stay_in_their_header(as_alice: Program, sender: Sender):
    guest = {
        "email": "eve@guest.example",
        "first_name": "Eve\r\nBcc: all@guest.example",
        "last_name": '"; <b>\x00',
    }
    assert as_alice.post("/events", START | {"attendees": [guest]}).status == 201
    assert Guest.objects.get().name == 'Eve Bcc: all@guest.example "; <b>'
    (mail,) = deliver().values()
    assert (mail["To"].addresses[0].addr_spec, mail["Bcc"]) == ("eve@guest.example", None)


def test_ten_thousand_attendees_are_saved(as_alice: Program, sender: Sender):
    people = [{"email": f"g{number}@guest.example"} for number in range(10_000)]
    answer = as_alice.post("/events", START | {"attendees": people})
    assert answer.status == 201
    place = f"/events/{answer.json['id']}/attendees"
    assert len(as_alice.get(f"{place}?limit=5000&offset=5000").json) == 5_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["title", "start", "end", "timezone", "recurrence", "attendees", "files", "sender", "all_day"]
)


@given(st.dictionaries(FIELDS, JSON, max_size=6))
@settings(max_examples=examples(80))
def test_no_json_is_a_fault_of_ours(as_alice: Program, typed: dict[str, Any]):
    for answer in (
        as_alice.post("/events", json.dumps(typed)),
        as_alice.post("/events", json.dumps(START | typed)),
        as_alice.post("/guests", json.dumps(typed)),
        as_alice.patch("/settings", json.dumps(typed)),
    ):
        assert answer.status in {200, 201, 422}


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_query_is_a_fault_of_ours(as_alice: Program, word: str, moment: str):
    query = quote(word.encode("utf-8", "replace"))
    assert as_alice.get(f"/guests?q={query}").status == 200
    place = f"/events?q={query}&from={quote(moment.encode('utf-8', 'replace'))}"
    assert as_alice.get(place).status in {200, 422}
