"""This and the following dates: the old series ends, the new one is no fresh invitation."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Attendee, Event, EventVersion
from convoca.guests.models import Guest
from convoca.invitations.answers import guestview, rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.reaching import ledger
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.previews import preview
from convoca.invitations.saving.scheduling import Scope
from convoca.mail.models import Sender
from convoca.notifications.models import Notification
from convoca.standards.ical.model import Partstat
from tests.builders import a_file, draft
from tests.invitations.mailbox import ics, mailbox, receive, reply
from tests.invitations.post import deliver_all, part
from tests.invitations.saving import line
from tests.invitations.series import FIRST, FOURTH, SECOND, THIRD, at, cancel_dates, change_dates

NOW = dt.datetime(2035, 1, 1, tzinfo=dt.UTC)
FOLLOWING = Scope.FOLLOWING


@pytest.fixture
def weekly(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Four Tuesdays with Gwen, who accepted them."""
    typed = draft(
        start=str(FIRST),
        rrule="FREQ=WEEKLY;COUNT=4",
        sender=sender,
        attendees=[gwen],
        files=[a_file(alice)],
    )
    event = scheduling.save_event(alice, typed)
    deliver_all()
    invitation = Invitation.objects.get()
    guestview.speak(invitation, "es")
    rsvp.record(invitation, Partstat.ACCEPTED, source=Rsvp.Source.WEB, now=NOW)
    Notification.objects.all().delete()
    return event


def told(mails: list[tuple[str, Any]]) -> list[tuple[str, str, str]]:
    """Return to whom each mail went, how its subject begins, and of which method it is."""
    return [
        (
            who.partition("@")[0],
            mail["Subject"].partition(":")[0],
            line(part(mail, "calendar"), "METHOD"),
        )
        for who, mail in mails
    ]


def test_nobody_whose_time_stays_is_asked_again(alice: Membership, weekly: Event, gwen: Guest):
    new = change_dates(alice, weekly, FOLLOWING, THIRD, title="Newer")
    assert new.attendees.get().partstat == "ACCEPTED"
    mails = deliver_all()
    assert told(mails) == [
        ("gwen", "Cambio", "METHOD:REQUEST"),
        ("gwen", "Cambio", "METHOD:REQUEST"),
    ]
    old_mail, new_mail = (mail for _who, mail in mails)
    assert "RRULE:FREQ=WEEKLY;UNTIL=20351204T225959Z" in part(old_mail, "calendar")
    calendar = part(new_mail, "calendar")
    assert line(calendar, "RELATED-TO") == f"RELATED-TO;RELTYPE=SIBLING:{weekly.uid}"
    assert "PARTSTAT=ACCEPTED" in calendar
    text = part(new_mail, "plain")
    assert "Alice Álvarez ha cambiado esta fecha y las siguientes" in text
    assert "Contract review" in text  # the old title, beside the new one
    assert "Tu respuesta: aceptada" in text


def test_a_new_time_is_asked_about_once(alice: Membership, weekly: Event):
    new = change_dates(alice, weekly, FOLLOWING, THIRD, **at(THIRD, 12))
    assert new.attendees.get().partstat == "NEEDS-ACTION"
    assert weekly.attendees.get().partstat == "ACCEPTED"
    _old_mail, new_mail = (mail for _who, mail in deliver_all())
    assert "ha cambiado la hora" in part(new_mail, "plain")


def test_who_comes_and_who_goes_with_the_new_half(
    alice: Membership, weekly: Event, gwen: Guest, gus: Guest
):
    change_dates(alice, weekly, FOLLOWING, THIRD, attendees=[gus])
    assert told(deliver_all()) == [
        ("gwen", "Cambio", "METHOD:REQUEST"),
        ("gus", "Invitation", "METHOD:REQUEST"),
    ]


def test_the_guests_keep_language_answer_and_files(alice: Membership, weekly: Event, gwen: Guest):
    Attendee.objects.update(replied_at=weekly.created_at)
    new = change_dates(alice, weekly, FOLLOWING, THIRD, title="Newer")
    old_invitation, invitation = Invitation.objects.order_by("event")
    assert (invitation.event, invitation.language) == (new, "es")
    assert [line.answered_by for line in ledger.attendees(new)] == ["WEB"]
    for one in (old_invitation, invitation):
        file = one.event.files.get()
        assert guestview.find_file(one, file.public_id, NOW) == file
    assert guestview.see(invitation, NOW).answer == "ACCEPTED"
    page = guestview.see(invitation, NOW)
    assert page.state == guestview.State.OPEN
    ((changed,),) = [section.lines for section in page.changes]
    assert (changed.old, changed.new) == ("Contract review", "Newer")


def test_later_changes_are_told_as_of_any_event(alice: Membership, weekly: Event):
    new = change_dates(alice, weekly, FOLLOWING, THIRD, title="Newer")
    change_dates(alice, new, Scope.THIS, THIRD, location="Room 4")
    mails = deliver_all()
    assert len(mails) == 2  # what was not sent yet is one mail
    versions = EventVersion.objects.filter(event=new).values_list("number", flat=True)
    assert sorted(versions) == [0, 1, 2]
    change_dates(alice, new, Scope.ALL, THIRD, title="Newest")
    ((_who, mail),) = deliver_all()
    assert "esta fecha y las siguientes" not in part(mail, "plain")
    scheduling.cancel_event(alice, new)
    assert told(deliver_all()) == [("gwen", "Cancelado", "METHOD:CANCEL")]


def test_a_guest_of_one_later_date_gets_it_under_the_new_uid(
    alice: Membership, weekly: Event, gwen: Guest, gus: Guest
):
    change_dates(alice, weekly, Scope.THIS, THIRD, attendees=[gwen, gus])
    deliver_all()
    Attendee.objects.filter(guest=gus).update(partstat="ACCEPTED")
    new = change_dates(alice, weekly, FOLLOWING, SECOND, title="Newer")
    mails = [(who, mail) for who, mail in deliver_all() if who == gus.email]
    assert told(mails) == [
        ("gus", "Cancelled", "METHOD:CANCEL"),
        ("gus", "Changed", "METHOD:REQUEST"),
    ]
    calendar = part(mails[1][1], "calendar")
    assert (calendar.count("BEGIN:VEVENT"), new.uid in calendar) == (1, True)
    assert "PARTSTAT=ACCEPTED" in calendar


def test_cancelling_the_following_is_an_earlier_end(alice: Membership, weekly: Event):
    cancel_dates(alice, weekly, FOLLOWING, THIRD)
    ((_who, mail),) = deliver_all()
    assert "RRULE:FREQ=WEEKLY;UNTIL=20351204T225959Z" in part(mail, "calendar")
    assert "hasta" in part(mail, "plain")
    assert weekly.attendees.get().partstat == "ACCEPTED"


def test_the_rehearsal_counts_each_guest_once(
    alice: Membership, weekly: Event, gwen: Guest, gus: Guest
):
    typed = draft_of(weekly, THIRD)
    told = scheduling.audience(alice, typed, weekly, scope=FOLLOWING, recurrence_id=THIRD)
    assert (told.invited, told.updated, told.cancelled) == ((), ("Gwen López",), ())
    told = scheduling.audience_of_cancelling(weekly, scope=FOLLOWING, recurrence_id=THIRD)
    assert told.updated == ("Gwen López",)
    assert Event.objects.count() == 1


def test_the_bell_of_a_colleague_rings_once(
    alice: Membership, bob: Membership, weekly: Event, gwen: Guest
):
    change_dates(alice, weekly, Scope.ALL, FIRST, attendees=[gwen, bob])
    Notification.objects.all().delete()
    new = change_dates(alice, weekly, FOLLOWING, THIRD, title="Newer")
    assert [(one.member, one.event) for one in Notification.objects.all()] == [(bob, new)]


def test_the_preview_is_the_mail_about_the_rest(alice: Membership, weekly: Event, gwen: Guest):
    typed = dataclasses.replace(draft_of(weekly, THIRD), title="Newer")
    shown = preview(alice, typed, weekly, scope=FOLLOWING, recurrence_id=THIRD)
    change_dates(alice, weekly, FOLLOWING, THIRD, title="Newer")
    _old_mail, new_mail = (mail for _who, mail in deliver_all())
    assert shown.subject == new_mail["Subject"]
    assert "ha cambiado esta fecha y las siguientes" in shown.text
    assert "antes: Contract review" in shown.text


def test_an_answer_under_way_to_a_later_date_counts_for_the_rest(
    alice: Membership, weekly: Event, settings: Any
):
    settings.REPLY_DOMAIN = "reply.example"
    Event.objects.update(organizer_email=f"rsvp+{'0' * 32}@reply.example")
    weekly.refresh_from_db()
    box = mailbox(weekly)
    newest = change_dates(alice, weekly, FOLLOWING, THIRD, **at(THIRD, 12))
    new = change_dates(alice, weekly, FOLLOWING, SECOND, title="Newer")
    change_dates(alice, newest, FOLLOWING, FOURTH.replace(hour=12), title="Last")
    declined = [
        ics(weekly, f"RECURRENCE-ID:{date:%Y%m%d}T090000Z", partstat="DECLINED")
        for date in (SECOND, THIRD)
    ]
    counted, late = (receive(reply(text), box) for text in declined)
    assert (counted.outcome, late.outcome) == ("APPLIED", "IGNORED")
    (row,) = Event.objects.exclude(series=None)
    assert (row.series, row.attendees.get().partstat) == (new, "DECLINED")
    assert newest.attendees.get().partstat == "NEEDS-ACTION"
