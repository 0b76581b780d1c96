"""Gwen answers in Thunderbird: her calendar becomes the host's, and the host hears of it."""

from __future__ import annotations

import pytest

from tests.interop.host import at, on
from tests.interop.marionette import DialogOpened
from tests.interop.stage import Stage, eventually
from tests.interop.thunderbird import YEAR

pytestmark = pytest.mark.interop

INVITED = "This message contains an invitation to an event."
UPDATED = "This message contains an update to an existing event."
CANCELLED = "This message contains an event cancellation."
KNOWN = "This message contains an event that has already been processed."
LUNCH = "Comida ñandú 🍲"
ANSWERS = ["Accept", "Tentative", "Decline", "More"]


def test_an_event_from_its_invitation_to_its_end(stage: Stage):
    """A new title only asks for *Update*, which answers nothing; a new time asks again."""
    event = stage.host.invite(LUNCH, location="Sala 1")
    assert stage.bring_mail() == (INVITED, ANSWERS)
    stage.guest.press("Accept")
    stage.bring_reply()
    eventually(lambda: stage.host.answer(event), "ACCEPTED")
    stage.assert_equal_calendars()

    stage.host.change(event, title="Cena")
    assert stage.bring_mail() == (UPDATED, ["Update"])
    stage.guest.press("Update")
    stage.assert_equal_calendars()
    assert (stage.host.answer(event), *stage.guest.answers()) == ("ACCEPTED", "ACCEPTED")

    stage.host.change(event, **at(3, "12:00"))
    assert stage.bring_mail() == (UPDATED, ANSWERS)
    assert stage.host.answer(event) == "NEEDS-ACTION"
    stage.guest.press("Tentative")
    stage.bring_reply()
    eventually(lambda: stage.host.answer(event), "TENTATIVE")
    stage.assert_equal_calendars()

    stage.host.cancel(event)
    assert stage.bring_mail() == (CANCELLED, ["Delete"])
    stage.guest.press("Delete")
    stage.assert_equal_calendars()
    assert stage.guest.calendar() == []
    assert [mail.subject for mail in stage.answered.mails] == [
        f"Accepted: {LUNCH}",
        "Tentative: Cena",
    ]
    assert stage.host.bell() == [
        f"Gwen López accepted “{LUNCH}”, {on(2, '10:00')}",
        f"Gwen López may come to “Cena”, {on(3, '12:00')}",
    ]


def test_an_answer_that_a_new_time_overtook(stage: Stage):
    """Gwen presses *Accept* before the mail about the new time comes, and is asked again."""
    event = stage.host.invite(LUNCH)
    stage.bring_mail()
    stage.host.change(event, **at(3, "12:00"))
    stage.guest.press("Accept")
    stage.bring_reply()
    earlier = f"Gwen López answered for an earlier time of “{LUNCH}”, {on(3, '12:00')}: accepted"
    eventually(stage.host.bell, [earlier])
    assert stage.host.answer(event) == "NEEDS-ACTION"
    assert stage.bring_mail() == (UPDATED, ANSWERS)
    stage.guest.press("Accept")
    stage.bring_reply()
    eventually(lambda: stage.host.answer(event), "ACCEPTED")
    stage.assert_equal_calendars()
    assert stage.bring_mail() == (KNOWN, ["Details…"])


def test_a_guest_who_is_removed_and_invited_again(stage: Stage):
    event = stage.host.invite(LUNCH)
    guests = stage.host.call("GET", f"/events/{event}")["attendees"]
    stage.bring_mail()
    stage.guest.press("Decline")
    stage.host.change(event, attendees=[])
    assert stage.bring_mail() == (CANCELLED, ["Delete"])
    stage.guest.press("Delete")
    eventually(stage.guest.calendar, [])
    stage.host.change(event, attendees=guests)
    assert stage.bring_mail() == (INVITED, ANSWERS)
    with pytest.raises(DialogOpened, match="You have recently deleted this item"):
        stage.guest.press("Accept")
    stage.guest.agree()
    stage.assert_equal_calendars()


def test_days_zones_and_awkward_words(stage: Stage):
    title, place = 'A, "B"; C\\n: d', "Calle Ñ, 1º;2"
    stage.host.invite(title, location=place, start=f"{YEAR}-03-27", end=f"{YEAR}-03-30")
    stage.bring_mail()
    stage.guest.press("Accept")
    stage.host.invite("Far away", timezone="Pacific/Auckland", **at(28, "02:30"))
    stage.bring_mail()
    stage.guest.press("Accept")
    stage.assert_equal_calendars()


def test_a_series(stage: Stage):
    event = stage.host.invite("Weekly", recurrence="FREQ=WEEKLY;COUNT=6")
    assert stage.bring_mail() == (INVITED, ["Accept all", "Tentative all", "Decline all", "More"])
    stage.guest.press("Accept all")
    stage.bring_reply()
    stage.assert_equal_calendars()
    stage.guest.answer_date(stage.host.calendar()[1].start, "DECLINED")
    stage.bring_reply()
    eventually(
        stage.host.bell,
        [
            f"Gwen López accepted “Weekly”, {on(2, '10:00')}",
            f"Gwen López declined “Weekly”, {on(9, '10:00')}",
        ],
    )
    assert stage.guest.answers() == ["ACCEPTED", "DECLINED", *["ACCEPTED"] * 4]
    stage.host.cancel(event)
    assert stage.bring_mail() == (CANCELLED, ["Delete"])
    stage.guest.press("Delete")
    eventually(stage.guest.calendar, [])
