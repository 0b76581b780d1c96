"""Whose answer it is: each guest's own reply address proves it, and hardly anything else does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.drafts import NewGuest, draft_of
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.answers import guestview
from convoca.invitations.models import HeldAnswer, Invitation
from convoca.invitations.saving import scheduling
from convoca.mail.models import InboundMessage, Sender
from convoca.standards.ical.model import Organizer
from convoca.standards.ical.reading import read
from tests.builders import draft
from tests.invitations.conftest import SOON
from tests.invitations.mailbox import (
    GUS,
    GWEN,
    ics,
    mailbox,
    move,
    partstat,
    receive,
    reply,
)
from tests.invitations.post import deliver
from tests.invitations.post import part as body

Outcome = InboundMessage.Outcome


pytestmark = pytest.mark.usefixtures("reply_domain")


def test_a_new_event_is_organized_from_its_own_mailbox(meeting: Event):
    assert meeting.organizer_email.startswith("rsvp+")
    assert meeting.organizer_email.endswith("@reply.example")
    receive(reply(ics(meeting, method="REFRESH")), mailbox(meeting))
    mails = deliver()
    (organized,) = read(body(mails[GWEN], "calendar")).events
    assert organized.organizer == Organizer(address=mailbox(meeting), name="Alice Álvarez")
    assert mails[GWEN]["From"].endswith("<alice@acme.example>")
    assert "alice@acme.example" in mails[GWEN]["Reply-To"]


def test_every_guest_has_an_address_of_their_own(alice, gwen, gus, sender):
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen, gus]))
    organizers = {
        to: read(body(mail, "calendar")).events[0].organizer.address
        for to, mail in deliver().items()
    }
    assert organizers == {one: mailbox(event, one) for one in (GWEN, GUS)}
    assert len({*organizers.values(), event.organizer_email}) == 3
    gwens = Invitation.objects.select_related("event", "guest").get(event=event, email_key=GWEN)
    published = read(guestview.calendar_file(gwens, timezone.now())).events[0]
    assert published.organizer.address == organizers[GWEN]


def test_a_guest_keeps_the_address_through_changes_and_a_new_invitation(alice, gwen, meeting):
    before = mailbox(meeting)
    moved = move(alice, meeting)
    without = scheduling.save_event(alice, replace(draft_of(moved), attendees=[]), moved)
    deliver()
    back = replace(draft_of(without), attendees=[gwen])
    scheduling.save_event(alice, back, without)
    (mail,) = deliver().values()
    assert read(body(mail, "calendar")).events[0].organizer.address == before


def test_an_older_event_keeps_its_organizer(alice, gwen, sender, settings):
    settings.REPLY_DOMAIN = ""
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))
    settings.REPLY_DOMAIN = "reply.example"
    assert move(alice, event).organizer_email == "alice@acme.example"


@pytest.mark.parametrize("said", ["DECLINED", "DELEGATED"])
def test_no_guest_answers_as_another(said: str, meeting: Event):
    row = receive(reply(ics(meeting, partstat=said)), mailbox(meeting, GUS))
    held = HeldAnswer.objects.get()
    assert (row.outcome, held.why, held.email) == (Outcome.HELD, "UNPROVEN", GWEN)
    assert held.resembles.email == GUS
    assert partstat(meeting) == "NEEDS-ACTION"


def test_the_address_of_the_event_proves_nothing(meeting: Event):
    row = receive(reply(ics(meeting)), meeting.organizer_email)
    assert (row.outcome, HeldAnswer.objects.get().why) == (Outcome.HELD, "UNPROVEN")


def test_an_alias_or_a_forward_resembles_the_guest_whose_address_it_came_to(meeting: Event, gwens):
    receive(reply(ics(meeting, who="gwen@icloud.example")), mailbox(meeting))
    assert HeldAnswer.objects.get().resembles == gwens


def test_the_address_of_a_removed_guest_leads_to_the_event_and_proves_nothing(alice, meeting, gus):
    gone = scheduling.save_event(alice, replace(draft_of(meeting), attendees=[gus]), meeting)
    row = receive(reply(ics(gone)), mailbox(gone))
    held = HeldAnswer.objects.get()
    assert (row.outcome, held.why, held.resembles) == (Outcome.HELD, "STRANGER", None)


def test_mallorys_token_opens_only_mallorys_event(meeting: Event, mallory: Membership, gwen: Guest):
    own = Sender.objects.create(
        team=mallory.team,
        owner=mallory,
        name="M",
        email=mallory.email,
        email_key=mallory.email,
        confirmed_at=timezone.now(),
    )
    event = scheduling.save_event(
        mallory, draft(start=SOON, sender=own, attendees=[NewGuest(email=GWEN)])
    )
    row = receive(reply(ics(meeting)), mailbox(event))
    assert (row.outcome, row.detail) == (Outcome.IGNORED, "OTHER_EVENT")
    assert partstat(meeting) == "NEEDS-ACTION"


def test_without_token_an_answer_waits_unless_its_sender_is_proven(meeting: Event, settings):
    row = receive(reply(ics(meeting)), "alice@acme.example")
    assert (row.outcome, HeldAnswer.objects.get().why) == (Outcome.HELD, "UNPROVEN")
    assert partstat(meeting) == "NEEDS-ACTION"
    settings.AUTHSERV_ID = "mx.acme.example"
    proof = "Authentication-Results: mx.acme.example; dmarc=pass header.from=guest.example\r\n"
    forged = reply(ics(meeting), headers=proof, sender="gus@guest.example")
    assert receive(forged, "alice@acme.example").outcome == Outcome.HELD
    row = receive(reply(ics(meeting), headers=proof), "alice@acme.example")
    assert (row.outcome, partstat(meeting)) == (Outcome.APPLIED, "ACCEPTED")


def test_the_sender_alone_leads_nowhere(meeting: Event):
    row = receive(reply(ics(meeting, uid="another")), "alice@acme.example")
    assert (row.outcome, row.detail) == (Outcome.IGNORED, "no event of ours")
