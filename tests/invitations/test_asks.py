"""Asks to join: the host admits, merges, believes or ignores, and each counts once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from convoca.accounts.invalid import Invalid
from convoca.accounts.limits import LimitReached
from convoca.accounts.models import Membership, Plan, Role
from convoca.accounts.plans import TERMS, Terms
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Attendee, Event
from convoca.calendars.refusals import Conflict, NotAllowed
from convoca.guests import aliases
from convoca.guests.models import Alias, Guest
from convoca.invitations.models import HeldAnswer, Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.invitations.waiting import asks
from convoca.mail.models import InboundMessage, Sender
from convoca.notifications.models import Notification
from tests.builders import draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.mailbox import GUS, GWEN, ics, mailbox, move, partstat, receive, reply
from tests.invitations.post import deliver
from tests.invitations.post import part as body
from tests.support.together import at_once

MIA, ICLOUD = "mia@crash.example", "gwen@icloud.example"
ADMITTED, MERGED = HeldAnswer.Decision.ADMITTED, HeldAnswer.Decision.MERGED
IGNORED = HeldAnswer.Decision.IGNORED
Outcome = InboundMessage.Outcome

pytestmark = pytest.mark.usefixtures("reply_domain")


def ask(event: Event, who: str = MIA, to: str = GWEN, *lines: str, **said: str) -> HeldAnswer:
    """Let somebody answer by the mailbox of a guest, and return what is held."""
    text = ics(event, *lines, who=who, **said).replace(":mailto", ";CN=Mia Moya:mailto")
    receive(reply(text, sender=who), mailbox(event, to))
    return HeldAnswer.objects.get(event=event, email_key=who)


def test_a_stranger_is_admitted_with_the_answer_they_gave(alice: Membership, meeting: Event):
    held = ask(meeting, MIA, GWEN, "COMMENT:May I?")
    asks.decide(alice, meeting, held.public_id, ADMITTED)
    mia = Attendee.objects.get(event=meeting, email_key=MIA)
    assert (mia.partstat, mia.note, mia.name) == ("ACCEPTED", "May I?", "Mia Moya")
    assert (mia.guest.first_name, mia.guest.last_name) == ("Mia", "Moya")
    mails = deliver()
    assert list(mails) == [MIA]
    assert "You answered: accepted" in body(mails[MIA], "plain")
    assert "PARTSTAT=ACCEPTED" in body(mails[MIA], "calendar").replace("\n ", "")
    assert asks.waiting(meeting) == []
    assert Rsvp.objects.get().source == Rsvp.Source.MAIL


def test_an_answer_to_an_old_time_admits_and_asks_again(alice: Membership, meeting: Event):
    held = ask(meeting)
    asks.decide(alice, move(alice, meeting), held.public_id, ADMITTED)
    assert partstat(meeting, MIA) == "NEEDS-ACTION"
    assert Rsvp.objects.get().is_applied is False


def test_a_delegate_comes_in_place_of_who_sent_them(alice: Membership, meeting: Event):
    text = ics(meeting, partstat="DELEGATED").replace(
        ";PARTSTAT=DELEGATED", f';PARTSTAT=DELEGATED;DELEGATED-TO="mailto:{MIA}"'
    )
    receive(reply(text), mailbox(meeting))
    asks.decide(alice, meeting, HeldAnswer.objects.get().public_id, ADMITTED)
    assert (partstat(meeting), partstat(meeting, MIA)) == ("DELEGATED", "NEEDS-ACTION")
    assert list(deliver()) == [MIA]


@pytest.mark.parametrize("first", ["delegate", "delegator"])
def test_a_delegates_own_answer_counts_in_whatever_order_it_comes(
    first: str, alice: Membership, meeting: Event
):
    word = ics(meeting, partstat="DELEGATED").replace(
        ";PARTSTAT=DELEGATED", f';PARTSTAT=DELEGATED;DELEGATED-TO="mailto:{MIA}"'
    )
    mails = [reply(ics(meeting, who=MIA), sender=MIA), reply(word)]
    for content in mails if first == "delegate" else reversed(mails):
        receive(content, mailbox(meeting))
    held = HeldAnswer.objects.get()
    assert (held.why, held.partstat, held.resembles.email) == ("DELEGATE", "ACCEPTED", GWEN)
    asks.decide(alice, meeting, held.public_id, ADMITTED)
    assert (partstat(meeting), partstat(meeting, MIA)) == ("DELEGATED", "ACCEPTED")


def test_an_unproven_answer_counts_when_the_host_believes_it(alice: Membership, meeting: Event):
    held = ask(meeting, GWEN, GUS, partstat="DECLINED")
    asks.decide(alice, meeting, held.public_id, ADMITTED)
    assert partstat(meeting) == "DECLINED"
    assert Attendee.objects.filter(event=meeting).count() == 2
    assert deliver() == {}


def test_an_unproven_answer_never_beats_a_newer_one(alice: Membership, meeting: Event):
    held = ask(meeting, GWEN, GUS, partstat="DECLINED")
    receive(reply(ics(meeting, dtstamp="20260203T080000Z")), mailbox(meeting))
    asks.decide(alice, meeting, held.public_id, ADMITTED)
    assert partstat(meeting) == "ACCEPTED"


def test_another_answer_asks_the_host_again(alice: Membership, meeting: Event):
    held = ask(meeting, GWEN, GUS)
    asks.decide(alice, meeting, held.public_id, ADMITTED)
    again = reply(ics(meeting), headers="Received: by x\r\n")
    assert receive(again, mailbox(meeting, GUS)).outcome == Outcome.IGNORED
    ask(meeting, GWEN, GUS, partstat="DECLINED", dtstamp="20260203T080000Z")
    assert [one.partstat for one in asks.waiting(meeting)] == ["DECLINED"]


def test_a_merged_answer_is_the_guests_and_so_is_every_later_one(alice, meeting, gwen):
    held = ask(meeting, ICLOUD)
    asks.decide(alice, meeting, held.public_id, MERGED)
    assert partstat(meeting) == "ACCEPTED"
    assert Alias.objects.get().guest == gwen
    later = ics(meeting, who=ICLOUD, partstat="TENTATIVE", dtstamp="20260203T080000Z")
    assert receive(reply(later, sender=ICLOUD), mailbox(meeting)).outcome == Outcome.APPLIED
    assert partstat(meeting) == "TENTATIVE"
    assert not Guest.objects.filter(email_key=ICLOUD).exists()
    other = move(alice, scheduling.save_event(alice, again(meeting)))
    receive(reply(ics(other, who=ICLOUD), sender=ICLOUD), mailbox(other))
    assert partstat(other) == "ACCEPTED"


def again(event: Event):
    """Return the draft of another event with the same guests."""
    return replace(draft_of(event), title="Another")


def test_an_alias_proven_by_dmarc_needs_no_token(alice, meeting, gwen, settings):
    aliases.add(alice, gwen, ICLOUD)
    settings.AUTHSERV_ID = "mx.acme.example"
    proof = "Authentication-Results: mx.acme.example; dmarc=pass header.from=icloud.example\r\n"
    content = reply(ics(meeting, who=ICLOUD), sender=ICLOUD, headers=proof)
    assert receive(content, "alice@acme.example").outcome == Outcome.APPLIED
    unproven = ics(meeting, who=ICLOUD, partstat="DECLINED", dtstamp="20260203T080000Z")
    assert receive(reply(unproven, sender=ICLOUD), mailbox(meeting, GUS)).outcome == Outcome.HELD
    assert partstat(meeting) == "ACCEPTED"


def test_an_address_that_is_invited_speaks_for_itself(alice, meeting, gwen):
    aliases.add(alice, gwen, GUS)
    receive(reply(ics(meeting, who=GUS), sender=GUS), mailbox(meeting, GUS))
    assert (partstat(meeting), partstat(meeting, GUS)) == ("NEEDS-ACTION", "ACCEPTED")


def test_the_host_chooses_whose_other_address_it_is(alice, meeting, gus):
    held = ask(meeting, ICLOUD)
    attendee = Attendee.objects.get(event=meeting, email_key=GUS)
    asks.decide(alice, meeting, held.public_id, MERGED, attendee=attendee)
    assert (partstat(meeting), partstat(meeting, GUS)) == ("NEEDS-ACTION", "ACCEPTED")
    assert Alias.objects.get().guest == gus


def test_a_colleagues_address_is_nobodys_alias(alice, bob, meeting):
    held = ask(meeting, "bob@acme.example")
    with pytest.raises(Invalid, match="colleague"):
        asks.decide(alice, meeting, held.public_id, MERGED)
    asks.decide(alice, meeting, held.public_id, ADMITTED)
    assert Attendee.objects.get(event=meeting, email_key="bob@acme.example").member == bob


def test_what_is_ignored_stays_ignored(alice, meeting):
    asks.decide(alice, meeting, ask(meeting).public_id, IGNORED)
    newer = ics(meeting, who=MIA, dtstamp="20260203T080000Z")
    assert receive(reply(newer), mailbox(meeting)).outcome == Outcome.IGNORED
    assert asks.waiting(meeting) == []
    assert not Attendee.objects.filter(email_key=MIA).exists()


def test_the_plans_limit_refuses_and_loses_nothing(alice, bob, sender: Sender, monkeypatch):
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[bob]))
    deliver()
    held = ask(event, MIA, "bob@acme.example")
    monkeypatch.setitem(TERMS, Plan.FREE, Terms(events_with_guests=0))
    with pytest.raises(LimitReached):
        asks.decide(alice, event, held.public_id, ADMITTED)
    assert asks.waiting(event) == [held]
    assert not Guest.objects.exists()
    asks.decide(alice, event, held.public_id, IGNORED)


def test_two_hosts_decide_once(alice, meeting):
    held = ask(meeting)
    asks.decide(alice, meeting, held.public_id, ADMITTED)
    again = asks.decide(alice, meeting, held.public_id, ADMITTED)
    assert again.decided_by == alice
    with pytest.raises(Conflict, match="Alice Álvarez has decided already"):
        asks.decide(alice, meeting, held.public_id, IGNORED)
    assert Rsvp.objects.count() == 1


def test_only_the_host_decides(bob, mallory, meeting):
    held = ask(meeting)
    for member in (bob, mallory):
        with pytest.raises(NotAllowed):
            asks.decide(member, meeting, held.public_id, ADMITTED)


def test_nobody_joins_what_is_over(alice, meeting, time_machine):
    held = ask(meeting)
    time_machine.move_to("2036-01-01T00:00Z")
    with pytest.raises(Invalid, match="over or cancelled"):
        asks.decide(alice, meeting, held.public_id, ADMITTED)


def test_the_bell_is_told_of_a_stranger_and_leads_to_them(meeting):
    ask(meeting)
    told = Notification.objects.get(member=meeting.host)
    assert (told.kind, told.facts["email"]) == ("HELD", MIA)
    assert Invitation.objects.filter(event=meeting, email_key=MIA).count() == 0


def test_who_answered_one_date_joins_that_date(alice, gwen, sender):
    series = scheduling.save_event(
        alice,
        draft(start=SOON, sender=sender, attendees=[gwen], rrule="FREQ=WEEKLY;COUNT=4"),
    )
    deliver()
    held = ask(series, MIA, GWEN, "RECURRENCE-ID:20351204T090000Z")
    asks.decide(alice, series, held.public_id, ADMITTED)
    (row,) = Attendee.objects.filter(email_key=MIA)
    assert (row.event.recurrence_id, row.partstat) == (wall("2035-12-04 10:00"), "ACCEPTED")
    assert list(deliver()) == [MIA]


@pytest.mark.django_db(transaction=True)
def test_two_hosts_who_press_at_the_same_moment_decide_once(alice, bob, meeting):
    Membership.objects.filter(pk=bob.pk).update(role=Role.ADMIN)
    held = ask(meeting)

    def press(member: Membership, decision: HeldAnswer.Decision) -> str:
        try:
            asks.decide(member, meeting, held.public_id, decision)
        except Conflict:
            return "refused"
        return "decided"

    hosts = [(alice, ADMITTED), (Membership.objects.get(pk=bob.pk), IGNORED)]
    fates = at_once(*(partial(press, *one) for one in hosts))
    assert sorted(fates) == ["decided", "refused"]
    held.refresh_from_db()
    is_in = Attendee.objects.filter(event=meeting, email_key=MIA).exists()
    assert is_in == (held.decision == ADMITTED)
