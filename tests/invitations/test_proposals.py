"""Another time is proposed: kept once, taken for all or refused to one, and dead with the time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Attendee, Event
from convoca.calendars.refusals import Conflict, NotAllowed
from convoca.guests.models import Guest
from convoca.invitations import invitees
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Proposal, Rsvp
from convoca.invitations.saving import scheduling
from convoca.invitations.waiting import proposals
from convoca.mail import outbox
from convoca.mail.models import Delivery, InboundMessage
from convoca.mail.transit import Outgoing
from convoca.mail.transport import verp
from convoca.standards.itip.changes import Span
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
    receive,
    reply,
)
from tests.invitations.post import deliver, notices
from tests.invitations.post import part as body

Outcome = InboundMessage.Outcome
MADRID = ZoneInfo("Europe/Madrid")
NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)

pytestmark = pytest.mark.usefixtures("reply_domain")


def span(start: str = "2035-11-27 16:00", end: str = "2035-11-27 17:00") -> Span:
    return Span(
        start=wall(start).replace(tzinfo=MADRID),
        end=wall(end).replace(tzinfo=MADRID),
    )


def propose(event: Event, who: str = GWEN, **fields: object) -> Proposal:
    invitation = Invitation.objects.select_related("event__host__user", "guest").get(
        event=event, email_key=who
    )
    given = {"source": Rsvp.Source.WEB, "now": NOW} | fields
    return proposals.propose(invitation, given.pop("span", span()), **given)


def counter(event: Event, *lines: str, **said: str) -> bytes:
    times = ("DTSTART:20351127T150000Z", "DTEND:20351127T160000Z", "COMMENT:Later?")
    return reply(ics(event, *times, *lines, method="COUNTER", partstat="TENTATIVE", **said))


def test_a_counter_by_mail_waits_for_the_host_and_changes_nothing(meeting: Event):
    row = receive(counter(meeting), mailbox(meeting))
    assert (row.outcome, partstat(meeting)) == (Outcome.HELD, "NEEDS-ACTION")
    (waiting,) = proposals.waiting(meeting)
    assert (waiting.start, waiting.end) == (wall("2035-11-27 16:00"), wall("2035-11-27 17:00"))
    assert (waiting.timezone, waiting.note, waiting.source) == ("Europe/Madrid", "Later?", "MAIL")
    assert bell(meeting) == ["PROPOSAL"]
    told = " ".join(body(notices()[0], "plain").split())
    assert "Gwen López proposes another time for “Contract review”" in told
    assert "Tue 27 Nov 2035, 16:00 (Madrid)" in told
    assert "#proposals" in told


def test_a_counter_nothing_proves_is_only_told(meeting: Event):
    assert receive(counter(meeting), mailbox(meeting, GUS)).outcome == Outcome.FORWARDED
    assert proposals.waiting(meeting) == []
    text = " ".join(body(notices()[0], "plain").split())
    assert "proposes another time: Tue 27 Nov 2035, 16:00" in text


def test_a_newer_proposal_replaces_the_older_in_whatever_order_they_come(meeting: Event):
    newer = counter(meeting, dtstamp="20260203T080000Z")
    receive(newer.replace(b"MTUwMDAw", b"MTUwMDAw"), mailbox(meeting))
    assert receive(counter(meeting), mailbox(meeting)).outcome == Outcome.IGNORED
    propose(meeting, span=span("2035-11-29 09:00", "2035-11-29 10:00"))
    propose(meeting, GUS)
    assert [(one.invitation.email, one.start.day) for one in proposals.waiting(meeting)] == [
        (GWEN, 29),
        (GUS, 27),
    ]
    assert Proposal.objects.get(decision="REPLACED").source == "MAIL"


def test_the_same_proposal_twice_is_one(meeting: Event):
    assert propose(meeting) == propose(meeting)
    assert bell(meeting) == ["PROPOSAL"]


def test_an_accepted_proposal_moves_the_event_for_all(alice: Membership, meeting: Event):
    made = propose(meeting, note="Later?")
    propose(meeting, GUS)
    moved = proposals.accept(alice, meeting, made.public_id, message="Fine")
    assert (moved.start, moved.end) == (wall("2035-11-27 16:00"), wall("2035-11-27 17:00"))
    assert (partstat(moved), partstat(moved, GUS)) == ("ACCEPTED", "NEEDS-ACTION")
    assert proposals.waiting(moved) == []
    mails = deliver()
    assert set(mails) == {GWEN, GUS}
    assert "PARTSTAT=ACCEPTED" in body(mails[GWEN], "calendar").replace("\n ", "")
    assert "Fine" in body(mails[GUS], "plain")


def test_a_proposal_for_one_date_moves_that_date_alone(alice, gwen, sender):
    series = scheduling.save_event(
        alice,
        draft(start=SOON, sender=sender, attendees=[gwen], rrule="FREQ=WEEKLY;COUNT=4"),
    )
    deliver()
    date = wall("2035-12-04 10:00")
    made = propose(series, recurrence_id=date, span=span("2035-12-05 12:00", "2035-12-05 13:00"))
    row = proposals.accept(alice, series, made.public_id)
    assert (row.recurrence_id, row.start) == (date, wall("2035-12-05 12:00"))
    assert Attendee.objects.get(event=row).partstat == "ACCEPTED"
    assert partstat(series) == "NEEDS-ACTION"
    series.refresh_from_db()
    assert series.start == wall(SOON)


def test_a_refusal_goes_to_who_proposed_alone_and_raises_nothing(alice, meeting: Event):
    made = propose(meeting)
    proposals.refuse(alice, meeting, made.public_id, message="No puedo.")
    (queued,) = Delivery.objects.filter(key__startswith="refusal:")
    notices()
    mail = outbox.open_post(queued)
    assert (mail.recipient, verp.delivery_id(mail.envelope_from)) == (GWEN, queued.pk)
    meeting.refresh_from_db()
    assert (meeting.sequence, proposals.waiting(meeting), deliver()) == (0, [], {})


def refused(alice: Membership, meeting: Event) -> Outgoing:
    receive(counter(meeting), mailbox(meeting))
    (made,) = proposals.waiting(meeting)
    done = proposals.refuse(alice, meeting, made.public_id, message="No puedo.")
    return done.delivery


def test_the_refusal_says_by_itself_what_stands(alice, meeting):
    delivery = refused(alice, meeting)
    mail = next(one for one in notices() if one["To"].addresses[0].addr_spec == delivery.email)
    assert mail["Subject"].startswith("Sigue como estaba: Contract review")
    assert mail["From"].addresses[0].addr_spec == "alice@acme.example"
    text = " ".join(body(mail, "plain").split())
    for words in ("martes, 27 de noviembre de 2035, 16:00–17:00", "10:00–11:00", "No puedo."):
        assert words in text
    lines = body(mail, "calendar").replace("\n ", "").splitlines()
    inner = lines[lines.index("BEGIN:VEVENT") + 1 : lines.index("END:VEVENT")]
    assert "METHOD:DECLINECOUNTER" in lines
    assert [one.partition(":")[0].partition(";")[0] for one in inner] == [
        *("UID", "DTSTAMP", "SEQUENCE", "COMMENT", "ORGANIZER"),
    ]
    assert f"UID:{meeting.uid}" in inner
    assert "SEQUENCE:0" in inner
    assert inner[-1].endswith(f":mailto:{mailbox(meeting)}")
    assert "BEGIN:VTIMEZONE" not in lines


def test_a_refusal_is_the_same_mail_however_often_it_is_tried(alice, meeting):
    delivery = refused(alice, meeting)
    assert outbox.open_post(delivery).content == outbox.open_post(delivery).content
    with pytest.raises(Conflict, match="has decided already"):
        proposals.refuse(alice, meeting, Proposal.objects.get().public_id)
    assert Delivery.objects.filter(key__startswith="refusal:").count() == 1


def test_who_wishes_for_no_mail_gets_no_refusal(alice, meeting, gwen: Guest):
    made = propose(meeting)
    invitees.opt_out(gwen, NOW)
    done = proposals.refuse(alice, meeting, made.public_id)
    assert (done.decision, done.delivery) == ("REFUSED", None)


@pytest.mark.parametrize("fate", ["moved", "cancelled", "removed", "passed"])
def test_proposals_die(fate: str, alice, gus, meeting: Event, time_machine):
    made = propose(meeting)
    if fate == "moved":
        move(alice, meeting)
    elif fate == "cancelled":
        scheduling.cancel_event(alice, meeting)
    elif fate == "removed":
        scheduling.save_event(alice, replace(draft_of(meeting), attendees=[gus]), meeting)
    else:
        time_machine.move_to("2036-01-01T00:00Z")
    meeting.refresh_from_db()
    assert proposals.waiting(meeting) == []
    with pytest.raises(Conflict, match="does not stand any more"):
        proposals.accept(alice, meeting, made.public_id)


def test_a_proposal_for_a_date_dies_with_the_date(alice, gwen, sender):
    series = scheduling.save_event(
        alice,
        draft(start=SOON, sender=sender, attendees=[gwen], rrule="FREQ=WEEKLY;COUNT=4"),
    )
    date = wall("2035-12-04 10:00")
    propose(series, recurrence_id=date)
    scheduling.cancel_event(alice, series, scope=scheduling.Scope.THIS, recurrence_id=date)
    assert proposals.waiting(Event.objects.get(pk=series.pk)) == []


def test_a_change_without_a_new_time_keeps_proposals(alice, meeting):
    propose(meeting)
    scheduling.save_event(alice, replace(draft_of(meeting), title="Other"), meeting)
    assert len(proposals.waiting(meeting)) == 1


def test_impossible_times_are_refused(meeting: Event):
    for start, end in (
        ("2035-11-27 16:00", "2035-11-27 16:00"),
        ("2035-11-27 16:00", "2036-02-27 16:00"),
        ("2026-11-19 10:00", "2026-11-19 11:00"),
        ("2155-11-19 10:00", "2155-11-19 11:00"),
    ):
        with pytest.raises(Invalid):
            propose(meeting, span=span(start, end))
    assert not Proposal.objects.exists()


def test_a_proposal_to_an_old_time_is_refused(alice, meeting):
    moved = move(alice, meeting)
    with pytest.raises(Invalid, match="changed meanwhile"):
        propose(moved, sequence=0)


def test_nobody_proposes_for_what_is_over_or_never_was(alice, meeting):
    with pytest.raises(rsvp.Closed):
        propose(meeting, recurrence_id=wall("2035-12-05 10:00"))
    with pytest.raises(rsvp.Closed):
        propose(scheduling.cancel_event(alice, meeting))


def test_only_the_host_decides(bob, mallory, meeting):
    made = propose(meeting)
    for member in (bob, mallory):
        for decide in (proposals.accept, proposals.refuse):
            with pytest.raises(NotAllowed):
                decide(member, meeting, made.public_id)
