"""A weekly meeting is moved, shortened and renamed, by page and by program: who hears what."""

from __future__ import annotations

import pytest

from convoca.calendars.models import Event
from convoca.guests.models import Guest
from tests.stories.doors import Api, Door
from tests.support.smtp import Mail

GWEN, GUS = "gwen@guest.example", "gus@guest.example"
SECOND, THIRD, FOURTH = ("2026-12-01T10:00", "2026-12-08T10:00", "2026-12-15T10:00")


@pytest.fixture
def standup(api: Api, chosen_sender, gwen: Guest, deliver, guest_opens) -> Event:
    """Four Tuesdays at ten with Gwen, who accepts."""
    event = api.create(
        title="Standup",
        start="2026-11-24T10:00",
        end="2026-11-24T10:30",
        recurrence="FREQ=WEEKLY;COUNT=4",
        who=[gwen],
    )
    (mail,) = deliver()
    guest_opens(mail, "es").press("Aceptar")
    deliver()
    return event


def told(mails: list[Mail]) -> list[tuple[str, str]]:
    """Return to whom each mail to a guest went, and how it begins."""
    return [
        (mail.recipients[0].partition("@")[0], mail.subject.partition(":")[0])
        for mail in mails
        if mail.calendar
    ]


def answers(api: Api, event: Event, date: str = "") -> dict[str, str]:
    lines = api.get(f"/events/{event.public_id}/attendees{date and f'?recurrence_id={date}'}")
    return {one["email"]: one["partstat"] for one in lines}


def test_one_date_moves_and_only_that_is_asked_again(door: Door, api: Api, standup: Event, deliver):
    door.edit_date(standup, SECOND, start="2026-12-01T16:00", end="2026-12-01T16:30")
    (mail,) = deliver()
    assert told([mail]) == [("gwen", "Cambio")]
    assert "16:00" in mail.text
    assert answers(api, standup) == {GWEN: "ACCEPTED"}
    assert answers(api, standup, SECOND) == {GWEN: "NEEDS-ACTION"}


def test_somebody_joins_one_date_and_it_is_called_off(
    door: Door, api: Api, standup: Event, gus: Guest, deliver
):
    door.edit_date(standup, SECOND, add=[gus])
    mails = {mail.recipients[0]: mail for mail in deliver()}
    assert mails[GUS].calendar.count("BEGIN:VEVENT") == 1
    assert mails[GUS].subject.startswith("Invitation: Standup, Tue 1 Dec")
    door.cancel_date(standup, SECOND)
    assert sorted(told(deliver())) == [("gus", "Cancelled"), ("gwen", "Cancelado")]
    assert answers(api, standup) == {GWEN: "ACCEPTED"}


def test_this_and_the_following_go_on_without_a_new_question(
    door: Door, api: Api, standup: Event, deliver
):
    door.edit_date(standup, THIRD, "following", location="Room 9")
    new = Event.objects.exclude(pk=standup.pk).get()
    mails = deliver()
    assert told(mails) == [("gwen", "Cambio"), ("gwen", "Cambio")]
    assert "esta fecha y las siguientes" in mails[1].text
    assert answers(api, new) == {GWEN: "ACCEPTED"}
    assert api.get(f"/events/{new.public_id}")["recurrence"] == "FREQ=WEEKLY;COUNT=2"


def test_all_dates_get_the_new_name_and_a_moved_one_keeps_its_time(
    door: Door, api: Api, standup: Event, deliver
):
    door.edit_date(standup, SECOND, start="2026-12-02T16:00", end="2026-12-02T16:30")
    door.edit_date(standup, THIRD, "all", title="Daily")
    seen = api.get(f"/events/{standup.public_id}?recurrence_id={SECOND}")
    assert (seen["title"], seen["start"]) == ("Daily", "2026-12-02T16:00:00")
    (mail,) = deliver()
    assert "SUMMARY:Standup" not in mail.calendar
    assert answers(api, standup) == {GWEN: "ACCEPTED"}


def test_the_rest_is_called_off(door: Door, api: Api, standup: Event, deliver):
    door.cancel_date(standup, THIRD, "following")
    (mail,) = deliver()
    assert "hasta" in mail.text
    dates = api.get("/events?from=2026-11-01&to=2027-01-31")
    assert [one["start"] for one in dates] == ["2026-11-24T10:00:00", "2026-12-01T10:00:00"]
    door.cancel_date(standup, "2026-11-24T10:00", "all")
    assert told(deliver()) == [("gwen", "Cancelado")]
