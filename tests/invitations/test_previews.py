"""The preview is the mail."""

from __future__ import annotations

import dataclasses
import re

import pytest

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.models import Invitation
from convoca.invitations.saving import previews, scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import draft
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver, part


def test_the_preview_is_what_the_guest_then_gets(
    alice: Membership, sender: Sender, gwen: Guest, gus: Guest
):
    typed = draft(start=SOON, sender=sender, attendees=[gwen, gus], rrule="FREQ=WEEKLY;COUNT=3")
    shown = previews.preview(alice, typed, email="GUS@guest.example", message="Hello")
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()
    scheduling.save_event(alice, typed, message="Hello")
    mail = deliver()[gus.email]
    token = links.token(Invitation.objects.get(email_key=gus.email_key))
    assert shown.subject == mail["Subject"]
    assert shown.text.replace("/preview/", f"/{token}/") == part(mail, "plain")
    assert shown.html.replace("/preview/", f"/{token}/") == part(mail, "html")
    assert (shown.language, shown.recipient) == ("en", "Gus Gray <gus@guest.example>")


def test_the_preview_of_a_change_shows_the_difference(alice: Membership, meeting: Event):
    typed = dataclasses.replace(draft_of(meeting), location="Room 5")
    shown = previews.preview(alice, typed, meeting, email="gus@guest.example")
    assert shown.subject.startswith("Changed: ")
    assert "was: Room 4\n  is now: Room 5" in shown.text
    spanish = previews.preview(alice, typed, meeting, email="gus@guest.example", language="es")
    assert re.search(r"antes: Room 4\n  ahora: Room 5", spanish.text)
    meeting.refresh_from_db()
    assert meeting.location == "Room 4"


def test_the_preview_of_nothing_is_refused(alice: Membership, sender: Sender, gwen: Guest):
    with pytest.raises(Invalid):
        previews.preview(alice, draft(start=SOON, sender=sender))
    with pytest.raises(Invalid):
        previews.preview(
            alice, draft(start=SOON, sender=sender, attendees=[gwen]), email="x@x.example"
        )


def test_a_past_meeting_can_be_looked_at(alice: Membership, sender: Sender, gwen: Guest):
    typed = draft(start="2020-01-07 10:00", sender=sender, attendees=[gwen])
    assert previews.preview(alice, typed).subject.startswith("Invitación")
