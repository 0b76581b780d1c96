"""The links in mails and notices; the only domain module that knows the site's addresses."""

from __future__ import annotations

from convoca.calendars.models import Event, File
from convoca.invitations.models import Invitation
from convoca.standards.ical.model import Partstat


def new_nonce() -> tuple[str, str]:
    """Return a random nonce and the hash of the token it leads to, for a new link."""
    raise NotImplementedError


def token(invitation: Invitation) -> str:
    """Return the invitation's token in clear: derived, never stored."""
    raise NotImplementedError


def find(token: str) -> Invitation | None:
    """Return the invitation a token opens, ended ones too, with event, host and sender at hand."""
    raise NotImplementedError


def rsvp_url(invitation: Invitation, answer: Partstat | None = None) -> str:
    """Return the guest's page; `answer` is only preselected there, opening records nothing."""
    raise NotImplementedError


def ics_url(invitation: Invitation) -> str:
    """Return where the guest gets the event for a calendar of their own."""
    raise NotImplementedError


def file_url(invitation: Invitation, file: File) -> str:
    """Return the guest's own link to a file; it ends with the invitation."""
    raise NotImplementedError


def event_url(event: Event) -> str:
    """Return the event's page for colleagues."""
    raise NotImplementedError
