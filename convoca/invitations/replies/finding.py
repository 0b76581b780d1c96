"""Which event and which invitation a mail is about: by token, then by UID, then by thread."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from django.db.models import Q

from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event
from convoca.calendars.organizers import is_reply_address, token_in
from convoca.guests.aliases import guests_behind
from convoca.guests.models import Alias
from convoca.invitations.models import Invitation
from convoca.invitations.replies.letter import Letter
from convoca.mail.models import DeliveryAttempt, InboundMessage, Mailbox
from convoca.standards.ical import model as ical
from convoca.standards.ical import recurrence
from convoca.standards.ical.address import is_address
from convoca.standards.imip.extract import Incoming

_MOST_REFERENCES = 20
_MOST_CUTS = 20


def by_token(message: InboundMessage, mail: Incoming) -> tuple[Event | None, Invitation | None]:
    """Return the event whose mailbox the mail came to, and whose of its guests that is.

    An invitation's own mailbox leads to both. The event's, which everybody invited may know,
    leads to the event alone. The envelope counts; where a pipe does not tell it, the mail's own
    headers do, for knowing the token is the proof. A connected mailbox has none of these.
    """
    if message.mailbox_id is not None:
        return None, None
    for addresses in ([message.recipient], mail.recipients):
        boxes = [one for one in addresses if is_reply_address(one)]
        if boxes:
            tokens = [token_in(one) for one in boxes]
            rows = Invitation.objects.select_related("event").filter(reply_token__in=tokens)
            own = rows.order_by("pk").first()
            if own is not None:
                return own.event, own
            return Event.objects.filter(organizer_email__in=boxes, series=None).first(), None
    return None, None


def by_uid(received: ical.Event, mail: Incoming, mailbox: Mailbox | None = None) -> Event | None:
    """Return the event of this UID to which one of the mail's attendees, or its sender, is invited.

    A UID alone says nothing: two teams may have the same. In a connected mailbox it does, among
    the events of its sender, so that strangers are heard there too. UIDs compare without case.
    """
    if mailbox is not None:
        own = Event.objects.filter(events_of(mailbox), series=None)
        return own.filter(uid__in={received.uid, received.uid.lower()}).first()
    people = named_in(received, mail.sender)
    aliases = Alias.objects.filter(email_key__in=people)
    rows = Invitation.objects.filter(
        Q(email_key__in=people) | Q(guest__in=aliases.values("guest")),
        event__uid__in={received.uid, received.uid.lower()},
        event__series=None,
        ended_at=None,
    )
    events = {row.event_id: row.event for row in rows.select_related("event")[:50]}
    return next(iter(events.values())) if len(events) == 1 else None


def named_in(received: ical.Event, *senders: str) -> set[str]:
    """Return the addresses named in a mail; what is none, a database may not even take."""
    return {one for one in (*senders, *received.addresses()) if is_address(one)}


def by_thread(
    references: Iterable[str], event: Event | None = None, mailbox: Mailbox | None = None
) -> Invitation | None:
    """Return the invitation whose mails these message ids belong to, of `event` if given.

    `mailbox` is the connected mailbox in which they were named.
    """
    ids = list(references)[-_MOST_REFERENCES:]
    tries = DeliveryAttempt.objects.filter(message_id__in=ids).values("delivery")
    rows = Invitation.objects.filter(delivery__in=tries, ended_at=None)
    if event is not None:
        rows = rows.filter(event=event)
    if mailbox is not None:
        rows = rows.filter(events_of(mailbox, "event__"))
    found = list(rows.select_related("event")[:2])
    return found[0] if len(found) == 1 else None


def alike(letter: Letter, event: Event) -> Invitation | None:
    """Return the standing invitation that a stranger's mail comes from: an alias, or a forward.

    It came to the address of that guest's own copy, or answers a mail of theirs.
    """
    own = letter.invitation
    if own is not None and own.event_id == event.pk and own.ended_at is None:
        return own
    return by_thread(letter.mail.references, event)


def aliases(event: Event, named: Collection[str]) -> dict[str, str]:
    """Return which of the addresses named in a mail are others of guests invited, with theirs.

    An address that is invited itself speaks for itself.
    """
    on_event = Q(event=event) | Q(event__series=event)
    rows = Attendee.objects.filter(on_event, email_key__in=named)
    themselves = set(rows.values_list("email_key", flat=True))
    behind = guests_behind(event.team, set(named) - themselves)
    if not behind:
        return {}
    invitations = Invitation.objects.filter(event=event, guest__in=behind.values(), ended_at=None)
    invited = dict(invitations.values_list("guest_id", "email_key"))
    return {key: invited[guest] for key, guest in behind.items() if guest in invited}


def as_invited(received: ical.Event, aliases: Mapping[str, str]) -> ical.Event:
    """Return what was received with everybody named by the address they were invited at."""
    if not aliases:
        return received

    def named(part: ical.VEvent) -> ical.VEvent:
        attendees = (
            replace(one, address=aliases.get(one.address, one.address)) for one in part.attendees
        )
        return replace(part, attendees=tuple(attendees))

    return received.map(named)


def events_of(mailbox: Mailbox, prefix: str = "") -> Q:
    """Tell events that a connected mailbox may speak for: those sent from its own address.

    Its owner can put anything into it, under any name, and so could lead us to others' events.
    The sender may have been removed and added again since.
    """
    sender = mailbox.sender
    return Q(
        **{
            f"{prefix}sender__owner": sender.owner_id,
            f"{prefix}sender__email_key": sender.email_key,
        }
    )


def rest_with(event: Event, recurrence_id: ical.Moment | None) -> Event | None:
    """Return the event in which a date goes on that a cut took from this series."""
    cut = [event.uid]
    for _cut in range(_MOST_CUTS if recurrence_id else 0):
        rests = Event.objects.filter(team_id=event.team_id, series=None, related_to__in=cut)
        found = list(rests.prefetch_related("overrides"))
        for rest in found:
            if recurrence_id and recurrence.has_instance(snapshot.times(rest), recurrence_id):
                return rest
        cut = [rest.uid for rest in found]
    return None


def lock(event: Event) -> Event:
    """Return the event as it stands, locked until the transaction ends, so that none moves it."""
    return lock_all([event.pk])[event.pk]


def lock_all(keys: Iterable[int]) -> dict[int, Event]:
    """Lock several events like that, in one order for all; return them by id."""
    return {one.pk: one for one in Event.objects.locked().filter(pk__in=keys).order_by("pk")}


def invitation_of(event: Event, address: str) -> Invitation | None:
    """Return the standing invitation of an address."""
    rows = Invitation.objects.select_related("event__host__user", "event__host__team", "delivery")
    return rows.filter(event=event, email_key=address, ended_at=None).first()


def wall(event: Event, moment: ical.Moment | None) -> dt.datetime | None:
    """Return the start of one date as rows name it: wall-clock time in the event's zone."""
    if isinstance(moment, dt.datetime):
        moment = moment.astimezone(event.zone)
    return None if moment is None else snapshot.wall(moment)
