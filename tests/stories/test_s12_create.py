"""S12: only when the event is created do invitations leave, one for each guest."""

from __future__ import annotations

from django.urls import reverse

from tests.stories.doors import Api

TUESDAY = {"start": "2026-11-24T10:00", "end": "2026-11-24T11:00"}
PAUL = ("paul@guest.example", "Paul", "Prat")


def titles(pages) -> list[str]:
    span = {"start": "2026-11-23T00:00:00", "end": "2026-11-30T00:00:00"}
    return [one["title"] for one in pages.client.get(reverse("event-feed"), span).json()]


def test_s12_event_appears_and_every_guest_is_invited(door, pages, gwen, gus, bob, deliver):
    door.create(title="Review", who=[gwen, gus, bob, PAUL], **TUESDAY)
    assert titles(pages) == ["Review"]
    mails = deliver()
    assert sorted(mail.recipients for mail in mails) == [
        ("bob@acme.example",),
        ("gus@guest.example",),
        ("gwen@guest.example",),
        ("paul@guest.example",),
    ]
    assert len({mail.message["Message-ID"] for mail in mails}) == 4


def test_s12_one_uid_for_everybody(door, gwen, gus, deliver):
    event = door.create(title="Review", who=[gwen, gus], **TUESDAY)
    uids = {
        line for mail in deliver() for line in mail.calendar.splitlines() if line.startswith("UID:")
    }
    assert uids == {f"UID:{event.uid}"}


def test_s12_nothing_leaves_twice(door, gwen, deliver):
    door.create(title="Review", who=[gwen], **TUESDAY)
    assert len(deliver()) == 1
    assert deliver() == []


def test_s12_past_event_tells_nobody(door, gwen, deliver):
    door.create(title="Was", start="2026-11-10T10:00", end="2026-11-10T11:00", who=[gwen])
    assert deliver() == []


def test_s12_event_shows_that_everybody_was_reached(door, alice, gwen, pages, deliver):
    event = door.create(title="Review", who=[gwen], **TUESDAY)
    [before] = Api(alice).attendees(event)
    assert (before["email"], before["kind"], before["partstat"], before["delivery"]["status"]) == (
        "gwen@guest.example",
        "guest",
        "NEEDS-ACTION",
        "QUEUED",
    )
    deliver()
    [after] = Api(alice).attendees(event)
    assert (after["delivery"]["status"], after["delivery"]["attempts"]) == ("SENT", 1)
    assert "Gwen López" in pages.reader.open(reverse("event", args=[event.public_id])).text


def test_s12_refused_address_is_shown_and_told(door, alice, gwen, gus, smtp, deliver):
    smtp.refuse("RCPT", "550 5.1.1 No such user", containing="gwen@")
    event = door.create(title="Review", who=[gwen, gus], **TUESDAY)
    assert deliver()[0].recipients == ("gus@guest.example",)
    states = {
        one["email"]: (one["delivery"]["status"], one["delivery"]["last_error"])
        for one in Api(alice).attendees(event)
    }
    assert states["gus@guest.example"] == ("SENT", "")
    assert states["gwen@guest.example"][0] == "FAILED"
    assert "No such user" in states["gwen@guest.example"][1]
    bell = Api(alice).get("/notifications")
    assert [one["kind"] for one in bell] == ["FAILED"]
