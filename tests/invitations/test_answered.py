"""What a host is mailed of answers: the first at once, those in a row in one, whatever comes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.invitations.answers import answered, rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.mail.models import Delivery
from convoca.notifications.models import Notification
from convoca.standards.ical.model import Partstat
from tests.invitations.mailbox import GUS, GWEN
from tests.invitations.post import notices, part

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock(time_machine: Any, meeting: Event) -> Any:
    time_machine.move_to("2026-11-20T10:00Z", tick=False)
    return time_machine


def say(event: Event, who: str, partstat: Partstat, note: str = "") -> None:
    invitation = Invitation.objects.select_related("event").get(event=event, email_key=who)
    rsvp.record(invitation, partstat, note=note, source=Rsvp.Source.WEB, now=timezone.now())


def waits() -> list[dt.timedelta]:
    """Return how long each mail to a host waits from now, oldest first."""
    rows = Delivery.objects.filter(key__startswith="answers:", sent=0).order_by("id")
    return [row.due_at - timezone.now() for row in rows]


def test_the_first_answer_is_mailed_at_once_and_the_next_ones_in_one(meeting: Event, clock: Any):
    say(meeting, GWEN, Partstat.ACCEPTED)
    assert waits() == [dt.timedelta()]
    [_first] = notices()
    clock.shift(MINUTE)
    say(meeting, GUS, Partstat.DECLINED, "A wedding")
    clock.shift(MINUTE)
    say(meeting, GWEN, Partstat.TENTATIVE)
    assert waits() == [3 * MINUTE]
    [mail] = notices()
    text = part(mail, "plain")
    assert mail["Subject"].startswith("Gwen López may come to")
    assert mail["Subject"].endswith("and 1 more")
    assert text.index("Gus Gray declined") < text.index("A wedding") < text.index("Gwen López may")
    assert "Maybe: 1, Declined: 1" in text
    assert "accepted" not in text


def test_a_mail_that_has_left_begins_the_pause_again(meeting: Event, clock: Any):
    for partstat in (Partstat.ACCEPTED, Partstat.DECLINED):
        say(meeting, GWEN, partstat)
        notices()
    clock.shift(answered.PAUSE + MINUTE)
    say(meeting, GWEN, Partstat.ACCEPTED)
    assert waits() == [answered.PAUSE - MINUTE]
    clock.shift(3 * answered.PAUSE)
    notices()
    say(meeting, GWEN, Partstat.DECLINED)
    assert waits() == [dt.timedelta()]


def test_a_mail_that_is_just_leaving_is_left_alone(meeting: Event):
    say(meeting, GWEN, Partstat.ACCEPTED)
    say(meeting, GWEN, Partstat.DECLINED)
    Delivery.objects.filter(key__startswith="answers:").update(lease="x")
    say(meeting, GUS, Partstat.ACCEPTED)
    first, second, third = notices()
    assert "Gus" not in part(second, "plain")
    assert (first["Subject"][:4], third["Subject"][:3]) == ("Gwen", "Gus")


def test_very_many_are_named_only_as_far_as_one_can_read(meeting: Event, monkeypatch):
    monkeypatch.setattr(answered, "MOST_LISTED", 3)
    for turn in range(6):
        say(meeting, GWEN, (Partstat.ACCEPTED, Partstat.DECLINED)[turn % 2], f"note {turn}")
    _first, mail = notices()
    text = part(mail, "plain")
    assert [turn for turn in range(6) if f"note {turn}" in text] == [3, 4, 5]
    assert "and 2 more" in text
    assert mail["Subject"].endswith("and 4 more")
    assert Notification.objects.filter(kind="ANSWER").count() == 6


def test_another_host_is_told_by_mails_of_their_own(meeting: Event, bob: Membership):
    say(meeting, GWEN, Partstat.ACCEPTED)
    say(meeting, GUS, Partstat.ACCEPTED)
    Event.objects.filter(pk=meeting.pk).update(host=bob)
    say(meeting, GWEN, Partstat.DECLINED)
    mails = {mail["To"].addresses[0].addr_spec: part(mail, "plain") for mail in notices()[1:]}
    assert sorted(mails) == ["alice@acme.example", "bob@acme.example"]
    assert "Gwen" not in mails["alice@acme.example"]
    assert "Gus" not in mails["bob@acme.example"]
