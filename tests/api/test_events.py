"""Events through the API: the contract's fields, one by one."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress

from convoca.accounts import addresses
from convoca.accounts.models import Membership
from convoca.calendars.models import Event, Room
from convoca.guests.models import Guest
from convoca.mail.models import Delivery, Sender
from tests.api.conftest import Program
from tests.invitations.post import deliver


def lunch(**fields: Any) -> dict[str, Any]:
    """Return an event that is still to come, whenever this test is run."""
    return {"title": "Lunch", "start": "2096-11-26T13:00", "end": "2096-11-26T14:00"} | fields


@pytest.fixture
def room(alice: Membership) -> Room:
    return Room.objects.create(team=alice.team, name="Sala Goya")


def test_an_event_with_everything(
    bob: Membership, as_alice: Program, gwen: Guest, sender: Sender, room: Room
):
    file = as_alice.upload("plan.txt", b"plan").json
    ana = {"email": "ana@guest.example", "first_name": "Ana", "last_name": "Ruiz"}
    typed = lunch(
        timezone="America/New_York",
        recurrence="FREQ=WEEKLY;COUNT=3",
        location="Calle Mayor 1",
        description="<p>Bring<br>papers</p>",
        sender=str(sender.public_id),
        notify_answers=False,
        hide_guests=True,
        reminders=[10],
    )
    people = [
        {"guest": str(gwen.public_id)},
        {"member": str(bob.public_id)},
        {"room": str(room.public_id)},
    ]
    lists = {"files": [file["id"]], "attendees": [ana, *people], "message": "See you"}
    answer = as_alice.post("/events", typed | lists)
    assert answer.status == 201
    seen = answer.json
    assert {name: seen[name] for name in typed} == typed | {
        "start": "2096-11-26T13:00:00",
        "end": "2096-11-26T14:00:00",
    }
    assert seen["files"] == [file]
    assert [(one["kind"], one["name"], one["email"]) for one in seen["attendees"]] == [
        ("guest", "Ana Ruiz", "ana@guest.example"),
        ("guest", "Gwen López", "gwen@guest.example"),
        ("member", "Bob Baker", "bob@acme.example"),
        ("room", "Sala Goya", ""),
    ]
    assert as_alice.get(f"/events/{seen['id']}").json == seen
    assert set(deliver()) == {"ana@guest.example", "gwen@guest.example", "bob@acme.example"}


def test_an_event_says_what_it_is(
    alice: Membership, as_alice: Program, gwen: Guest, sender: Sender
):
    seen = as_alice.post("/events", lunch(attendees=[{"guest": str(gwen.public_id)}])).json
    assert seen["attendees"] == [
        {
            "email": "gwen@guest.example",
            "name": "Gwen López",
            "kind": "guest",
            "partstat": "NEEDS-ACTION",
            "guest": str(gwen.public_id),
            "member": None,
            "room": None,
            "attendee": None,
        }
    ]
    assert seen["host"] == {
        "id": str(alice.public_id),
        "name": "Alice Álvarez",
        "email": "alice@acme.example",
        "role": "owner",
    }
    event = Event.objects.get()
    assert (seen["id"], seen["uid"]) == (str(event.public_id), event.uid)
    assert (seen["status"], seen["sequence"], seen["revision"]) == ("CONFIRMED", 0, 1)
    assert (seen["all_day"], seen["cancelled_at"]) == (False, None)


def test_attendees_tell_answer_and_delivery(as_alice: Program, gwen: Guest, sender: Sender):
    guest = {"guest": str(gwen.public_id)}
    event = as_alice.post("/events", lunch(attendees=[guest], sender=str(sender.public_id))).json
    place = f"/events/{event['id']}/attendees"
    (line,) = as_alice.get(place).json
    assert line == {
        "id": line["id"],
        "email": "gwen@guest.example",
        "name": "Gwen López",
        "kind": "guest",
        "partstat": "NEEDS-ACTION",
        "answered_at": None,
        "answered_by": "",
        "note": "",
        "whole": True,
        "dates": [],
        "delivery": {
            "status": "QUEUED",
            "attempts": 0,
            "cause": "",
            "reason": "",
            "advice": "",
            "last_error": "",
            "sent_at": None,
            "next_try_at": line["delivery"]["next_try_at"],
            "opened_at": None,
            "nudged_at": None,
            "nudges_at": None,
            "nudges_stopped": None,
        },
    }
    deliver()
    (line,) = as_alice.get(place).json
    assert (line["delivery"]["status"], line["delivery"]["attempts"]) == ("SENT", 1)
    assert line["delivery"]["sent_at"] is not None


def test_what_is_left_out_has_its_default(as_bob: Program):
    event = as_bob.post("/events", {"title": "T", "start": "2096-11-26T13:00"}).json
    assert (event["end"], event["timezone"]) == ("2096-11-26T14:00:00", "Europe/Madrid")
    assert (event["all_day"], event["notify_answers"], event["hide_guests"]) == (False, True, False)


@pytest.mark.parametrize(
    ("times", "start", "end"),
    [
        ({"start": "2096-11-26"}, "2096-11-26", "2096-11-27"),
        ({"start": "2096-11-26", "end": "2096-11-26"}, "2096-11-26", "2096-11-27"),
        ({"start": "2096-11-26", "end": "2096-11-28"}, "2096-11-26", "2096-11-28"),
        ({"start": "2096-11-26T10:00", "end": "2096-11-27", "all_day": True},
         "2096-11-26", "2096-11-27"),
    ],
)  # fmt: skip
def test_dates_make_an_all_day_event(as_bob: Program, times: Any, start: str, end: str):
    event = as_bob.post("/events", {"title": "T"} | times).json
    assert (event["all_day"], event["start"], event["end"]) == (True, start, end)


def test_without_a_sender_the_default_is_taken(
    alice: Membership, as_alice: Program, sender: Sender, gwen: Guest
):
    office = Sender.objects.create(
        team=alice.team,
        owner=alice,
        email="office@acme.example",
        email_key="office@acme.example",
        confirmed_at=sender.confirmed_at,
    )
    invited = lunch(attendees=[{"guest": str(gwen.public_id)}])
    assert as_alice.post("/events", invited).json["sender"] == str(sender.public_id)
    as_alice.patch("/settings", {"default_sender": str(office.public_id)})
    event = as_alice.post("/events", invited).json
    assert event["sender"] == str(office.public_id)
    again = as_alice.patch(f"/events/{event['id']}", {"title": "Dinner"}).json
    assert again["sender"] == str(office.public_id)


def test_with_no_address_to_send_from_the_sender_is_asked_for(
    bob: Membership, as_bob: Program, gwen: Guest
):
    EmailAddress.objects.filter(user=bob.user).delete()
    invited = lunch(attendees=[{"guest": str(gwen.public_id)}])
    answer = as_bob.post("/events", invited)
    assert (answer.status, answer.fields) == (422, ["sender"])
    assert not Event.objects.exists()
    addresses.confirm(bob.user)
    assert as_bob.post("/events", invited).status == 201


def test_a_patch_changes_what_it_names(as_alice: Program, gwen: Guest, gus: Guest, sender: Sender):
    attendees = [{"guest": str(gwen.public_id)}]
    event = as_alice.post("/events", lunch(attendees=attendees, location="Here")).json
    place = f"/events/{event['id']}"
    changed = as_alice.patch(place, {"title": "Dinner", "location": None}).json
    keep = ("start", "end", "attendees", "sender", "files", "uid", "sequence")
    assert {name: changed[name] for name in keep} == {name: event[name] for name in keep}
    assert (changed["title"], changed["location"], changed["revision"]) == ("Dinner", "", 2)
    moved = as_alice.patch(place, {"start": "2096-11-26T18:00", "end": "2096-11-26T19:00"}).json
    assert (moved["start"], moved["sequence"]) == ("2096-11-26T18:00:00", 1)
    swapped = as_alice.patch(place, {"attendees": [{"guest": str(gus.public_id)}]}).json
    assert [one["name"] for one in swapped["attendees"]] == ["Gus Gray"]
    assert as_alice.patch(place, {"attendees": []}).json["attendees"] == []
    repeated = as_alice.patch(place, {"recurrence": "FREQ=DAILY;COUNT=2"}).json
    assert repeated["recurrence"] == "FREQ=DAILY;COUNT=2"
    assert as_alice.patch(place, {"recurrence": None}).json["recurrence"] == ""


def test_an_event_can_be_sent_back_as_it_came(
    as_alice: Program, gwen: Guest, bob: Membership, sender: Sender
):
    file = as_alice.upload("plan.txt", b"plan").json
    people = [{"guest": str(gwen.public_id)}, {"member": str(bob.public_id)}]
    event = as_alice.post("/events", lunch(attendees=people, files=[file["id"]])).json
    gwen.delete()
    event = as_alice.get(f"/events/{event['id']}").json
    assert event["attendees"][0]["attendee"] is not None
    body = {name: event[name] for name in ("title", "start", "end", "files", "attendees")}
    again = as_alice.patch(f"/events/{event['id']}", body)
    assert again.status == 200
    assert again.json == event | {
        "revision": event["revision"] + 1,
        "updated_at": again.json["updated_at"],
    }
    assert not Guest.objects.exists()


def test_only_those_affected_are_told_when_asked(
    as_alice: Program, gwen: Guest, gus: Guest, sender: Sender
):
    guests = [{"guest": str(gwen.public_id)}, {"guest": str(gus.public_id)}]
    event = as_alice.post("/events", lunch(attendees=guests[:1])).json
    deliver()
    as_alice.patch(f"/events/{event['id']}", {"attendees": guests, "notify": "affected"})
    assert set(deliver()) == {"gus@guest.example"}
    as_alice.patch(f"/events/{event['id']}", {"attendees": guests[:1], "title": "Dinner"})
    assert set(deliver()) == {"gwen@guest.example", "gus@guest.example"}


def test_an_old_revision_is_a_conflict(as_alice: Program):
    event = as_alice.post("/events", lunch()).json
    place = f"/events/{event['id']}"
    assert as_alice.patch(place, {"title": "A", "revision": 1}).status == 200
    answer = as_alice.patch(place, {"title": "B", "revision": 1})
    assert (answer.status, answer.kind, answer.fields) == (409, "conflict", ["revision"])
    assert as_alice.get(place).json["title"] == "A"


@pytest.mark.parametrize("body", [None, {}, {"message": "Sorry"}])
def test_deleting_cancels_and_tells_everyone(
    as_alice: Program, gwen: Guest, sender: Sender, body: object
):
    guest = {"guest": str(gwen.public_id)}
    event = as_alice.post("/events", lunch(attendees=[guest])).json
    deliver()
    gone = as_alice.delete(f"/events/{event['id']}", body)
    assert (gone.status, gone.json["status"], gone.json["sequence"]) == (200, "CANCELLED", 1)
    assert set(deliver()) == {"gwen@guest.example"}
    assert as_alice.get(f"/events/{event['id']}").json["cancelled_at"] is not None
    assert as_alice.get("/events?from=2096-11-01&to=2096-12-01").json == []
    assert as_alice.delete(f"/events/{event['id']}").status == 200
    assert deliver() == {}


def test_colleagues_read_but_do_not_change(as_alice: Program, as_bob: Program):
    event = as_alice.post("/events", lunch()).json
    place = f"/events/{event['id']}"
    assert as_bob.get(place).json == event
    for answer in (as_bob.patch(place, {"title": "Mine"}), as_bob.delete(place)):
        assert (answer.status, answer.kind) == (403, "forbidden")
    assert as_alice.get(place).json == event


def test_instances_of_a_span(as_alice: Program, as_bob: Program, bob: Membership):
    as_alice.post("/events", lunch(recurrence="FREQ=WEEKLY;COUNT=3"))
    as_alice.post("/events", lunch(title="Other", attendees=[{"member": str(bob.public_id)}]))
    found = as_bob.get("/events?from=2096-11-26&to=2096-12-06").json
    assert [
        (one["title"], one["start"], one["recurrence_id"], one["partstat"]) for one in found
    ] == [
        ("Lunch", "2096-11-26T13:00:00", "2096-11-26T13:00:00", None),
        ("Other", "2096-11-26T13:00:00", None, "NEEDS-ACTION"),
        ("Lunch", "2096-12-03T13:00:00", "2096-12-03T13:00:00", None),
    ]
    assert len(as_bob.get("/events?from=2096-11-26&to=2096-12-06&mine=true").json) == 1
    assert len(as_bob.get("/events?from=2096-11-26T13:30&to=2096-11-26T15:00&q=LUNCH").json) == 1
    page = as_bob.get("/events?from=2096-11-26&to=2096-12-06&limit=2")
    assert (len(page.json), "offset=2" in page.headers["Link"]) == (2, True)


@pytest.mark.parametrize(
    ("start", "end", "number"),
    [
        ("2096-11-26T12:00:00Z", "2096-11-26T12:01:00Z", 1),
        ("2096-11-26T13:00:00Z", "2096-11-26T14:00:00Z", 0),
        ("2096-11-26T13:59%2B01:00", "2096-11-26T15:00%2B01:00", 1),
        ("2096-11-26T14:00+01:00", "2096-11-26T15:00+01:00", 0),
        ("2096-11-26T13:59", "2096-11-27", 1),
    ],
)
def test_a_span_may_be_told_in_any_offset(as_alice: Program, start: str, end: str, number: int):
    as_alice.post("/events", lunch())
    assert len(as_alice.get(f"/events?from={start}&to={end}").json) == number


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=x", "from"),
        ("from=2026-01-01&to=2030-01-01", "to"),
        ("from=2026-02-01&to=2026-01-01", "to"),
        ("from=2026-02-01T10:99Z", "from"),
        ("from=0001-01-01T00:00%2B14:00", "from"),
        ("from=2026-02-01&to=9999-12-31T23:59-12:00", "to"),
        ("from=2026-02-01&mine=perhaps", "mine"),
    ],
)
def test_wrong_spans_are_refused(as_alice: Program, query: str, field: str):
    answer = as_alice.get(f"/events?{query}")
    assert (answer.status, answer.fields) == (422, [field])


def test_past_events_are_saved_and_nobody_is_told(as_alice: Program, gwen: Guest, sender: Sender):
    guest = {"guest": str(gwen.public_id)}
    past = {"title": "T", "start": "2001-01-01T10:00", "attendees": [guest]}
    assert as_alice.post("/events", past).status == 201
    assert not Delivery.objects.exists()
