"""Plans and messages, beyond what the transcripts tell."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from convoca.standards.ical.model import Attachment, Attendee, Event, Organizer, Partstat, VEvent
from convoca.standards.ical.writing import write
from convoca.standards.itip.changes import Field, difference, raises_sequence
from convoca.standards.itip.messages import Method, Reason
from convoca.standards.itip.outgoing import Telling, message_for, plan
from convoca.standards.itip.views import view
from tests.standards.validity import check_valid

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = datetime(2026, 2, 2, 9, 0, 0, 5, tzinfo=UTC)
GWEN = Attendee(address="gwen@guest.example", name="Gwen")
GUS = Attendee(address="gus@guest.example", name="Gus")
ALICE = Attendee(address="alice@acme.example", name="Alice", partstat=Partstat.ACCEPTED)
HOUR = timedelta(hours=1)
LUNCH = VEvent(
    uid="lunch@acme.example",
    start=START,
    end=START + timedelta(hours=1),
    summary="Lunch",
    organizer=Organizer(address="alice@acme.example", name="Alice"),
    attendees=(ALICE, GWEN, GUS),
)


def edited(event: Event, **changes: object) -> Event:
    return event.map(lambda part: replace(part, **changes))


def test_new_event_is_told_to_all_but_the_organizer():
    planned = plan(None, Event(master=LUNCH), NOW)
    assert planned.told == planned.affected == planned.added == (GWEN.address, GUS.address)
    assert planned.event.dtstamp == NOW.replace(microsecond=0)


def test_plan_tells_who_is_affected():
    before = plan(None, Event(master=LUNCH), NOW).event
    gina = Attendee(address="gina@guest.example")
    planned = plan(before, edited(before, attendees=(ALICE, GWEN, gina)), NOW)
    assert planned.told == (GWEN.address, GUS.address, gina.address)
    assert planned.affected == (GUS.address, gina.address)
    assert (planned.added, planned.removed) == ((gina.address,), (GUS.address,))
    assert planned.attendees_only
    retitled = plan(before, edited(before, attendees=(ALICE, GWEN), summary="Brunch"), NOW)
    assert not retitled.attendees_only
    moved = plan(before, edited(before, end=START + timedelta(hours=2)), NOW)
    assert moved.asked == moved.affected == (GWEN.address, GUS.address)
    assert moved.event.master.attendee(ALICE.address).partstat == Partstat.ACCEPTED


def test_nothing_to_plan_is_an_error():
    with pytest.raises(ValueError, match="nothing to plan"):
        plan(None, None, NOW)
    with pytest.raises(ValueError, match="at least one component"):
        Event(master=None)


def test_without_organizer_or_future_nobody_is_told():
    assert plan(None, Event(master=replace(LUNCH, organizer=None)), NOW).told == ()
    assert plan(None, Event(master=LUNCH), START + timedelta(days=1)).told == ()
    assert plan(None, Event(master=replace(LUNCH, status="CANCELLED")), NOW).told == ()


def test_event_moved_out_of_the_past_is_told():
    before = plan(None, Event(master=LUNCH), NOW).event
    later = START + timedelta(days=2)
    after = edited(before, start=later, end=later + timedelta(hours=1))
    assert plan(before, after, START + timedelta(days=1)).told == (GWEN.address, GUS.address)


def test_revived_event_is_asked_anew():
    before = plan(None, Event(master=LUNCH), NOW).event
    gone = plan(before, None, NOW).event
    revived = plan(gone, edited(gone, status="CONFIRMED"), NOW)
    assert (revived.event.sequence, revived.asked) == (2, (GWEN.address, GUS.address))
    message = message_for(gone, revived.event, GWEN.address, NOW)
    assert (message.method, message.reason) == (Method.REQUEST, Reason.INVITED)


def test_first_stamp_of_an_imported_event_is_now():
    before = Event(master=LUNCH)
    after = plan(before, edited(before, summary="Brunch"), NOW).event
    assert after.dtstamp == NOW.replace(microsecond=0)


def test_stamp_is_later_than_an_answer_of_the_same_second():
    """Thunderbird dates its copy by the answer, and takes what is not later for known."""
    answered = replace(GWEN, partstat=Partstat.ACCEPTED, replied_sequence=0, replied_at=NOW)
    asked_at = NOW - HOUR
    before = Event(master=replace(LUNCH, attendees=(answered,), dtstamp=asked_at))
    after = before.map(lambda part: replace(part, summary="Dinner"))
    assert plan(before, after, NOW).event.dtstamp == NOW.replace(second=1, microsecond=0)


def test_memory_of_answers_survives_an_edit_that_lost_it():
    replied = replace(GWEN, asked_sequence=2, replied_sequence=2, replied_at=NOW)
    before = Event(master=replace(LUNCH, attendees=(replied,), sequence=2, dtstamp=NOW))
    for changes in ({"summary": "Brunch"}, {"start": START - timedelta(hours=1)}):
        after = plan(before, edited(before, attendees=(GWEN,), **changes), NOW).event
        gwen = after.master.attendee(GWEN.address)
        assert (gwen.replied_sequence, gwen.replied_at) == (2, NOW)
        assert gwen.asked_sequence == after.sequence


def test_gone_without_tombstone_is_cancelled():
    before = plan(None, Event(master=LUNCH), NOW).event
    message = message_for(before, None, GWEN.address, NOW)
    assert (message.method, message.reason) == (Method.CANCEL, Reason.CANCELLED)
    assert message.event.sequence == 1
    assert message.event.dtstamp > before.dtstamp
    assert message_for(None, None, GWEN.address, NOW) is None
    assert message_for(None, before, "stranger@guest.example", NOW) is None


def test_same_version_has_nothing_to_tell():
    before = plan(None, Event(master=LUNCH), NOW).event
    assert message_for(before, before, GWEN.address, NOW) is None


def test_organizer_who_comes_later_invites_everyone():
    before = Event(master=replace(LUNCH, organizer=None))
    planned = plan(plan(None, before, NOW).event, Event(master=LUNCH), NOW)
    assert planned.told == (GWEN.address, GUS.address)
    assert planned.event.uid == LUNCH.uid


def test_dates_without_their_series_are_planned_too():
    before = plan(None, Event(master=None, overrides=(on(1),)), NOW).event
    after = edited(before, start=START + timedelta(days=1, hours=1), end=START + timedelta(days=2))
    planned = plan(before, after, NOW)
    assert (planned.asked, planned.event.sequence) == ((GWEN.address, GUS.address), 1)
    message = message_for(before, planned.event, GWEN.address, NOW)
    assert (message.method, message.reason) == (Method.REQUEST, Reason.ASKED_AGAIN)


def test_cancel_carries_no_files():
    with_file = replace(LUNCH, attachments=(Attachment(uri="https://cal.example/f"),))
    before = plan(None, Event(master=with_file), NOW).event
    message = message_for(before, plan(before, None, NOW).event, GWEN.address, NOW)
    assert message.event.main.attachments == ()


# Single dates


def series(*overrides: VEvent, **fields: object) -> Event:
    return Event(master=replace(LUNCH, rrule="FREQ=DAILY;COUNT=4", **fields), overrides=overrides)


def on(day: int, **fields: object) -> VEvent:
    start = START + timedelta(days=day)
    times = {"start": start, "end": start + timedelta(hours=1), "recurrence_id": start}
    return replace(LUNCH, **{**times, **fields})


def test_guest_of_dates_who_loses_one_and_sees_another_change_gets_two_messages():
    before = plan(None, series(on(1), on(2), attendees=(GUS,)), NOW).event
    wanted = series(on(1, summary="Brunch"), on(2, attendees=(GUS,)), attendees=(GUS,))
    after = plan(before, wanted, NOW).event
    message = message_for(before, after, GWEN.address, NOW)
    assert (message.method, message.then.method) == (Method.REQUEST, Method.CANCEL)
    assert [one.recurrence_id for one in message.event.overrides] == [START + timedelta(days=1)]
    assert [one.recurrence_id for one in message.then.event.overrides] == [
        START + timedelta(days=2)
    ]
    for one in (message, message.then):
        check_valid(write(one.event, method=one.method))


def test_guest_of_the_series_kept_on_one_date_only():
    before = plan(None, series(on(1)), NOW).event
    after = plan(before, series(on(1), attendees=(GUS,)), NOW).event
    message = message_for(before, after, GWEN.address, NOW)
    assert (message.method, message.reason) == (Method.CANCEL, Reason.REMOVED)
    assert message.then.method == Method.REQUEST
    assert message.then.event.master is None
    back = message_for(after, plan(after, before, NOW).event, GWEN.address, NOW)
    assert (back.method, back.reason) == (Method.REQUEST, Reason.INVITED)


def test_guest_of_dates_is_cancelled_date_by_date():
    before = plan(None, series(on(1), on(2), attendees=(GUS,)), NOW).event
    message = message_for(before, plan(before, None, NOW).event, GWEN.address, NOW)
    assert [one.recurrence_id for one in message.event.overrides] == [
        START + timedelta(days=1),
        START + timedelta(days=2),
    ]


def test_override_taken_back_is_a_change_of_that_date():
    before = plan(None, series(on(1, location="Ritz")), NOW).event
    planned = plan(before, Event(master=before.master), NOW)
    (change,) = planned.difference.instances
    assert [one.name for one in change.fields] == [Field.LOCATION]
    assert planned.told == (GWEN.address, GUS.address)
    without = plan(before, series(on(1, attendees=(GUS,))), NOW).event
    again = plan(without, Event(master=without.master), NOW)
    assert again.added == ()
    assert GWEN.address in again.affected


def test_cancelled_override_is_a_dropped_date():
    before = plan(None, series(), NOW).event
    after = plan(before, series(on(1, status="CANCELLED")), NOW)
    assert after.told == (GWEN.address, GUS.address)
    message = message_for(before, after.event, GWEN.address, NOW)
    assert (message.method, message.reason) == (Method.CANCEL, Reason.CANCELLED)
    assert view(after.event, GWEN.address).master.exdates == (START + timedelta(days=1),)


def test_single_event_that_becomes_a_series_asks_again():
    before = plan(None, Event(master=LUNCH), NOW).event
    assert plan(before, edited(before, rrule="FREQ=DAILY"), NOW).asked != ()


@pytest.mark.parametrize(
    ("old", "new", "asks"),
    [
        ("FREQ=DAILY;COUNT=4", "FREQ=DAILY;COUNT=3", False),
        ("FREQ=DAILY", "FREQ=DAILY;COUNT=3", False),
        ("FREQ=DAILY;COUNT=3", "FREQ=DAILY", True),
        ("FREQ=DAILY", "FREQ=DAILY;INTERVAL=2", False),
        ("FREQ=DAILY;COUNT=2000", "FREQ=DAILY;COUNT=3000", True),
        ("FREQ=DAILY;COUNT=3000", "FREQ=DAILY;COUNT=2000", False),
        ("FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=WEEKLY;BYDAY=MO", False),
        ("FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=MO,WE", True),
        ("FREQ=DAILY", "", False),
    ],
)
def test_only_new_dates_ask_again(old, new, asks):
    before, after = (Event(master=replace(LUNCH, rrule=rule)) for rule in (old, new))
    planned = plan(plan(None, before, NOW).event, after, NOW)
    assert planned.event.sequence == 1
    assert bool(planned.asked) is asks


# The rest of a series (rule 19); more of it is told in the transcripts


def rest_of(whole: Event, **fields: object) -> Event:
    fields = {"uid": "rest@acme.example", "related_to": whole.uid, **fields}
    return edited(whole, **fields)


def test_rest_of_a_series_in_the_past_is_told_to_nobody():
    before = plan(None, series(), NOW).event
    planned = plan(before, rest_of(before), START + timedelta(days=9))
    assert (planned.told, planned.event.sequence) == ((), 0)


def test_rest_of_a_series_goes_to_who_is_on_it():
    before = plan(None, series(attendees=(ALICE, GWEN)), NOW).event
    after = plan(before, rest_of(before, attendees=(ALICE, GUS)), NOW).event
    telling = Telling(before, after, NOW)
    assert telling.message_for(GWEN.address) is None
    assert telling.message_for(GUS.address).reason == Reason.INVITED


def test_dates_beyond_a_new_end_are_not_told_one_by_one():
    before = plan(None, series(on(1, location="Ritz"), on(3, location="Ritz")), NOW).event
    after = plan(
        before,
        replace(
            before,
            master=replace(before.master, rrule="FREQ=DAILY;COUNT=2"),
            overrides=before.overrides[:1],
        ),
        NOW,
    ).event
    change = message_for(before, after, GWEN.address, NOW).difference
    assert [one.name for one in change.fields] == [Field.RECURRENCE]
    assert change.instances == ()


def test_date_moved_along_with_its_series_is_not_told_apart():
    before = plan(None, series(on(1, location="Ritz")), NOW).event
    hour = timedelta(hours=1)
    moved = edited(before, start=START + hour, end=START + 2 * hour)
    date_moved = on(1, location="Ritz", start=START + timedelta(days=1) + hour)
    date_moved = replace(
        date_moved, end=date_moved.start + hour, recurrence_id=date_moved.start, dtstamp=NOW
    )
    after = plan(before, replace(moved, overrides=(date_moved,)), NOW).event
    change = message_for(before, after, GWEN.address, NOW).difference
    assert [one.name for one in change.fields] == [Field.WHEN]
    assert [(one.fields, one.former) for one in change.instances] == [((), on(1).start)]


def test_date_that_never_took_place_is_no_change():
    lost = on(1, status="CANCELLED")
    before = plan(None, series(lost), NOW).event
    planned = plan(before, replace(before, master=replace(before.master, summary="Brunch")), NOW)
    assert planned.difference.instances == ()
    assert planned.event.sequence == 0
    assert not raises_sequence(None, lost)


def test_cancelled_series_with_more_dates_adds_none():
    before = plan(None, series(status="TENTATIVE"), NOW).event
    after = edited(before, status="CANCELLED", rrule="FREQ=DAILY;COUNT=9")
    assert plan(before, after, NOW).asked == ()


# The difference


def test_spelling_is_no_change():
    old = series(exdates=(START + timedelta(days=1), START + timedelta(days=2)))
    new = edited(old, rrule="freq=daily;interval=1;count=4", exdates=old.master.exdates[::-1])
    assert not difference(old, edited(new, summary=" Lunch "))
    assert not difference(edited(old, rrule="nonsense"), edited(old, rrule="nonsense"))


def test_every_visible_field_is_told():
    changes = {
        "summary": "Brunch",
        "location": "Ritz",
        "description": "Food",
        "url": "https://cal.example",
        "status": "TENTATIVE",
        "rdates": (START + timedelta(days=9),),
        "organizer": Organizer(address="alice@acme.example", name="Alice B."),
        "end": START + timedelta(hours=3),
    }
    found = difference(Event(master=LUNCH), Event(master=replace(LUNCH, **changes)))
    assert {one.name for one in found.fields} == set(Field)
    assert found.field(Field.SUMMARY).new == "Brunch"
    assert Event(master=LUNCH).master.attendee("nobody") is None
    assert difference(Event(master=LUNCH), Event(master=LUNCH)).field(Field.URL) is None


def test_organizer_may_be_missing():
    found = difference(Event(master=replace(LUNCH, organizer=None)), Event(master=LUNCH))
    assert [(one.old, one.new) for one in found.fields] == [("", "Alice <alice@acme.example>")]


def test_hidden_guests_are_not_told():
    hidden = replace(LUNCH, hide_guests=True, attendees=(ALICE, GWEN))
    assert not difference(Event(master=LUNCH), Event(master=hidden))


def test_dates_of_all_day_events_are_cancelled_as_dates():
    days = {"start": date(2026, 3, 2), "end": date(2026, 3, 3)}
    before = plan(None, series(**days), NOW).event
    after = plan(before, edited(before, exdates=(date(2026, 3, 3),)), NOW).event
    message = message_for(before, after, GWEN.address, NOW)
    ics = check_valid(write(message.event, method=message.method))
    assert ics.walk("VEVENT")[0]["RECURRENCE-ID"].dt == date(2026, 3, 3)


def test_what_others_answered_to_single_dates_is_not_told_date_by_date():
    """A date that says what its series says is told only to who answered it otherwise."""
    dates = [START + timedelta(days=day) for day in range(4)]
    declined = replace(GWEN, partstat=Partstat.DECLINED)
    usual = [replace(LUNCH, recurrence_id=at, start=at, end=at + HOUR) for at in dates]
    series = Event(
        master=replace(LUNCH, rrule="FREQ=DAILY;COUNT=4"),
        overrides=(
            replace(usual[0], attendees=(ALICE, declined, GUS)),
            replace(usual[1], attendees=(ALICE, GUS)),
            replace(usual[2], sequence=1),
            replace(usual[3], location="Ritz"),
        ),
    )

    telling = Telling(None, series, NOW)
    gwens, guses = (telling.message_for(one.address) for one in (GWEN, GUS))
    told = [[part.recurrence_id for part in one.event.overrides] for one in (gwens, guses)]
    assert told == [[dates[0], dates[2], dates[3]], dates[1:]]
    assert telling.message_for(GUS.address).common is guses.common
    alone = message_for(None, replace(series, master=None), GUS.address, NOW)
    assert len(alone.event.overrides) == 4
    gone = replace(series.master, exdates=(dates[2],))
    stays = message_for(None, replace(series, master=gone), GUS.address, NOW)
    assert [part.recurrence_id for part in stays.event.overrides] == dates[1:]
