"""Mails about single dates of a series: subject, words and links say which."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import Scope
from convoca.mail.models import Delivery, Sender
from convoca.standards.ical.model import Partstat
from convoca.worker import post
from tests.builders import draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver, part
from tests.invitations.saving import change, change_date
from tests.support.smtp import SmtpServer

GWEN, GUS = "gwen@guest.example", "gus@guest.example"
SECOND, THIRD = wall("2035-12-04 10:00"), wall("2035-12-11 10:00")
FOUR = "every week on Tuesday, 4 times"


@pytest.fixture
def series(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    """Four Tuesdays at ten with Gus, who holds them; Gwen comes on none yet."""
    Guest.objects.filter(pk=gus.pk).update(timezone="Europe/Madrid")
    gus.refresh_from_db()
    event = scheduling.save_event(
        alice,
        draft(start=SOON, sender=sender, attendees=[gus], rrule="FREQ=WEEKLY;COUNT=4"),
    )
    deliver()
    return Event.objects.get(pk=event.pk)


def fresh(event: Event) -> Event:
    return Event.objects.get(pk=event.pk)


def text(mail: EmailMessage) -> str:
    return " ".join(part(mail, "plain").split())


def page(mail: EmailMessage) -> BeautifulSoup:
    return BeautifulSoup(part(mail, "html"), "html.parser")


def html(mail: EmailMessage) -> str:
    return " ".join(page(mail).body.get_text(" ").split())


def move_second(alice: Membership, event: Event) -> None:
    times = {"start": wall("2035-12-05 12:00"), "end": wall("2035-12-05 13:00")}
    change_date(alice, fresh(event), SECOND, **times)


def test_a_moved_date(alice: Membership, series: Event):
    move_second(alice, series)
    mail = deliver()[GUS]
    assert mail["Subject"] == "Changed: Contract review, Wed 5 Dec 2035, 12:00 (Madrid)"
    old, new = (
        f"{day} December 2035, {span} (Madrid time)"
        for day, span in (("Tuesday, 4", "10:00–11:00"), ("Wednesday, 5", "12:00–13:00"))
    )
    for words in (text(mail), html(mail)):
        assert "Alice Álvarez moved one date" in words
        assert f"Of a series: {FOUR}. The other dates stay as they are." in words
        assert "Please answer for the new time" in words
        assert "27 November" not in words
    assert f"was: {old} is now: {new}" in text(mail)
    assert (page(mail).find("del").text, page(mail).find("ins").text) == (old, new)
    assert page(mail).find("strong").text == new


def test_the_links_of_a_mail_about_one_date_open_that_date(alice: Membership, series: Event):
    move_second(alice, series)
    mail = deliver()[GUS]
    links = {link["href"].partition("?")[2] for link in page(mail).select("a[href*='/r/']")}
    date = "recurrence_id=2035-12-04T10%3A00"
    assert links == {date, f"{date}#mail"} | {
        f"answer={one}&{date}" for one in ("accept", "maybe", "decline")
    }
    assert f"?answer=accept&{date}" in text(mail)


def test_the_answer_shown_is_that_to_the_date(alice: Membership, series: Event):
    invitation = Invitation.objects.get(event=series, email_key=GUS)
    for said, date in ((Partstat.ACCEPTED, None), (Partstat.DECLINED, SECOND)):
        rsvp.record(
            invitation, said, source=Rsvp.Source.WEB, now=timezone.now(), recurrence_id=date
        )
    change_date(alice, fresh(series), SECOND, location="Ritz")
    mail = deliver()[GUS]
    assert mail["Subject"] == "Changed: Contract review, Tue 4 Dec 2035, 10:00 (Madrid)"
    assert "Alice Álvarez changed one date" in text(mail)
    assert "You answered: declined" in text(mail)
    assert "Place: Ritz" in text(mail)
    change_date(alice, fresh(series), THIRD, location="Savoy")
    assert "You answered: accepted" in text(deliver()[GUS])


def test_a_cancelled_date(alice: Membership, series: Event):
    scheduling.cancel_event(alice, series, scope=Scope.THIS, recurrence_id=SECOND, message="Fair")
    mail = deliver()[GUS]
    assert mail["Subject"] == "Cancelled: Contract review, Tue 4 Dec 2035, 10:00 (Madrid)"
    for words in (text(mail), html(mail)):
        assert "Alice Álvarez cancelled one date" in words
        assert "It does not take place then. The other dates stay as they are." in words
        assert "Fair" in words
        assert "Open the event’s page" in words
        assert "Accept" not in words
    assert "Tuesday, 4 December 2035" in page(mail).find("del").text


def test_several_dates_are_one_mail(alice: Membership, series: Event):
    move_second(alice, series)
    change_date(alice, fresh(series), THIRD, location="Ritz")
    mail = deliver()[GUS]
    assert (
        mail["Subject"]
        == "Changed: Contract review, Wed 5 Dec 2035, 12:00 (Madrid) and 1 more date"
    )
    for words in (text(mail), html(mail)):
        assert "Alice Álvarez moved some dates" in words
        assert "Tue 11 Dec 2035, 10:00 (Madrid)" in words
    assert "recurrence_id" not in part(mail, "html")


def test_a_guest_added_to_one_date_learns_of_no_other(
    alice: Membership, series: Event, gus: Guest, gwen: Guest
):
    change_date(alice, series, SECOND, attendees=[gus, gwen])
    mails = deliver()
    assert mails[GWEN]["Subject"] == "Invitación: Contract review, mar 4 dic 2035, 10:00 (Madrid)"
    for words in (text(mails[GWEN]), html(mails[GWEN])):
        assert "Alice Álvarez te invita" in words
        assert (
            "Martes, 4 de diciembre de 2035, 10:00–11:00 (hora de Madrid)".lower() in words.lower()
        )
        assert "Gus Gray" in words
        assert "semana" not in words
    assert mails[GUS]["Subject"] == "Changed: Contract review, Tue 4 Dec 2035, 10:00 (Madrid)"
    assert "Also invited: Gwen López" in text(mails[GUS])


def test_a_guest_gets_one_more_date_and_loses_one(
    alice: Membership, series: Event, gus: Guest, gwen: Guest
):
    change_date(alice, series, SECOND, attendees=[gus, gwen])
    deliver()
    change_date(alice, fresh(series), THIRD, attendees=[gus, gwen])
    mail = deliver()[GWEN]
    assert mail["Subject"] == "Nueva fecha: Contract review, mar 11 dic 2035, 10:00 (Madrid)"
    assert "te invita a una fecha más" in text(mail)
    assert "recurrence_id=2035-12-11T10%3A00" in part(mail, "html")
    change_date(alice, fresh(series), SECOND, attendees=[gus])
    mail = deliver()[GWEN]
    assert mail["Subject"] == "Invitación retirada: Contract review, mar 4 dic 2035, 10:00 (Madrid)"
    assert "A las demás fechas sigues con invitación" in text(mail)
    assert "Abrir la página" in text(mail)


def test_a_guest_of_a_series_left_out_of_one_date(
    alice: Membership, series: Event, gus: Guest, gwen: Guest
):
    change_date(alice, series, SECOND, attendees=[gwen])
    mail = deliver()[GUS]
    assert mail["Subject"] == "No longer invited: Contract review, Tue 4 Dec 2035, 10:00 (Madrid)"
    assert "took you off the guest list of one date" in text(mail)
    assert "To the other dates you are still invited." in text(mail)
    assert "links" not in text(mail).partition("--")[0]


def test_who_keeps_one_date_of_a_series_gets_two_mails_that_say_so(
    alice: Membership, series: Event, gus: Guest, gwen: Guest, smtp: SmtpServer
):
    change(alice, series, attendees=[gwen])
    change_date(alice, fresh(series), SECOND, attendees=[gwen, gus])
    post.send_due()
    first, second = smtp.to(GUS)
    assert first.subject == "No longer invited: Contract review, Tue 27 Nov 2035, 10:00 (Madrid)"
    assert "The next e-mail names the dates to which you still are" in " ".join(first.text.split())
    assert second.subject == "Invitation: Contract review, Tue 4 Dec 2035, 10:00 (Madrid)"
    assert FOUR not in second.text
    assert (Delivery.objects.get(email=GUS).half_sent, len(smtp.to(GUS))) == (0, 2)


def test_each_guest_reads_the_difference_to_what_they_last_got(
    alice: Membership, series: Event, gus: Guest, gwen: Guest
):
    change(alice, series, attendees=[gus, gwen])
    deliver()
    move_second(alice, series)
    Delivery.objects.filter(email=GUS).update(due_at=timezone.now() + dt.timedelta(hours=1))
    deliver()
    change_date(alice, fresh(series), SECOND, location="Ritz")
    mails = deliver()
    assert "4 de diciembre" not in text(mails[GWEN])
    assert "Lugar: Ritz" in text(mails[GWEN])
    assert "was: Tuesday, 4 December 2035" in text(mails[GUS])
    assert "Place: Ritz" in text(mails[GUS])


def test_a_series_that_has_begun_is_told_with_its_next_date(
    alice: Membership, series: Event, gwen: Guest, gus: Guest
):
    with time_machine.travel("2035-12-05T10:00Z"):
        change(alice, series, location="Ritz", attendees=[gus, gwen])
        mails = deliver()
    assert mails[GUS]["Subject"] == "Changed: Contract review, Tue 11 Dec 2035, 10:00 (Madrid)"
    assert mails[GWEN]["Subject"] == "Invitación: Contract review, mar 11 dic 2035, 10:00 (Madrid)"
    for words in (text(mails[GUS]), html(mails[GUS])):
        assert "Next date: Tuesday, 11 December 2035, 10:00–11:00" in words
        assert f"Repeats: {FOUR}" in words
        assert "27 November" not in words


def test_a_series_called_off_when_it_had_begun(alice: Membership, series: Event):
    with time_machine.travel("2035-12-05T10:00Z"):
        scheduling.cancel_event(alice, series)
        mail = deliver()[GUS]
    assert mail["Subject"] == "Cancelled: Contract review, Tue 11 Dec 2035, 10:00 (Madrid)"
