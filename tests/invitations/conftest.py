"""An event with two guests, mailed; and times that stay in the future."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.models import Invitation
from convoca.invitations.saving import scheduling
from convoca.mail.models import Sender
from tests.builders import draft
from tests.invitations.post import deliver

SOON = "2035-11-27 10:00"  # a Tuesday


@pytest.fixture
def meeting(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    """Alice's meeting with Gwen and Gus, who have their invitations."""
    event = scheduling.save_event(
        alice, draft(start=SOON, sender=sender, attendees=[gwen, gus], location="Room 4")
    )
    deliver()
    event.refresh_from_db()
    return event


@pytest.fixture
def gwens(meeting: Event, gwen: Guest) -> Invitation:
    """Gwen's invitation to the meeting."""
    return Invitation.objects.select_related("event", "guest").get(
        event=meeting, email_key=gwen.email_key
    )


@pytest.fixture
def token(gwens: Invitation) -> str:
    """What opens Gwen's page."""
    return links.token(gwens)


@pytest.fixture
def reply_domain(settings, time_machine) -> None:
    """Let answers come back by mail; the mails of the tests are of the past then."""
    settings.REPLY_DOMAIN = "reply.example"
    settings.AUTHSERV_ID = ""
    cache.clear()
    time_machine.move_to("2026-11-20T10:00Z", tick=True)
