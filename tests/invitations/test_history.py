"""What each attendee answered, however it came, and whether it counts."""

from __future__ import annotations

import pytest
from django.utils import timezone

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event, Room
from convoca.calendars.refusals import NotAllowed
from convoca.invitations.answers import history, rsvp
from convoca.invitations.models import GuestMessage, Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.invitations.waiting import correspondence
from convoca.mail.models import InboundMessage, Sender
from convoca.standards.ical.model import Partstat
from tests.builders import draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.mailbox import (
    GUS,
    GWEN,
    bell,
    ics,
    mailbox,
    move,
    partstat,
    plain,
    receive,
    reply,
)
from tests.invitations.post import notices

Outcome = InboundMessage.Outcome
YES = "sí, pero media hora más tarde"

pytestmark = pytest.mark.usefixtures("reply_domain")


def attendee(event: Event, who: str = GWEN) -> Attendee:
    return Attendee.objects.get(event=event, email_key=who)


def fates(event: Event, who: str = GWEN) -> list[tuple[str, str, str]]:
    said = history.of(event, who)[who]
    return [(one.rsvp.partstat, one.rsvp.source, one.fate.value) for one in said]


def test_she_phoned(alice: Membership, meeting: Event):
    said = rsvp.enter(alice, meeting, attendee(meeting), Partstat.ACCEPTED, note="by phone")
    assert (said.source, said.recorded_by, said.is_applied) == ("HOST", alice, True)
    assert (partstat(meeting), attendee(meeting).note) == ("ACCEPTED", "by phone")
    assert bell(meeting) == []


def test_she_phoned_about_one_date(alice: Membership, gwen, sender: Sender):
    series = scheduling.save_event(
        alice, draft(start=SOON, sender=sender, attendees=[gwen], rrule="FREQ=WEEKLY;COUNT=3")
    )
    date = wall("2035-12-04 10:00")
    rsvp.enter(alice, series, attendee(series), Partstat.DECLINED, recurrence_id=date)
    assert partstat(series) == "NEEDS-ACTION"
    assert Attendee.objects.get(event__recurrence_id=date).partstat == "DECLINED"


def test_only_the_host_enters_answers(bob, mallory, meeting: Event):
    for member in (bob, mallory):
        with pytest.raises(NotAllowed):
            rsvp.enter(member, meeting, attendee(meeting), Partstat.ACCEPTED)


def test_rooms_are_asked_nothing(alice, team):
    room = Room.objects.create(team=team, name="Sala Goya")
    event = scheduling.save_event(alice, draft(start=SOON, attendees=[room]))
    with pytest.raises(Invalid, match="Nobody is asked"):
        rsvp.enter(alice, event, event.attendees.get(), Partstat.ACCEPTED)


def test_the_newest_answer_counts_and_the_others_say_why_not(alice, meeting: Event):
    receive(reply(ics(meeting, dtstamp="20260202T090000Z")), mailbox(meeting))
    receive(reply(ics(meeting, partstat="DECLINED")), mailbox(meeting))
    rsvp.enter(alice, meeting, attendee(meeting), Partstat.TENTATIVE)
    assert fates(meeting) == [
        ("TENTATIVE", "HOST", "COUNTS"),
        ("ACCEPTED", "MAIL", "REPLACED"),
        ("DECLINED", "MAIL", "OLDER"),
    ]


def test_answers_to_an_old_time_say_so(alice, meeting: Event):
    old = ics(meeting, partstat="DECLINED", dtstamp="20260202T090000Z")
    receive(reply(ics(meeting)), mailbox(meeting))
    moved = move(alice, meeting)
    receive(reply(old), mailbox(moved))
    assert fates(moved) == [
        ("DECLINED", "MAIL", "OLD_TIME"),
        ("ACCEPTED", "MAIL", "OLD_TIME"),
    ]


def test_an_answer_to_no_date_says_so(alice, meeting: Event):
    invitation = Invitation.objects.select_related("event").get(event=meeting, email_key=GUS)
    written = rsvp.Written(sequence=0, at=timezone.now(), recurrence_id=wall("2035-12-05 10:00"))
    rsvp.record(
        invitation,
        Partstat.ACCEPTED,
        source=Rsvp.Source.MAIL,
        now=timezone.now(),
        written=written,
    )
    assert fates(meeting, GUS) == [("ACCEPTED", "MAIL", "NO_DATE")]


def test_the_history_costs_the_same_for_many(meeting: Event, django_assert_num_queries):
    for number in range(9):
        stamp = f"2026020{number + 1}T080000Z"
        receive(reply(ics(meeting, dtstamp=stamp, partstat="DECLINED")), mailbox(meeting))
        receive(reply(ics(meeting, who=GUS, dtstamp=stamp)), mailbox(meeting, GUS))
    with django_assert_num_queries(2):
        assert {key: len(said) for key, said in history.of(meeting).items()} == {GWEN: 9, GUS: 9}


def test_words_are_kept_under_the_guest_and_never_guessed(meeting: Event):
    quoted = f"{YES}\n\n> ¿Vendrás?\n"
    row = receive(plain(quoted), mailbox(meeting))
    assert (row.outcome, partstat(meeting)) == (Outcome.FORWARDED, "NEEDS-ACTION")
    ((key, (message,)),) = correspondence.of(meeting).items()
    assert (key, message.text, message.settled_at) == (GWEN, YES, None)
    assert bell(meeting) == ["MESSAGE"]
    assert len(notices()) == 1


def test_the_host_takes_words_for_an_answer_once(alice, meeting: Event):
    receive(plain(YES), mailbox(meeting))
    message = GuestMessage.objects.get()
    correspondence.settle(alice, meeting, message.public_id, Partstat.ACCEPTED)
    correspondence.settle(alice, meeting, message.public_id, Partstat.DECLINED)
    assert (partstat(meeting), attendee(meeting).note) == ("ACCEPTED", YES)
    assert Rsvp.objects.get().source == "HOST"


def test_words_that_are_no_answer_are_settled_too(alice, meeting: Event):
    receive(plain("Danke"), mailbox(meeting))
    done = correspondence.settle(alice, meeting, GuestMessage.objects.get().public_id)
    assert (done.settled_by, done.rsvp, Rsvp.objects.count()) == (alice, None, 0)


def test_only_the_host_settles(bob, mallory, meeting: Event):
    receive(plain(YES), mailbox(meeting))
    for member in (bob, mallory):
        with pytest.raises(NotAllowed):
            correspondence.settle(member, meeting, GuestMessage.objects.get().public_id)


def test_words_are_bounded_and_clean(meeting: Event, monkeypatch):
    receive(plain("a\0b" + "y" * 99_999), mailbox(meeting))
    assert len(GuestMessage.objects.get().text) == correspondence.LONGEST
    monkeypatch.setattr(correspondence, "MOST", 1)
    receive(plain("more"), mailbox(meeting))
    assert GuestMessage.objects.count() == 1


def test_words_of_nobody_known_and_of_the_host_are_only_passed_on(meeting: Event):
    receive(plain("Hello"), meeting.organizer_email)
    receive(plain("Hi", sender="alice@acme.example"), mailbox(meeting))
    receive(plain(""), mailbox(meeting))
    assert not GuestMessage.objects.exists()
