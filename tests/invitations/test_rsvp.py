"""Answers: one path, the standard's order, and the host hears of it."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Attendee, Event
from convoca.guests.models import Guest
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.mail.models import Sender
from convoca.notifications.models import Notification
from convoca.standards.ical.model import Partstat
from tests.builders import draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver, notices, part
from tests.support.together import at_once


def say(invitation: Invitation, partstat: Partstat, note: str = "", **fields: object) -> Rsvp:
    defaults = {"source": Rsvp.Source.WEB, "now": timezone.now()}
    return rsvp.record(invitation, partstat, note=note, **defaults | fields)


def attendee(invitation: Invitation) -> Attendee:
    return Attendee.objects.get(event=invitation.event, email_key=invitation.email_key)


def test_an_answer_is_kept_applied_and_told(gwens: Invitation, alice: Membership):
    say(gwens, Partstat.ACCEPTED, "  I bring cake.  ")
    row = attendee(gwens)
    assert (row.partstat, row.note, row.replied_sequence) == ("ACCEPTED", "I bring cake.", 0)
    [bell] = Notification.objects.filter(kind="ANSWER")
    assert bell.member == alice
    assert bell.facts["name"] == "Gwen López"
    [mail] = notices()
    assert str(mail["To"]) == "Alice Álvarez <alice@acme.example>"
    assert mail["Subject"].startswith("Gwen López accepted “Contract review”")
    assert "I bring cake." in part(mail, "plain")
    assert "Accepted: 1, No answer yet: 1" in part(mail, "plain")


def test_the_same_answer_twice_is_one(gwens: Invitation):
    first = say(gwens, Partstat.ACCEPTED, "ok")
    assert say(gwens, Partstat.ACCEPTED, "ok") == first
    assert Notification.objects.filter(kind="ANSWER").count() == 1
    say(gwens, Partstat.ACCEPTED, "ok, and cake")
    say(gwens, Partstat.DECLINED)
    say(gwens, Partstat.ACCEPTED, "ok")
    assert [one.partstat for one in gwens.rsvps.all()] == [
        *("ACCEPTED", "ACCEPTED", "DECLINED", "ACCEPTED")
    ]
    assert Notification.objects.filter(kind="ANSWER").count() == 4


def test_an_answer_to_an_older_time_is_kept_but_does_not_count(
    alice: Membership, meeting: Event, gwens: Invitation
):
    typed = dataclasses.replace(
        draft_of(meeting), start=wall("2035-11-28 10:00"), end=wall("2035-11-28 11:00")
    )
    scheduling.save_event(alice, typed, meeting)
    answer = say(gwens, Partstat.ACCEPTED, seen_sequence=0)
    assert not answer.is_applied
    assert attendee(gwens).partstat == "NEEDS-ACTION"
    assert Notification.objects.get(kind="ANSWER").facts["is_applied"] is False
    assert say(gwens, Partstat.ACCEPTED, seen_sequence=1).is_applied
    assert attendee(gwens).partstat == "ACCEPTED"


def test_a_click_counts_though_an_earlier_answers_clock_ran_ahead(gwens: Invitation):
    ahead = timezone.now() + dt.timedelta(days=3)
    say(gwens, Partstat.ACCEPTED, now=ahead)
    say(gwens, Partstat.DECLINED)
    assert attendee(gwens).partstat == "DECLINED"
    assert attendee(gwens).replied_at > ahead


def test_answering_again_after_a_reset_counts_though_it_is_the_same(
    alice: Membership, meeting: Event, gwens: Invitation
):
    say(gwens, Partstat.ACCEPTED)
    typed = dataclasses.replace(
        draft_of(meeting), start=wall("2035-11-28 10:00"), end=wall("2035-11-28 11:00")
    )
    scheduling.save_event(alice, typed, Event.objects.get(pk=meeting.pk))
    say(gwens, Partstat.ACCEPTED)
    assert attendee(gwens).partstat == "ACCEPTED"
    assert gwens.rsvps.count() == 2


def test_no_answer_to_a_cancelled_event(alice: Membership, meeting: Event, gwens: Invitation):
    scheduling.cancel_event(alice, meeting)
    with pytest.raises(rsvp.Closed):
        say(gwens, Partstat.ACCEPTED)
    assert not gwens.rsvps.exists()


def test_no_answer_once_it_is_over(meeting: Event, gwens: Invitation):
    with pytest.raises(rsvp.Closed):
        say(gwens, Partstat.ACCEPTED, now=dt.datetime(2036, 1, 1, tzinfo=dt.UTC))


def test_no_answer_of_who_was_removed(
    alice: Membership, meeting: Event, gwens: Invitation, gus: Guest
):
    scheduling.save_event(alice, dataclasses.replace(draft_of(meeting), attendees=[gus]), meeting)
    with pytest.raises(rsvp.Closed):
        say(gwens, Partstat.ACCEPTED)


def test_the_event_may_ask_for_silence(alice: Membership, gwen: Guest, sender: Sender):
    event = scheduling.save_event(
        alice, draft(start=SOON, sender=sender, attendees=[gwen], notify_answers=False)
    )
    say(Invitation.objects.get(event=event), Partstat.ACCEPTED)
    assert not Notification.objects.exists()
    deliver()
    assert notices() == []


def test_the_host_may_want_the_bell_only(alice: Membership, gwens: Invitation):
    Membership.objects.filter(pk=alice.pk).update(notify_by_email=False)
    say(Invitation.objects.get(pk=gwens.pk), Partstat.ACCEPTED)
    assert Notification.objects.filter(member=alice).count() == 1
    assert notices() == []


def test_what_the_host_enters_is_not_told_to_the_host(alice: Membership, gwens: Invitation):
    answer = say(gwens, Partstat.ACCEPTED, "She phoned", source=Rsvp.Source.HOST, member=alice)
    assert (answer.recorded_by, attendee(gwens).note) == (alice, "She phoned")
    assert not Notification.objects.exists()


def test_notes_are_bounded(gwens: Invitation):
    say(gwens, Partstat.ACCEPTED, "x" * 5_000)
    assert len(attendee(gwens).note) == 2_000


def test_the_notice_holds_hostile_words_as_words(gwens: Invitation):
    Invitation.objects.filter(pk=gwens.pk).update(name="<b>Gwen</b>\r\nBcc: x@x.example")
    say(Invitation.objects.get(pk=gwens.pk), Partstat.ACCEPTED, "<script>alert(1)</script>")
    [mail] = notices()
    assert mail["Bcc"] is None
    assert "<script>" not in part(mail, "html")
    assert "<b>Gwen" not in part(mail, "html")


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_answer(gwens: Invitation):
    def press() -> int:
        return say(Invitation.objects.get(pk=gwens.pk), Partstat.ACCEPTED, "ok").pk

    assert set(at_once(*[press] * 8)) == {Rsvp.objects.get().pk}
    assert Notification.objects.filter(kind="ANSWER").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_save_and_an_answer_at_once_both_count(
    alice: Membership, meeting: Event, gwens: Invitation
):
    """Whoever comes second sees the other: the answer is applied, or it was to the old time."""

    def move() -> None:
        typed = dataclasses.replace(
            draft_of(meeting), start=wall("2035-11-28 10:00"), end=wall("2035-11-28 11:00")
        )
        scheduling.save_event(alice, typed, meeting)

    def answer() -> None:
        say(Invitation.objects.get(pk=gwens.pk), Partstat.ACCEPTED, seen_sequence=0)

    at_once(move, answer)
    assert attendee(gwens).partstat == "NEEDS-ACTION"
    assert attendee(gwens).asked_sequence == 1
