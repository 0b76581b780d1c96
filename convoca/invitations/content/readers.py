"""Who reads and who writes: the invited's language and zone, and the host as words name them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from convoca.calendars.models import Event
from convoca.invitations.models import Invitation


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How a group of guests is written to."""

    language: str
    zone: str
    is_member: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Who invites, as the words around the event name them."""

    name: str
    email: str
    team: str


def is_silent(invitation: Invitation) -> bool:
    """Tell whether the address wishes for no mail now, whatever it wished when it was queued."""
    guest, member = invitation.guest, invitation.member
    return wishes_no_mail(
        guest.opted_out_at if guest else None, member.notify_by_email if member else None
    )


def wishes_no_mail(opted_out_at: dt.datetime | None, notify_by_email: bool | None) -> bool:
    """Tell what these wishes of a guest and of a member come to; None is that of nobody."""
    return opted_out_at is not None or notify_by_email is False


def reader_of(invitation: Invitation) -> Reader:
    """Return in which language and zone the invited are written to."""
    guest, member = invitation.guest, invitation.member
    known = member.user if member is not None else guest
    return reader(
        invitation.event,
        invitation.language or (known.language if known else ""),
        known.timezone if known else "",
        is_member=member is not None,
    )


def reader(event: Event, language: str, zone: str, *, is_member: bool) -> Reader:
    """Return how to write to somebody with these wishes, where "" is none."""
    return Reader(
        language=language or event.team.language,
        zone=zone or event.timezone,
        is_member=is_member,
    )


def host_of(event: Event) -> Host:
    """Return who invites to an event."""
    sender = event.sender
    email = sender.email if sender else event.host.email
    return Host(name=event.host.name, email=email, team=event.team.name)


def answer_by_of(event: Event, now: dt.datetime) -> dt.datetime | None:
    """Return until when the invited are asked to answer; None without a deadline, or after it."""
    deadline = event.deadline
    return deadline if deadline is not None and deadline > now else None
