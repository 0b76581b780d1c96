"""Answers to single dates of a series: one judgement for every door, one row per date."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event, EventVersion
from convoca.guests.models import Guest
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import Scope
from convoca.mail.models import Delivery, Sender
from convoca.notifications.models import Notification
from convoca.notifications.words import words
from convoca.standards.ical.model import Partstat
from tests.builders import draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.mailbox import GWEN, ics, mailbox, receive, reply
from tests.invitations.post import deliver, notices, part
from tests.invitations.saving import change, change_date
from tests.support.together import at_once

pytestmark = pytest.mark.usefixtures("reply_domain")

FIRST, SECOND, THIRD = (wall(f"{day} 10:00") for day in ("2035-11-27", "2035-12-04", "2035-12-11"))


@pytest.fixture
def series(alice: Membership, gwen: Guest, gus: Guest, sender: Sender, settings: object) -> Event:
    """Four Tuesdays with Gwen and Gus, who have their invitations."""
    event = scheduling.save_event(
        alice,
        draft(start=SOON, sender=sender, attendees=[gwen, gus], rrule="FREQ=WEEKLY;COUNT=4"),
    )
    deliver()
    return Event.objects.get(pk=event.pk)


@pytest.fixture
def gwens(series: Event) -> Invitation:
    return Invitation.objects.select_related("event").get(event=series, email_key=GWEN)


def say(
    invitation: Invitation, partstat: Partstat, date: dt.datetime | None = None, **fields: object
) -> Rsvp:
    defaults = {"source": Rsvp.Source.WEB, "now": timezone.now(), "recurrence_id": date}
    return rsvp.record(invitation, partstat, **defaults | fields)


def answers(event: Event, address: str = GWEN) -> dict[str, str]:
    """Return what an address says to the series and to each date with a row of its own."""
    rows = Attendee.objects.filter(email_key=address, event__uid=event.uid)
    return {
        "all"
        if row.event.recurrence_id is None
        else f"{row.event.recurrence_id:%d %b}": row.partstat
        for row in rows.select_related("event").order_by("event__recurrence_id")
    }


def test_one_date_is_answered_and_nothing_else_changes(series: Event, gwens: Invitation):
    before = Event.objects.filter(pk=series.pk).values().get()
    answer = say(gwens, Partstat.DECLINED, SECOND)
    assert (answer.recurrence_id, answer.is_applied) == (SECOND, True)
    assert answers(series) == {"all": "NEEDS-ACTION", "04 Dec": "DECLINED"}
    assert answers(series, "gus@guest.example") == {"all": "NEEDS-ACTION", "04 Dec": "NEEDS-ACTION"}
    assert Event.objects.filter(pk=series.pk).values().get() == before
    assert EventVersion.objects.filter(event=series).count() == 1
    assert deliver() == {}


def test_an_answered_date_is_no_change_worth_telling(
    alice: Membership, series: Event, gwens: Invitation
):
    say(gwens, Partstat.DECLINED, SECOND)
    change(alice, series)
    assert deliver() == {}
    assert EventVersion.objects.filter(event=series).count() == 1
    change(alice, Event.objects.get(pk=series.pk), title="Weekly")
    mails = deliver()
    assert sorted(mails) == ["gus@guest.example", GWEN]
    assert answers(series) == {"all": "NEEDS-ACTION", "04 Dec": "DECLINED"}
    assert "SEQUENCE:0" in part(mails[GWEN], "calendar")
    assert "4 dic" not in part(mails[GWEN], "plain").partition("Cuándo")[0]


def test_the_host_hears_which_date(series: Event, gwens: Invitation):
    say(gwens, Partstat.DECLINED, SECOND, note="A wedding")
    say(gwens, Partstat.ACCEPTED)
    single, whole = [words(one).sentence for one in Notification.objects.order_by("id")]
    assert single == "Gwen López declined “Contract review”, Tue 4 Dec 2035, 10:00 (Madrid)"
    assert whole == "Gwen López accepted all dates of “Contract review”"
    first, _second = notices()
    assert first["Subject"] == single
    assert "Declined: 1, No answer yet: 1" in part(first, "plain")


def test_an_answer_to_all_leaves_dates_answered_singly(series: Event, gwens: Invitation):
    say(gwens, Partstat.DECLINED, SECOND)
    gus = Invitation.objects.get(event=series, email_key="gus@guest.example")
    say(gus, Partstat.TENTATIVE, THIRD)
    say(gwens, Partstat.ACCEPTED)
    assert answers(series) == {"all": "ACCEPTED", "04 Dec": "DECLINED", "11 Dec": "ACCEPTED"}
    assert answers(series, "gus@guest.example") == {
        "all": "NEEDS-ACTION",
        "04 Dec": "NEEDS-ACTION",
        "11 Dec": "TENTATIVE",
    }
    say(gwens, Partstat.ACCEPTED, SECOND)
    say(gwens, Partstat.DECLINED)
    assert answers(series) == {"all": "DECLINED", "04 Dec": "ACCEPTED", "11 Dec": "DECLINED"}


def test_a_moved_date_asks_again_and_follows_whoever_saw_it(
    alice: Membership, series: Event, gwens: Invitation
):
    say(gwens, Partstat.ACCEPTED)
    say(gwens, Partstat.TENTATIVE, SECOND)
    change_date(alice, series, SECOND, start=wall("2035-12-05 12:00"), end=wall("2035-12-05 13:00"))
    assert answers(series) == {"all": "ACCEPTED", "04 Dec": "NEEDS-ACTION"}
    late = say(gwens, Partstat.TENTATIVE, SECOND, seen_sequence=0)
    assert not late.is_applied
    assert say(gwens, Partstat.ACCEPTED).is_applied
    assert answers(series) == {"all": "ACCEPTED", "04 Dec": "ACCEPTED"}
    newest = Notification.objects.filter(kind="ANSWER").order_by("-id")[1]
    assert "Wed 5 Dec 2035, 12:00" in words(newest).sentence


def test_the_same_answer_to_a_date_twice_is_one(series: Event, gwens: Invitation):
    first = say(gwens, Partstat.DECLINED, SECOND, note="no")
    assert say(gwens, Partstat.DECLINED, SECOND, note="no") == first
    assert say(gwens, Partstat.DECLINED, THIRD, note="no") != first
    assert say(gwens, Partstat.DECLINED, note="no") != first
    assert Notification.objects.filter(kind="ANSWER").count() == 3


def test_saving_an_answered_date_as_it_is_keeps_the_answer(
    alice: Membership, series: Event, gwens: Invitation
):
    say(gwens, Partstat.DECLINED, SECOND)
    change_date(alice, series, SECOND)
    assert answers(series) == {"all": "NEEDS-ACTION", "04 Dec": "DECLINED"}


@pytest.mark.parametrize("date", ["2035-12-04 11:00", "2035-12-05 10:00", "2036-01-01 10:00"])
def test_a_date_the_series_does_not_have_is_not_answered(
    series: Event, gwens: Invitation, date: str
):
    with pytest.raises(rsvp.Closed):
        say(gwens, Partstat.ACCEPTED, wall(date))
    assert not Rsvp.objects.exists()
    assert not series.overrides.exists()


def test_neither_a_past_nor_a_cancelled_date_is_answered(
    alice: Membership, series: Event, gwens: Invitation, gus: Guest
):
    scheduling.cancel_event(alice, series, scope=Scope.THIS, recurrence_id=THIRD)
    change_date(alice, series, SECOND, attendees=[gus])
    for date, now in ((THIRD, timezone.now()), (SECOND, timezone.now()), (FIRST, NEXT_DAY)):
        with pytest.raises(rsvp.Closed):
            say(gwens, Partstat.ACCEPTED, date, now=now)


NEXT_DAY = dt.datetime(2035, 11, 28, tzinfo=dt.UTC)


def test_who_is_on_single_dates_answers_those(
    alice: Membership, series: Event, gwens: Invitation, gus: Guest, gwen: Guest
):
    change(alice, series, attendees=[gus])
    for date in (SECOND, THIRD):
        change_date(alice, Event.objects.get(pk=series.pk), date, attendees=[gus, gwen])
    with pytest.raises(rsvp.Closed):
        say(gwens, Partstat.ACCEPTED, FIRST)
    say(gwens, Partstat.DECLINED, SECOND)
    assert answers(series) == {"04 Dec": "DECLINED", "11 Dec": "NEEDS-ACTION"}
    say(gwens, Partstat.ACCEPTED)
    assert answers(series) == {"04 Dec": "ACCEPTED", "11 Dec": "ACCEPTED"}
    assert answers(series, "gus@guest.example")["all"] == "NEEDS-ACTION"


def test_gmail_answers_the_series_and_several_dates_in_one_mail(series: Event):
    """In UTC, with a RECURRENCE-ID for each date answered otherwise."""
    text = ics(series).replace("END:VCALENDAR\r\n", "")
    for original, said in (("20351204T090000Z", "DECLINED"), ("20351211T090000Z", "TENTATIVE")):
        text += (
            f"BEGIN:VEVENT\r\nUID:{series.uid}\r\nDTSTAMP:20260202T080000Z\r\nSEQUENCE:0\r\n"
            f"RECURRENCE-ID:{original}\r\nATTENDEE;PARTSTAT={said}:mailto:{GWEN}\r\nEND:VEVENT\r\n"
        )
    receive(reply(text + "END:VCALENDAR\r\n"), mailbox(series))
    assert answers(series) == {"all": "ACCEPTED", "04 Dec": "DECLINED", "11 Dec": "TENTATIVE"}
    assert Rsvp.objects.filter(is_applied=True).count() == 3
    receive(reply(text + "END:VCALENDAR\r\n", headers="Received: x\r\n"), mailbox(series))
    assert Rsvp.objects.count() == 3


def test_each_date_has_its_own_order(series: Event, gwens: Invitation):
    to = mailbox(series)
    for stamp, said, date in (
        ("20260203T080000Z", "DECLINED", "20351204T090000Z"),
        ("20260202T080000Z", "ACCEPTED", "20351204T090000Z"),
        ("20260201T080000Z", "TENTATIVE", "20351211T090000Z"),
    ):
        receive(reply(ics(series, f"RECURRENCE-ID:{date}", partstat=said, dtstamp=stamp)), to)
    assert answers(series) == {"all": "NEEDS-ACTION", "04 Dec": "DECLINED", "11 Dec": "TENTATIVE"}
    say(gwens, Partstat.ACCEPTED, SECOND)
    late = ics(series, "RECURRENCE-ID:20351204T090000Z", dtstamp="20260204T080000Z")
    receive(reply(late.replace("ACCEPTED", "DECLINED")), to)
    assert answers(series)["04 Dec"] == "ACCEPTED"


def test_a_mail_sent_again_keeps_the_answers_to_dates(series: Event, gwens: Invitation):
    say(gwens, Partstat.ACCEPTED)
    say(gwens, Partstat.DECLINED, SECOND)
    receive(reply(ics(series, method="REFRESH")), mailbox(series))
    calendar = part(deliver()[GWEN], "calendar").replace("\n ", "")
    whole, single = calendar.split("BEGIN:VEVENT")[1:]
    assert "PARTSTAT=ACCEPTED" in line(whole, "ATTENDEE", GWEN)
    assert "RECURRENCE-ID;TZID=Europe/Madrid:20351204T100000" in single
    assert "PARTSTAT=DECLINED" in line(single, "ATTENDEE", GWEN)


def line(component: str, name: str, containing: str) -> str:
    [found] = [one for one in component.splitlines() if one.startswith(name) and containing in one]
    return found


@pytest.mark.django_db(transaction=True)
def test_forty_answers_to_one_date_at_once_make_one_row(series: Event, gwens: Invitation):
    def press(number: int) -> None:
        said = (Partstat.ACCEPTED, Partstat.DECLINED)[number % 2]
        say(Invitation.objects.get(pk=gwens.pk), said, SECOND)

    at_once(*(partial(press, number) for number in range(40)))
    [date] = Event.objects.filter(series=series)
    assert date.recurrence_id == SECOND
    assert date.attendees.count() == 2
    newest = gwens.rsvps.order_by("-id")[0]
    assert date.attendees.get(email_key=GWEN).partstat == newest.partstat
    assert not Delivery.objects.filter(kind="INVITATION", due_at__isnull=False).exists()
