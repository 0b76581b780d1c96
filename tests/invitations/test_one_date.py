"""One date of a series changed: who is told what, and asked again."""

from __future__ import annotations

import pytest

from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Attendee, Event
from convoca.guests.models import Guest
from convoca.invitations.models import Invitation
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import Scope
from convoca.mail.models import Sender
from convoca.notifications.models import Notification
from convoca.notifications.words import words
from tests.builders import draft
from tests.invitations.post import deliver, part
from tests.invitations.saving import line, subjects
from tests.invitations.series import FIRST, SECOND, THIRD, at, cancel_dates, change_dates

THIS = Scope.THIS


@pytest.fixture
def weekly(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Four Tuesdays with Gwen, who accepted them."""
    typed = draft(start=str(FIRST), rrule="FREQ=WEEKLY;COUNT=4", sender=sender, attendees=[gwen])
    event = scheduling.save_event(alice, typed)
    deliver()
    Attendee.objects.update(partstat="ACCEPTED")
    return event


def test_a_moved_date_asks_again_for_this_date_only(alice: Membership, weekly: Event, gwen: Guest):
    row = change_dates(alice, weekly, THIS, SECOND, **at(SECOND, 12))
    assert (row.recurrence_id, row.attendees.get().partstat) == (SECOND, "NEEDS-ACTION")
    assert weekly.attendees.get().partstat == "ACCEPTED"
    mails = deliver()
    assert subjects(mails) == {gwen.email: "Cambio"}
    calendar = part(mails[gwen.email], "calendar")
    assert calendar.count("BEGIN:VEVENT") == 2
    assert "RECURRENCE-ID;TZID=Europe/Madrid:20351204T100000" in calendar
    assert calendar.count("PARTSTAT=ACCEPTED") == 1
    assert calendar.count("PARTSTAT=NEEDS-ACTION") == 1


def test_a_guest_of_one_date_gets_this_date_alone(
    alice: Membership, weekly: Event, gwen: Guest, gus: Guest
):
    change_dates(alice, weekly, THIS, SECOND, attendees=[gwen, gus])
    mails = deliver()
    assert subjects(mails) == {gwen.email: "Cambio", gus.email: "Invitation"}
    calendar = part(mails[gus.email], "calendar")
    assert calendar.count("BEGIN:VEVENT") == 1
    assert line(calendar, "RECURRENCE-ID") == "RECURRENCE-ID;TZID=Europe/Madrid:20351204T100000"
    assert Invitation.objects.get(email_key=gus.email_key, ended_at=None)


def test_a_guest_left_out_of_one_date_gets_its_cancellation(
    alice: Membership, weekly: Event, gwen: Guest
):
    change_dates(alice, weekly, THIS, SECOND, attendees=[])
    mails = deliver()
    calendar = part(mails[gwen.email], "calendar")
    assert line(calendar, "METHOD") == "METHOD:CANCEL"
    assert line(calendar, "RECURRENCE-ID") == "RECURRENCE-ID;TZID=Europe/Madrid:20351204T100000"
    assert not Invitation.objects.get(email_key=gwen.email_key).ended_at
    change_dates(alice, weekly, THIS, THIRD, title="Special")
    assert "EXDATE;TZID=Europe/Madrid:20351204T100000" in part(deliver()[gwen.email], "calendar")


def test_a_cancelled_date_is_told_and_its_own_guest_let_go(
    alice: Membership, weekly: Event, gwen: Guest, gus: Guest
):
    change_dates(alice, weekly, THIS, SECOND, attendees=[gwen, gus])
    deliver()
    cancel_dates(alice, weekly, THIS, SECOND)
    mails = deliver()
    assert subjects(mails) == {gwen.email: "Cancelado", gus.email: "Cancelled"}
    assert line(part(mails[gus.email], "calendar"), "STATUS") == "STATUS:CANCELLED"
    assert Invitation.objects.get(email_key=gus.email_key).ended_at
    assert not Invitation.objects.get(email_key=gwen.email_key).ended_at


def test_the_rehearsal_names_who_is_on_the_date(
    alice: Membership, weekly: Event, gwen: Guest, gus: Guest
):
    typed = draft_of(weekly, SECOND)
    told = scheduling.audience(alice, typed, weekly, scope=THIS, recurrence_id=SECOND)
    assert told.count == 0
    change_dates(alice, weekly, THIS, SECOND, attendees=[gus])
    deliver()
    told = scheduling.audience_of_cancelling(weekly, scope=THIS, recurrence_id=SECOND)
    assert told.cancelled == ("Gus Gray",)
    told = scheduling.audience_of_cancelling(weekly, scope=THIS, recurrence_id=THIRD)
    assert told.updated == ("Gwen López",)
    assert not Event.objects.exclude(exdates=[]).exists()


def test_the_bell_names_the_date(alice: Membership, bob: Membership, weekly: Event, gwen: Guest):
    def rung() -> list[str]:
        found = [words(one) for one in Notification.objects.order_by("id")]
        Notification.objects.all().delete()
        return [" ".join(filter(None, [one.sentence, one.detail])) for one in found]

    change_dates(alice, weekly, THIS, SECOND, attendees=[gwen, bob])
    assert rung() == [
        "Alice Álvarez invites you to “Contract review”, Tue 4 Dec 2035, 10:00 (Madrid)"
    ]
    change_dates(alice, weekly, THIS, SECOND, title="Special", **at(SECOND, 12))
    assert rung() == [
        "Alice Álvarez changed “Special”, Tue 4 Dec 2035, 12:00 (Madrid) Changed: title and time"
    ]
    cancel_dates(alice, weekly, THIS, SECOND)
    assert rung() == ["Alice Álvarez cancelled “Special”, Tue 4 Dec 2035, 12:00 (Madrid)"]
