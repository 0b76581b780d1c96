"""Replies that real mail programs have sent, byte for byte but for names and addresses.

`./dev interop` lets the programs of today write new ones.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from convoca.standards.ical.model import Attendee, Event, Organizer, Partstat, VEvent
from convoca.standards.imip.extract import Incoming, extract
from convoca.standards.itip.incoming import Answer, Result, Stranger, judge

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
GWEN = "gwen@guest.example"


def event(
    uid: str,
    start: datetime,
    *,
    who: str = GWEN,
    sequence: int = 0,
    asked: int = 0,
    rrule: str = "",
) -> Event:
    return Event(
        master=VEvent(
            uid=uid,
            sequence=sequence,
            start=start,
            end=start + timedelta(hours=1),
            rrule=rrule,
            organizer=Organizer(address="rsvp+0123456789abcdef0123456789abcdef@reply.example"),
            attendees=(Attendee(address=who, asked_sequence=asked),),
        )
    )


WEEKLY = event(
    "weekly@acme.example",
    datetime(2027, 3, 2, 10, tzinfo=MADRID),
    sequence=2,
    rrule="FREQ=WEEKLY;COUNT=6",
)


def opened(name: str) -> Incoming:
    return extract((Path(__file__).parent / "mails" / f"{name}.eml").read_bytes())


def judged(mail: Incoming, event: Event) -> tuple[Result, ...]:
    (received,) = mail.calendar.events
    return judge(mail.method, received, event, mail.sender, NOW)


def test_thunderbird_echoes_the_sequence_and_says_less_than_it_means():
    """Its words for *Tentative* are those for *Accept*: words are no answer."""
    lunch = event(
        "lunch@acme.example", datetime(2027, 3, 3, 12, tzinfo=MADRID), sequence=1, asked=1
    )
    mail = opened("thunderbird-tentative")
    said = "Gwen López <gwen@guest.example> has accepted your event invitation."
    assert mail.text.strip() == said
    assert judged(mail, lunch) == (
        Answer(
            address=GWEN,
            partstat=Partstat.TENTATIVE,
            sequence=1,
            replied_at=datetime(2026, 11, 26, 15, 16, 21, tzinfo=UTC),
        ),
    )


def test_thunderbird_answers_one_date_alone():
    (answer,) = judged(opened("thunderbird-one-date"), WEEKLY)
    assert answer == Answer(
        address=GWEN,
        partstat=Partstat.DECLINED,
        sequence=0,
        replied_at=datetime(2026, 11, 26, 15, 16, 22, tzinfo=UTC),
        recurrence_id=datetime(2027, 3, 9, 10, tzinfo=MADRID),
    )


def test_thunderbird_repeats_the_answers_to_single_dates_with_that_to_all():
    """Each with the SEQUENCE of its own VEVENT."""
    answers = judged(opened("thunderbird-all-dates"), WEEKLY)
    assert [(one.recurrence_id, one.partstat, one.sequence) for one in answers] == [
        (None, Partstat.ACCEPTED, 2),
        (datetime(2027, 3, 9, 10, tzinfo=MADRID), Partstat.DECLINED, 0),
        (datetime(2027, 3, 16, 10, tzinfo=MADRID), Partstat.TENTATIVE, 1),
    ]


def test_thunderbird_answers_as_whom_it_knows():
    """Invited at an address without an account there, it adds the ATTENDEE of another."""
    start = datetime(2027, 3, 2, 10, tzinfo=MADRID)
    lunch = event("lunch@acme.example", start, who="glopez@work.example")
    (stranger,) = judged(opened("thunderbird-other-name"), lunch)
    assert isinstance(stranger, Stranger)
    assert (stranger.attendee.address, stranger.attendee.partstat) == (GWEN, Partstat.ACCEPTED)
