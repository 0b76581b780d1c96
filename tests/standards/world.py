"""A host, some guests with their own calendar programs, and the mails between them.

The transcripts in `scenarios/` are played here; so are the property tests.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from convoca.standards.ical import moments, series
from convoca.standards.ical.model import Attendee, Event, Moment, Organizer, Partstat, VEvent
from convoca.standards.ical.reading import read
from convoca.standards.ical.recurrence import Instance, instances, is_over
from convoca.standards.ical.snapshot_json import from_json, to_json
from convoca.standards.ical.writing import write
from convoca.standards.imip.extract import Incoming, extract
from convoca.standards.itip import incoming
from convoca.standards.itip.changes import effective
from convoca.standards.itip.messages import Message
from convoca.standards.itip.outgoing import Plan, message_for, plan
from convoca.standards.itip.views import view
from tests.standards.client import Client, Seen
from tests.standards.validity import check_valid

ZONE = ZoneInfo("Europe/Madrid")
ORGANIZER = Organizer(address="alice@acme.example", name="Alice")
DAWN, FAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


def address_of(name: str) -> str:
    return f"{name}@guest.example"


def attendee(name: str) -> Attendee:
    return Attendee(address=address_of(name), name=name.capitalize())


def at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), ZONE)


@dataclass
class World:
    """One event, from the host's side and in every guest's calendar."""

    now: datetime = datetime(2026, 2, 1, 9, tzinfo=UTC)
    event: Event | None = None
    plan: Plan | None = None
    clients: dict[str, Client] = field(default_factory=dict)
    seen: dict[str, Event] = field(default_factory=dict)
    wanting: dict[str, None] = field(default_factory=dict)
    unreachable: set[str] = field(default_factory=set)
    mails: dict[str, list[bytes]] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    sent: dict[tuple[str, str], dict[object, VEvent]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    outbox: list[tuple[str, Message]] = field(default_factory=list)
    results: list[incoming.Result] = field(default_factory=list)
    history: list[Event] = field(default_factory=list)
    letter: Incoming | None = None
    uids: set[str] = field(default_factory=set)
    rest: "World | None" = None
    held: list[tuple[bytes, str]] = field(default_factory=list)
    delegates: list[Attendee] = field(default_factory=list)

    # The host's side

    def save(self, after: Event | None) -> None:
        """Save as the calendar does: plan, keep the version, tell everyone who can be reached."""
        self.now += timedelta(minutes=1)
        self.plan = plan(self.event, after, self.now, returning=self.ended)
        self.ended = (self.ended | {*self.plan.removed}) - {*self.plan.added}
        self.event = from_json(to_json(self.plan.event))
        assert self.event == self.plan.event
        self.history.append(self.event)
        self.wanting |= dict.fromkeys(self.plan.told)
        self.deliver()

    def deliver(self) -> None:
        for address in [one for one in self.wanting if one not in self.unreachable]:
            del self.wanting[address]
            message = message_for(self.seen.get(address), self.event, address, self.now)
            while message is not None:
                self._send(address, message)
                message = message.then
            if address in self.seen or self.clients.get(address):
                self.seen[address] = self.event

    def _send(self, address: str, message: Message) -> None:
        assert message.recipient.address == address
        ics = write(message.event, method=message.method)
        check_valid(ics)
        self._check_order(address, message)
        self.mails.setdefault(address, []).append(ics)
        self.clients.setdefault(address, Client())
        if address not in self.slow:
            self.arrive(address, len(self.mails[address]) - 1)
        self.seen[address] = self.event
        self.outbox.append((address, message))

    def arrive(self, address: str, number: int) -> None:
        """Let a guest's program get one of the mails sent to them, for the first time or again."""
        self.clients[address].receive(self.mails[address][number])

    def _check_order(self, address: str, message: Message) -> None:
        """Check that SEQUENCE and DTSTAMP never fall from one mail to the next (RFC 5546, 2.1.5).

        A CANCEL is above all before it, and what follows a CANCEL is above that (4.2.9).
        """
        known = self.sent.setdefault((address, message.event.uid), {})
        is_cancel = message.method == "CANCEL"
        for part in message.event.components():
            key = None if part.recurrence_id is None else moments.key(part.recurrence_id)
            for last in (
                known.get(key),
                known.get(None) if is_cancelled(known.get(None)) else None,
            ):
                if last is not None:
                    assert part.sequence >= last.sequence + (is_cancel or is_cancelled(last))
                    assert part.dtstamp >= last.dtstamp
            if key is None:
                highest = max((one.sequence for one in known.values()), default=0)
                assert message.event.sequence >= highest
        known |= {
            None if part.recurrence_id is None else moments.key(part.recurrence_id): (
                replace(part, status="CANCELLED") if is_cancel else part
            )
            for part in message.event.components()
        }

    def edit(self, **changes: object) -> None:
        self.save(replace(self.event, master=replace(self.event.master, **changes)))

    def edit_date(self, day: date, **changes: object) -> None:
        """Change one date of the series, as an override."""
        part = effective(self.event, day)
        rest = [one for one in self.event.overrides if one.recurrence_id != part.recurrence_id]
        overrides = sorted([*rest, replace(part, **changes)], key=lambda one: one.recurrence_id)
        self.save(replace(self.event, overrides=tuple(overrides)))

    def drop_date(self, day: date) -> None:
        gone = effective(self.event, day).recurrence_id
        master = replace(self.event.master, exdates=(*self.event.master.exdates, gone))
        rest = tuple(one for one in self.event.overrides if one.recurrence_id != gone)
        self.save(Event(master=master, overrides=rest))

    def cut(self, day: date, **changes: object) -> None:
        """Change this and the following dates: the series ends before, the rest is a new one."""
        whole = self.event
        original = effective(whole, day).recurrence_id
        rest = f"rest-of-{whole.uid}"
        later = [one for one in whole.overrides if one.recurrence_id >= original]
        earlier = tuple(one for one in whole.overrides if one not in later)
        self.uids |= {whole.uid, rest}
        self.save(Event(master=series.ending_before(whole.master, original), overrides=earlier))
        until_now = Event(
            master=series.going_on_from(whole.master, original), overrides=tuple(later)
        )
        new = replace(until_now, master=replace(until_now.master, **changes)).map(
            lambda part: replace(part, uid=rest, sequence=0, related_to=whole.uid)
        )
        known = dict.fromkeys(self.seen, until_now)
        self.rest = replace(self, event=until_now, history=[], seen=known, wanting={}, ended=set())
        self.rest.save(new)

    # The guests' side

    def reply(
        self,
        name: str,
        partstat: str,
        *,
        day: date | None = None,
        sequence: int | None = None,
        sent_at: datetime | None = None,
        method: str = "REPLY",
        span: tuple[Moment, Moment] | None = None,
        others: tuple[Attendee, ...] = (),
        held_by: str = "",
        delegated_to: tuple[str, ...] = (),
        delegated_from: tuple[str, ...] = (),
        **claims: str,
    ) -> None:
        """Let a guest's program send a message as text, and judge what arrives.

        `others` are further ATTENDEEs in it, `claims` other fields than those they were told;
        `held_by` is whose invitation they answer when it is not their own.
        """
        self.now += timedelta(minutes=1)
        part = self._known_part(held_by or address_of(name), day)
        start, end = span or (part.start, part.end)
        mine = replace(
            attendee(name),
            partstat=Partstat(partstat),
            delegated_to=delegated_to,
            delegated_from=delegated_from,
        )
        answer = replace(
            part,
            start=start,
            end=end,
            rrule="",
            exdates=(),
            attendees=(mine, *others),
            sequence=part.sequence if sequence is None else sequence,
            dtstamp=sent_at or self.now,
            **claims,
        )
        is_date = answer.recurrence_id is not None
        text = Event(master=None if is_date else answer, overrides=(answer,) if is_date else ())
        self.receive(write(text, method=method), sender=address_of(name))

    def _known_part(self, address: str, day: date | None) -> VEvent:
        """Return what they answer: of the newest version they can have seen with that date."""
        if day is None:
            return self.seen[address].main
        found = (effective(version, day) for version in reversed(self.history))
        return next(part for part in found if part is not None)

    def mail(self, data: bytes) -> None:
        """Take a mail apart, and judge the calendar in it."""
        self.letter = extract(data)
        calendar = self.letter.calendar
        for event in calendar.events if calendar else ():
            method, sender = self.letter.method, self.letter.sender
            self._record(incoming.judge(method, event, self.event, sender, self.now))

    def receive(self, ics: bytes, sender: str) -> None:
        calendar = read(ics)
        for event in calendar.events:
            found = incoming.judge(calendar.method, event, self.event, sender, self.now)
            if any(isinstance(result, incoming.Stranger) for result in found):
                self.held.append((ics, sender))
            self._record(found)

    def judge_held(self) -> None:
        """Judge again what strangers sent: the host may have let them in."""
        held, self.held = self.held, []
        for ics, sender in held:
            self.receive(ics, sender)

    def click(self, name: str, partstat: str, day: date | None = None) -> None:
        self.now += timedelta(minutes=1)
        original = None if day is None else effective(self.event, day).recurrence_id
        result = incoming.judge_click(
            self.event,
            address_of(name),
            Partstat(partstat),
            self.now,
            recurrence_id=original,
        )
        self._record((result,))

    def _record(self, results: tuple[incoming.Result, ...]) -> None:
        self.results += results
        for result in results:
            if isinstance(result, incoming.Answer):
                before = self.event
                self.event = incoming.apply(self.event, result)
                self.delegates += [result.delegate] if result.delegate else []
                assert_only_changed(before, self.event, result)

    # What must always hold

    def check(self) -> None:
        """Check that every reachable guest's calendar is what the host means them to have."""
        for old, new in pairwise(self.history):
            if old.uid == new.uid:
                assert old.sequence <= new.sequence
                assert old.dtstamp <= new.dtstamp
        if is_over(self.event, self.now):
            return
        for name, client in self.clients.items():
            if not {name} & {*self.unreachable, *self.wanting, *self.slow}:
                self._check_client(name, client)

    def _check_client(self, name: str, client: Client) -> None:
        """Compare what their calendar shows; a guest list they were never told of is theirs."""
        mine, theirs = entries(view(self.event, name)), client.entries(self.event.uid)
        if any(part.hide_guests for version in self.history for part in version.components()):
            mine, theirs = ([one[:-1] for one in listed] for listed in (mine, theirs))
        assert theirs == mine, name
        known = {self.event.uid, *self.uids}
        others = [uid for uid in client.events if uid not in known and client.entries(uid)]
        assert not others, f"{name} holds a former UID"


def is_cancelled(part: VEvent | None) -> bool:
    return part is not None and part.is_cancelled


def entries(event: Event | None) -> list[Seen]:
    """Return of our own view what `Client.entries` returns of the client's."""
    return [] if event is None else sorted(map(_entry, instances(event, DAWN, FAR)), key=str)


def _entry(one: Instance) -> Seen:
    part = one.component
    guests = frozenset(guest.address for guest in part.attendees)
    start, end = moments.key(one.start), moments.key(one.end)
    return start, end, part.summary, part.location, part.description, guests


def assert_only_changed(before: Event, after: Event, answer: incoming.Answer) -> None:
    """Check that an answer changed its own attendee and nobody else."""
    keys = {moments.key(one.recurrence_id) for one in after.overrides} | {None}
    for key in keys:
        old, new = _state(before, key), _state(after, key)
        assert {**old, answer.address: None} == {**new, answer.address: None}


def _state(event: Event, key: moments.Key | None) -> dict[str, Partstat | None]:
    part: VEvent | None = event.master if key is None else effective(event, key)
    return {one.address: one.partstat for one in part.attendees} if part else {}
