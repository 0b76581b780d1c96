"""When all is well again: what the host has, what the ledger says, and what the guests hold."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import vobject

from tests.chaos.guests import Guests
from tests.chaos.host import Host
from tests.chaos.mailserver import IllServer
from tests.standards.client import Client, Part, instant, read_part, zones_of
from tests.support.installation import Installation
from tests.support.smtp import Mail

LEDGER = """
SELECT event.uid, invitation.email_key, delivery.status, delivery.reason, delivery.due_at,
    delivery.lease, delivery.wanted, delivery.sent
FROM mail_delivery AS delivery
JOIN invitations_invitation AS invitation ON invitation.delivery_id = delivery.id
JOIN calendars_event AS event ON event.id = invitation.event_id
"""
ACCEPTED = "SELECT message_id FROM mail_deliveryattempt WHERE outcome = 'SENT'"
SAVED = """
SELECT event.uid, version.snapshot FROM calendars_eventversion AS version
JOIN calendars_event AS event ON event.id = version.event_id
"""

NUDGED = """
SELECT event.uid, invitation.email_key, count(*) FROM invitations_nudge AS nudge
JOIN invitations_invitation AS invitation ON invitation.id = nudge.invitation_id
JOIN calendars_event AS event ON event.id = invitation.event_id
GROUP BY event.uid, invitation.email_key
"""

Key = tuple[str, str]  # UID and address


@dataclass
class Reckoning:
    """What was compared, and every difference in a line of its own."""

    lost: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    unsaved: list[str] = field(default_factory=list)
    disguised: list[str] = field(default_factory=list)  # the same word in two different mails
    uncalled: list[str] = field(default_factory=list)  # CANCELs of what never arrived
    twice: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)  # answers lost or counted twice
    excused: int = 0
    reminded: int = 0
    pairs: int = 0

    @property
    def is_well(self) -> bool:
        wrong = self.disordered or self.unsaved or self.disguised or self.unanswered
        return not (self.lost or wrong)


@dataclass(frozen=True)
class Word:
    """One calendar message as it came."""

    mail: Mail
    address: str
    method: str
    uid: str
    parts: list[Part]


def reckon(
    there: Installation, server: IllServer, hosts: Iterable[Host], guests: Iterable[Guests]
) -> Reckoning:
    """Compare everything; `hosts` say which events are compared as they are now."""
    found = Reckoning()
    words = [read(mail) for mail in list(server.mails) if mail.calendar]
    _check_ledger(found, there, server, {mail.message["Message-ID"] for mail in server.mails})
    nudged = {(uid, address): count for uid, address, count in there.query(NUDGED)}
    check_order(found, words, nudged)
    _check_saved(found, there, words)
    failed = {
        (uid, address) for uid, address, status, *_rest in there.query(LEDGER) if status == "FAILED"
    }
    for host in hosts:
        _check_calendars(found, host, words, failed)
    for answering in guests:
        found.unanswered += answering.wrong()
    return found


def read(mail: Mail) -> Word:
    calendar = vobject.readOne(mail.calendar, transform=False)
    zones = zones_of(mail.calendar.encode())
    parts = [read_part(one, zones) for one in calendar.vevent_list]
    uid = calendar.vevent_list[0].uid.value
    return Word(mail, mail.recipients[0].lower(), calendar.method.value, uid, parts)


def _check_ledger(
    found: Reckoning, there: Installation, server: IllServer, received: set[str]
) -> None:
    """Nothing is left to do, what failed was refused, and what it calls sent has arrived."""
    for uid, address, status, reason, due_at, lease, wanted, sent in there.query(LEDGER):
        name = f"{address} of {uid}: {status} {reason}, version {sent} of {wanted}"
        is_refused = server.refused[address] or server.refused_unnamed
        if due_at or lease or status not in {"SENT", "FAILED", "DROPPED"}:
            found.lost.append(f"left undone: {name}")
        elif status == "FAILED" and not is_refused:
            found.lost.append(f"called refused, and was not: {name}")
        elif status == "SENT" and sent < wanted:
            found.lost.append(f"called sent, and is not: {name}")
    for (message_id,) in there.query(ACCEPTED):
        if message_id not in received:
            found.lost.append(f"called accepted, and never came: {message_id}")


def check_order(
    found: Reckoning, words: list[Word], nudged: Mapping[Key, int] | None = None
) -> None:
    """SEQUENCE and DTSTAMP never fall, no CANCEL comes first, no mail twice with two names.

    But for reminders: each of those says the same once more.
    """
    reminders = Counter(nudged or {})
    last: dict[tuple[str, str, object], tuple[int, dt.datetime]] = {}
    asked: set[Key] = set()
    names: dict[tuple[Any, ...], str] = {}
    seen: Counter[str] = Counter()
    for word in words:
        name = str(word.mail.message["Message-ID"])
        seen[name] += 1
        story = f"{word.method} to {word.address} of {word.uid}"
        if seen[name] > 1:
            found.twice.append(f"{story}: {name}")
            continue
        if word.method == "REQUEST":
            asked.add((word.uid, word.address))
        elif (word.uid, word.address) not in asked:
            found.uncalled.append(story)
        said = tuple(sorted(str((part.key, part.order)) for part in word.parts))
        key = (word.uid, word.address, word.method, said)
        if names.setdefault(key, name) == name:
            pass
        elif reminders[word.uid, word.address]:
            reminders[word.uid, word.address] -= 1
            found.reminded += 1
        else:
            found.disguised.append(f"{story}: {names[key]} and {name}")
        for part in word.parts:
            place = word.uid, word.address, part.key
            if place in last and not _is_later(last[place], part.order):
                found.disordered.append(f"{story}: {part.order} after {last[place]}")
            last[place] = part.order


def _is_later(one: tuple[int, dt.datetime], other: tuple[int, dt.datetime]) -> bool:
    return other[0] >= one[0] and other[1] >= one[1]


def _check_saved(found: Reckoning, there: Installation, words: list[Word]) -> None:
    """What a mail says was saved, word for word."""
    saved: defaultdict[str, set[str]] = defaultdict(set)
    for uid, snapshot in there.query(SAVED):
        content = json.loads(snapshot) if isinstance(snapshot, str) else snapshot
        saved[uid] |= {component.get("summary", "") for component in content["components"]}
    for word in words:
        for part in word.parts:
            if part.title not in saved[word.uid]:
                found.unsaved.append(f"{word.address} was told of {part.title!r} of {word.uid}")


def _check_calendars(found: Reckoning, host: Host, words: list[Word], failed: set[Key]) -> None:
    """Each guest's calendar shows exactly their part of the host's, unless they were refused."""
    meant = _meant(host)
    programs: defaultdict[str, Client] = defaultdict(Client)
    mine = [word for word in words if any(one.title.startswith(host.title) for one in word.parts)]
    for word in mine:
        programs[word.address].receive(word.mail.calendar.encode())
    for uid, address in {*meant, *((word.uid, word.address) for word in mine)}:
        found.pairs += 1
        if (uid, address) in failed:
            found.excused += 1
            continue
        shown = sorted(entry[:4] + entry[5:] for entry in programs[address].entries(uid))
        wanted = sorted(meant.get((uid, address), []))
        if shown != wanted:
            found.lost.append(f"{address} of {uid} has {shown}\n      instead of {wanted}")


def _meant(host: Host) -> dict[Key, list[tuple[Any, ...]]]:
    """Return what each guest's calendar has to show of each event, as the API tells it."""
    meant: defaultdict[Key, list[tuple[Any, ...]]] = defaultdict(list)
    for one in host.dates():
        query = {"recurrence_id": one["recurrence_id"]} if one["recurrence_id"] else {}
        date = host.read(f"events/{one['id']}", **query)
        people = [guest["email"] for guest in date["attendees"]]
        start, end = (_instant(one[name], one["timezone"]) for name in ("start", "end"))
        entry = start, end, one["title"], one["location"], frozenset(people)
        for address in people:
            meant[date["uid"], address].append(entry)
    return meant


def _instant(text: str, zone: str) -> dt.datetime:
    return instant(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))
