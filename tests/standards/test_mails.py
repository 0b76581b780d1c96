"""Replies that real mail programs have sent, byte for byte but for names and addresses.

`./dev interop` lets the programs of today write new ones.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from convoca.standards.ical.model import Attendee, Event, Organizer, Partstat, VEvent
from convoca.standards.imip.extract import extract
from convoca.standards.itip.incoming import Answer, judge

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
GWEN = "gwen@guest.example"


def event(uid: str, start: datetime, *, sequence: int = 0, rrule: str = "") -> Event:
    return Event(
        master=VEvent(
            uid=uid,
            sequence=sequence,
            start=start,
            end=start + timedelta(hours=1),
            rrule=rrule,
            organizer=Organizer(address="rsvp+0123456789abcdef0123456789abcdef@reply.example"),
            attendees=(Attendee(address=GWEN, asked_sequence=sequence),),
        )
    )


def judged(name: str, event: Event) -> tuple[str, Answer]:
    """Return the words of the mail and the one answer in it."""
    mail = extract((Path(__file__).parent / "mails" / f"{name}.eml").read_bytes())
    (received,) = mail.calendar.events
    (answer,) = judge(mail.method, received, event, mail.sender, NOW)
    return mail.text.strip(), answer


def test_thunderbird_echoes_the_sequence_and_says_less_than_it_means():
    """Its words for *Tentative* are those for *Accept*: words are no answer."""
    lunch = event("lunch@acme.example", datetime(2027, 3, 3, 12, tzinfo=MADRID), sequence=1)
    assert judged("thunderbird-tentative", lunch) == (
        "Gwen López <gwen@guest.example> has accepted your event invitation.",
        Answer(
            address=GWEN,
            partstat=Partstat.TENTATIVE,
            sequence=1,
            replied_at=datetime(2026, 11, 26, 15, 16, 21, tzinfo=UTC),
        ),
    )


def test_thunderbird_answers_one_date_alone():
    first = datetime(2027, 3, 2, 10, tzinfo=MADRID)
    weekly = event("weekly@acme.example", first, rrule="FREQ=WEEKLY;COUNT=6")
    _, answer = judged("thunderbird-one-date", weekly)
    assert answer == Answer(
        address=GWEN,
        partstat=Partstat.DECLINED,
        sequence=0,
        replied_at=datetime(2026, 11, 26, 15, 16, 22, tzinfo=UTC),
        recurrence_id=first + timedelta(weeks=1),
    )
