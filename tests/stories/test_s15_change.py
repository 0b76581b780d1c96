"""S15: the host edits the event, and everyone is told what changed, and nothing else."""

from __future__ import annotations

import icalendar
import pytest

LUNCH = {"title": "Lunch", "start": "2026-11-24T14:00", "end": "2026-11-24T15:00"}
LUNCH |= {"location": "Casa Amparo"}


@pytest.fixture
def event(door, gus, gwen, deliver):
    event = door.create(**LUNCH, who=[gus, gwen])
    assert len(deliver()) == 2
    return event


def mails_by_recipient(mails) -> dict[str, object]:
    return {mail.recipients[0].partition("@")[0]: mail for mail in mails}


def test_s15_new_time_is_told_with_the_old_one(door, event, deliver):
    door.edit(event, start="2026-11-24T15:00", end="2026-11-24T16:00")
    mails = mails_by_recipient(deliver())
    assert sorted(mails) == ["gus", "gwen"]
    assert mails["gus"].subject.startswith("Changed: Lunch")
    assert mails["gwen"].subject.startswith("Cambio") or "Lunch" in mails["gwen"].subject
    html = mails["gwen"].html
    assert "14:00" in html
    assert "15:00" in html
    assert "<del" in html or "line-through" in html
    assert "14:00" in mails["gwen"].text
    vevent = icalendar.Calendar.from_ical(mails["gus"].calendar).walk("VEVENT")[0]
    assert vevent["SEQUENCE"] == 1


def test_s15_new_time_asks_again(door, event, api, deliver, guest_opens, smtp):
    guest_opens(smtp.to("gus@guest.example")[0]).press("Accept")
    door.edit(event, start="2026-11-24T15:00", end="2026-11-24T16:00")
    answers = {one["email"]: one["partstat"] for one in api.attendees(event)}
    assert answers["gus@guest.example"] == "NEEDS-ACTION"


def test_s15_typo_keeps_the_answer(door, event, api, deliver, guest_opens, smtp):
    guest_opens(smtp.to("gus@guest.example")[0]).press("Accept")
    door.edit(event, title="Lunch!")
    answers = {one["email"]: one["partstat"] for one in api.attendees(event)}
    assert answers["gus@guest.example"] == "ACCEPTED"


def test_s15_place_and_title_show_old_and_new(door, event, deliver):
    door.edit(event, title="Long lunch", location="Bar Pepe")
    mail = mails_by_recipient(deliver())["gus"]
    for words in ("Casa Amparo", "Bar Pepe", "Long lunch"):
        assert words in mail.html
        assert words in mail.text


def test_s15_added_guest_is_invited_and_removed_one_is_told(door, event, gus, deliver):
    paul = ("paul@guest.example", "Paul", "Prat")
    door.edit(event, add=[paul], remove=[gus], notify="affected")
    mails = mails_by_recipient(deliver())
    assert sorted(mails) == ["gus", "paul"]
    assert mails["paul"].subject.startswith("Invitation: Lunch")
    assert mails["gus"].subject.startswith("No longer invited: Lunch")
    assert "METHOD:CANCEL" in mails["gus"].calendar


def test_s15_everyone_can_be_told_who_comes_and_who_does_not(door, event, gus, deliver):
    paul = ("paul@guest.example", "Paul", "Prat")
    door.edit(event, add=[paul], remove=[gus], notify="all")
    mails = mails_by_recipient(deliver())
    assert sorted(mails) == ["gus", "gwen", "paul"]
    assert "Paul Prat" in mails["gwen"].text
    assert "Gus Gray" in mails["gwen"].text


def test_s15_guest_who_missed_a_version_gets_their_own_difference(
    door, event, gwen, smtp, deliver, clock
):
    """Gwen's server was away during the first change: she learns both at once."""
    smtp.refuse("RCPT", "451 4.7.1 Try later", containing="gwen@", times=1)
    door.edit(event, location="Bar Pepe")
    assert sorted(mails_by_recipient(deliver())) == ["gus"]
    door.edit(event, start="2026-11-24T15:00", end="2026-11-24T16:00")
    mails = mails_by_recipient(deliver())
    assert "Casa Amparo" in mails["gwen"].text
    assert "14:00" in mails["gwen"].text
    assert "Casa Amparo" not in mails["gus"].text


def test_s15_saving_without_a_change_tells_nobody(door, event, deliver):
    door.edit(event, title="Lunch")
    assert deliver() == []
