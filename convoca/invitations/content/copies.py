"""A component made one guest's own: their links, and the address their program answers to."""

from __future__ import annotations

from dataclasses import replace

from convoca.calendars import organizers
from convoca.invitations import links
from convoca.standards.ical import model as ical


def own(part: ical.VEvent, *, reply_token: str, token: str) -> ical.VEvent:
    """Return a component as this guest alone gets it; `token` is that of their link.

    The one place where what guests share becomes their own: page, files, reply address.
    """
    organizer = part.organizer
    if organizer is not None:
        address = organizers.own_address(organizer.address, reply_token)
        organizer = replace(organizer, address=address)
    return replace(
        part,
        organizer=organizer,
        url=part.url or links.rsvp_url(token),
        attachments=tuple(
            replace(one, uri=links.file_url(token, one.identity)) for one in part.attachments
        ),
    )
