"""Rows become the calendar object and take back what a plan decided."""

import datetime as dt
from dataclasses import replace

from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars import snapshot
from convoca.calendars.models import Event, Room
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from convoca.standards.ical.model import Attendee, Partstat
from tests.builders import a_file, an_event, wall


def test_an_all_day_series_is_told_in_dates(alice: Membership):
    event = an_event(alice, start="2026-11-24 00:00", all_day=True, rrule="FREQ=DAILY;COUNT=5")
    event.exdates = ["2026-11-25T00:00:00"]
    master = snapshot.take(event).main
    assert (master.start, master.end) == (dt.date(2026, 11, 24), dt.date(2026, 11, 25))
    assert master.exdates == (dt.date(2026, 11, 25),)
    assert master.is_all_day


def test_overrides_are_components_of_the_same_event(alice: Membership, gwen: Guest):
    series = an_event(alice, rrule="FREQ=DAILY;COUNT=3")
    override = an_override(series)
    override.attendees.create(kind="GUEST", email_key=gwen.email_key, name="Gwen")
    taken = snapshot.take(series)
    assert [one.summary for one in taken.components()] == ["Contract review", "Moved"]
    (moved,) = taken.overrides
    assert moved.recurrence_id == wall("2026-11-25 10:00").replace(tzinfo=series.zone)
    assert [one.address for one in moved.attendees] == ["gwen@guest.example"]
    assert taken.uid == series.uid


def test_rooms_already_named_in_the_place_are_not_named_twice(alice: Membership, room: Room):
    event = an_event(alice, location="Sala Goya, second floor", attendees=[room])
    assert snapshot.take(event).main.location == "Sala Goya, second floor"
    event.location = ""
    assert snapshot.take(event).main.location == "Sala Goya"


def test_attachments_carry_identity_and_no_link(alice: Membership):
    file = a_file(alice)
    (attachment,) = snapshot.take(an_event(alice, files=[file])).main.attachments
    assert (attachment.uri, attachment.key, attachment.name, attachment.size) == (
        "",
        str(file.public_id),
        "plan.pdf",
        3,
    )


def test_a_plan_is_stored_where_it_differs(
    alice: Membership, bob: Membership, gwen: Guest, sender: Sender, django_assert_num_queries
):
    event = an_event(alice, sender=sender, attendees=[bob, gwen])
    event.attendees.update(partstat="ACCEPTED", replied_sequence=0, note="Yes")
    taken, stamp = snapshot.take(event), timezone.now()
    asked = {"partstat": Partstat.NEEDS_ACTION, "asked_sequence": 1}
    planned = replace(
        taken,
        master=replace(
            taken.main,
            sequence=1,
            dtstamp=stamp,
            attendees=(
                taken.main.attendees[0],
                replace(taken.main.attendees[1], **asked),
                Attendee(address="stranger@guest.example"),
            ),
        ),
    )
    snapshot.store(event, planned)
    fresh = Event.objects.get()
    assert (fresh.sequence, fresh.dtstamp) == (1, stamp)
    rows = fresh.attendees.values_list("email_key", "partstat", "asked_sequence", "note")
    assert list(rows) == [
        ("bob@acme.example", "ACCEPTED", 0, "Yes"),
        ("gwen@guest.example", "NEEDS-ACTION", 1, "Yes"),
    ]
    again = snapshot.take(event)
    with django_assert_num_queries(2):
        snapshot.store(event, again)
    assert snapshot.take(fresh).main.attendees == planned.main.attendees[:2]


def test_a_plan_reaches_the_rows_of_overrides(alice: Membership):
    series = an_event(alice, rrule="FREQ=DAILY;COUNT=3")
    override = an_override(series)
    taken = snapshot.take(series)
    snapshot.store(series, replace(taken, overrides=(replace(taken.overrides[0], sequence=4),)))
    override.refresh_from_db()
    series.refresh_from_db()
    assert (series.sequence, override.sequence) == (0, 4)


def test_versions_are_counted_and_come_back_equal(alice: Membership, gwen: Guest, sender: Sender):
    event = an_event(alice, sender=sender, attendees=[gwen], files=[a_file(alice)])
    shown = snapshot.take(event)
    assert snapshot.load(event, 0) is None
    version = snapshot.record(event, shown, "See you", alice)
    assert (version.number, version.message, version.saved_by) == (1, "See you", alice)
    assert snapshot.record(event, shown, "", alice).number == 2
    fresh = Event.objects.get()
    assert fresh.version == 2
    assert snapshot.load(fresh, 1) == shown


def an_override(series: Event) -> Event:
    return Event.objects.create(
        team=series.team,
        host=series.host,
        series=series,
        recurrence_id=wall("2026-11-25 10:00"),
        uid=series.uid,
        dtstamp=series.dtstamp,
        title="Moved",
        start=wall("2026-11-25 15:00"),
        end=wall("2026-11-25 16:00"),
        timezone=series.timezone,
        span_start=series.span_start,
        span_end=series.span_end,
    )
