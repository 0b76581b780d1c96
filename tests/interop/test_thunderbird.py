"""Gwen answers in Thunderbird: her calendar becomes the host's, and the host hears of it."""

from __future__ import annotations

import pytest

from tests.interop.host import ALIAS, GUS, GWEN, PEOPLE, at, on
from tests.interop.marionette import DialogOpened
from tests.interop.stage import Stage, eventually
from tests.interop.thunderbird import YEAR

pytestmark = pytest.mark.interop

INVITED = "This message contains an invitation to an event."
UPDATED = "This message contains an update to an existing event."
SERIES_UPDATED = "This message contains an update to an existing series of events."
MANY_UPDATED = "This message contains updates to multiple existing events."
CANCELLED = "This message contains an event cancellation."
KNOWN = "This message contains an event that has already been processed."
LUNCH = "Comida ñandú 🍲"
ALL_ANSWERS = ["Accept all", "Tentative all", "Decline all", "More"]
ANSWERS = ["Accept", "Tentative", "Decline", "More"]


def test_an_event_from_its_invitation_to_its_end(stage: Stage):
    """A new title only asks for *Update*, which answers nothing; a new time asks again."""
    event = stage.host.invite(LUNCH, location="Sala 1")
    assert stage.bring_mail() == (INVITED, ANSWERS)
    stage.guest.press("Accept")
    stage.bring_reply()
    assert stage.host.answer(event) == "ACCEPTED"
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
    assert stage.host.answer(event) == "TENTATIVE"
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
    assert stage.host.bell() == [earlier]
    assert stage.host.answer(event) == "NEEDS-ACTION"
    assert stage.bring_mail() == (UPDATED, ANSWERS)
    stage.guest.press("Accept")
    stage.bring_reply()
    assert stage.host.answer(event) == "ACCEPTED"
    stage.assert_equal_calendars()
    assert stage.bring_mail() == (KNOWN, ["Details…"])


def test_an_answer_in_another_name(stage: Stage):
    """Invited at an address her Thunderbird does not know, Gwen answers as whom it does know.

    The host says that they are one; what changes reaches her as before.
    """
    event = stage.host.invite(LUNCH, ALIAS)
    assert stage.bring_mail(ALIAS) == (INVITED, ANSWERS)
    stage.guest.press_as_oneself("Accept")
    stage.bring_reply()
    assert stage.host.bell() == [
        f"Gwen López ({GWEN}) is not invited and answered “{LUNCH}”, {on(2, '10:00')}: accepted"
    ]
    assert stage.host.answer(event, ALIAS) == "NEEDS-ACTION"
    stage.host.merge_held(event)
    assert stage.host.answer(event, ALIAS) == "ACCEPTED"
    stage.host.change(event, title="Cena")
    assert stage.bring_mail(ALIAS) == (UPDATED, ["Update"])
    stage.guest.press("Update")
    stage.assert_equal_calendars()


def test_a_guest_who_is_removed_and_invited_again(stage: Stage):
    event = stage.host.invite(LUNCH)
    stage.bring_mail()
    stage.guest.press("Decline")
    stage.host.change(event, attendees=[])
    assert stage.bring_mail() == (CANCELLED, ["Delete"])
    stage.guest.press("Delete")
    eventually(stage.guest.calendar, [])
    stage.host.change(event, attendees=[GWEN])
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


def test_dates_of_a_series(stage: Stage):
    """Gwen answers dates in the calendar; the host moves one, drops one, renames all, drops all.

    Thunderbird reads SEQUENCE from the series alone: of a date that has moved it makes an *Update*,
    and leaves it unanswered.
    """
    event = stage.host.invite("Weekly", recurrence="FREQ=WEEKLY;COUNT=6")
    assert stage.bring_mail() == (INVITED, ALL_ANSWERS)
    stage.guest.press("Accept all")
    stage.bring_reply()
    stage.assert_equal_calendars()
    stage.guest.answer_date(stage.host.calendar()[1].start, "DECLINED")
    stage.bring_reply()

    stage.host.change(event, 16, **at(17, "12:00"))
    assert stage.bring_mail() == (UPDATED, ["Update"])
    stage.guest.press("Update")
    stage.assert_equal_calendars()
    assert stage.guest.answers() == ["ACCEPTED", "DECLINED", "NEEDS-ACTION", *["ACCEPTED"] * 3]
    stage.guest.answer_date(stage.host.calendar()[2].start, "TENTATIVE")
    stage.bring_reply()
    heard = [
        "Gwen López accepted all dates of “Weekly”",
        f"Gwen López declined “Weekly”, {on(9, '10:00')}",
        f"Gwen López may come to “Weekly”, {on(17, '12:00')}",
    ]
    assert stage.host.bell() == heard

    stage.host.cancel(event, 23)
    assert stage.bring_mail() == (CANCELLED, ["Delete"])
    stage.guest.press("Delete")
    stage.assert_equal_calendars()
    stage.host.change(event, title="Semanal")
    assert stage.bring_mail() == (SERIES_UPDATED, ALL_ANSWERS)
    stage.guest.press("Accept all")
    stage.assert_equal_calendars()
    assert {one.title for one in stage.guest.calendar()} == {"Semanal"}
    assert stage.guest.answers() == ["ACCEPTED", "DECLINED", "TENTATIVE", *["ACCEPTED"] * 2]
    stage.bring_reply()
    answers = {"": "ACCEPTED", f"{YEAR}-03-09": "DECLINED", f"{YEAR}-03-16": "TENTATIVE"}
    assert stage.host.answers_by_date() == answers
    stage.host.cancel(event)
    assert stage.bring_mail() == (CANCELLED, ["Delete"])
    stage.guest.press("Delete")
    eventually(stage.guest.calendar, [])


def test_a_guest_of_single_dates(stage: Stage):
    """Gwen gets dates without their series; her answer is heard, the second date follows."""
    stage.host.call("POST", "/guests", PEOPLE[GWEN])
    event = stage.host.invite("Weekly", GUS, recurrence="FREQ=WEEKLY;COUNT=6")
    stage.host.change(event, 9, attendees=[GUS, GWEN])
    assert stage.bring_mail() == (INVITED, ANSWERS)
    stage.guest.press("Accept")
    stage.bring_reply()
    assert stage.host.bell() == [f"Gwen López accepted “Weekly”, {on(9, '10:00')}"]
    stage.host.change(event, 23, attendees=[GUS, GWEN])
    assert stage.bring_mail() == (MANY_UPDATED, ALL_ANSWERS)
    stage.guest.press("Accept all")
    series = stage.host.calendar()
    eventually(stage.guest.calendar, [series[1], series[3]])
    stage.host.change(event, 9, attendees=[GUS])
    assert stage.bring_mail() == (CANCELLED, ["Delete"])
    stage.guest.press("Delete")
    eventually(stage.guest.calendar, [series[3]])


def test_a_guest_left_out_of_one_date(stage: Stage):
    event = stage.host.invite("Weekly", GUS, GWEN, recurrence="FREQ=WEEKLY;COUNT=6")
    stage.bring_mail()
    stage.guest.press("Accept all")
    stage.host.change(event, 9, attendees=[GUS])
    assert stage.bring_mail() == (CANCELLED, ["Delete"])
    stage.guest.press("Delete")
    series = stage.host.calendar()
    eventually(stage.guest.calendar, [series[0], *series[2:]])
    stage.host.change(event, title="Semanal")
    assert stage.bring_mail() == (SERIES_UPDATED, ALL_ANSWERS)
    stage.guest.press("Accept all")
    series = stage.host.calendar()
    eventually(stage.guest.calendar, [series[0], *series[2:]])


def test_this_and_the_following_dates(stage: Stage):
    """The series ends earlier and another begins, in two mails of any order."""
    event = stage.host.invite("Weekly", recurrence="FREQ=WEEKLY;COUNT=6")
    stage.bring_mail()
    stage.guest.press("Accept all")
    stage.bring_reply()
    stage.host.change(event, 23, "following", title="Afternoon", **at(23, "16:00"))
    for _ in range(2):
        assert stage.bring_mail() in ((SERIES_UPDATED, ALL_ANSWERS), (INVITED, ALL_ANSWERS))
        stage.guest.press("Accept all")
        stage.bring_reply()
    stage.assert_equal_calendars()
    assert [one.title for one in stage.guest.calendar()] == [*["Weekly"] * 3, *["Afternoon"] * 3]
    assert [one.partition("“")[2] for one in stage.host.bell()] == ["Weekly”", "Afternoon”"]
    stage.host.cancel(event, 9, "following")
    assert stage.bring_mail() == (SERIES_UPDATED, ALL_ANSWERS)
    stage.guest.press("Accept all")
    stage.assert_equal_calendars()
