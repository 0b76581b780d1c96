"""A draft becomes rows and comes back as it was; people who stay keep their answers."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoca.accounts.models import Membership
from convoca.accounts.text import one_line
from convoca.calendars import editing
from convoca.calendars.drafts import EventDraft, Invalid, NewGuest, draft_of
from convoca.calendars.models import Attendee, Event, Room
from convoca.calendars.models.event import FOREVER
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from convoca.standards.ical.model import Partstat
from tests.builders import a_file, draft, save, wall

UTC = dt.UTC


def refused(member: Membership, typed: EventDraft, event: Event | None = None) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        save(member, typed, event)
    return [error.field for error in refusal.value.errors]


def test_a_new_event_has_everything_of_the_draft(
    alice: Membership, bob: Membership, gwen: Guest, room: Room, sender: Sender
):
    change = save(
        alice,
        draft(
            title=" Contract\r\nreview ",
            location="Calle Mayor 1",
            description="Bring <b>papers</b><script>x</script>",
            reminders=[60, 10, 60],
            rrule="freq=weekly;count=3",
            hide_guests=True,
            notify_answers=False,
            sender=sender,
            attendees=[bob, gwen, room],
        ),
    )
    event = Event.objects.get()
    assert (event.team, event.host, event.revision) == (alice.team, alice, 1)
    assert (event.title, event.location) == ("Contract review", "Calle Mayor 1")
    assert event.description == "Bring <b>papers</b>"
    assert (event.start, event.end) == (wall("2026-11-24 10:00"), wall("2026-11-24 11:00"))
    assert event.rrule == "FREQ=WEEKLY;COUNT=3"
    assert event.span_start == dt.datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert event.span_end == dt.datetime(2026, 12, 8, 10, tzinfo=UTC)
    assert (event.reminders, event.hide_guests, event.notify_answers) == ([10, 60], True, False)
    assert [(row.kind, row.email_key, row.name) for row in event.attendees.all()] == [
        ("MEMBER", "bob@acme.example", "Bob Baker"),
        ("GUEST", "gwen@guest.example", "Gwen López"),
        ("ROOM", "", "Sala Goya"),
    ]
    assert change.before is None
    assert change.has_guests
    assert (change.event, change.after.uid) == (event, event.uid)


def test_the_snapshot_tells_what_attendees_see(
    alice: Membership, gwen: Guest, room: Room, sender: Sender
):
    change = save(
        alice,
        draft(
            location="Third floor",
            description="<p>One</p><p>two</p>",
            sender=sender,
            attendees=[gwen, room],
        ),
    )
    master = change.after.main
    assert master.location == "Sala Goya, Third floor"
    assert (master.description, master.description_html) == ("One\n\ntwo", "<p>One</p><p>two</p>")
    assert (master.organizer.address, master.organizer.name) == (alice.email, "Alice Álvarez")
    assert [one.address for one in master.attendees] == ["gwen@guest.example"]
    assert master.start.tzinfo.key == "Europe/Madrid"
    assert master.rrule == ""


def test_new_addresses_get_a_card_and_known_ones_are_found(
    alice: Membership, bob: Membership, gwen: Guest, sender: Sender
):
    typed = [
        NewGuest(email="Ana@Guest.example", first_name="Ana", last_name="Ruiz"),
        NewGuest(email="GWEN@guest.example", first_name="Other"),
        NewGuest(email="BOB@acme.example"),
        NewGuest(email="ana@guest.example"),
        NewGuest(email="alice@acme.example"),
    ]
    event = save(alice, draft(sender=sender, attendees=typed)).event
    card = Guest.objects.get(email_key="ana@guest.example")
    assert (card.name, card.language, card.created_by) == ("Ana Ruiz", "en", alice)
    rows = event.attendees.values_list("kind", "guest", "member", "name")
    assert list(rows) == [
        ("GUEST", card.pk, None, "Ana Ruiz"),
        ("GUEST", gwen.pk, None, "Gwen López"),
        ("MEMBER", None, bob.pk, "Bob Baker"),
    ]


def test_imagining_writes_nothing(alice: Membership, gwen: Guest, sender: Sender):
    typed = draft(sender=sender, attendees=[NewGuest(email="ana@guest.example")])
    change = editing.prepare(alice, typed).change
    assert [one.address for one in change.after.main.attendees] == ["ana@guest.example"]
    assert not Event.objects.exists()
    assert list(Guest.objects.all()) == [gwen]
    event = save(alice, draft(sender=sender, attendees=[gwen])).event
    change = editing.prepare(alice, replace(draft_of(event), title="New"), event).change
    assert (change.before.main.summary, change.after.main.summary) == ("Contract review", "New")
    event.refresh_from_db()
    assert (event.title, event.revision) == ("Contract review", 1)


def test_who_stays_keeps_row_and_answer(
    alice: Membership, bob: Membership, gwen: Guest, gus: Guest, sender: Sender
):
    event = save(alice, draft(sender=sender, attendees=[bob, gwen])).event
    event.attendees.filter(guest=gwen).update(partstat="ACCEPTED", replied_sequence=0, note="Sí")
    row = event.attendees.get(guest=gwen)
    change = save(alice, replace(draft_of(event), attendees=[gus, gwen]), event)
    assert [one.address for one in change.before.main.attendees] == [
        "bob@acme.example",
        "gwen@guest.example",
    ]
    assert [(one.address, one.partstat) for one in change.after.main.attendees] == [
        ("gus@guest.example", Partstat.NEEDS_ACTION),
        ("gwen@guest.example", Partstat.ACCEPTED),
    ]
    assert [one.name for one in event.attendees.all()] == ["Gus Gray", "Gwen López"]
    kept = event.attendees.get(guest=gwen)
    assert (kept.pk, kept.partstat, kept.note) == (row.pk, "ACCEPTED", "Sí")
    assert list(Attendee.objects.values_list("email_key", flat=True)) == [
        "gus@guest.example",
        "gwen@guest.example",
    ]


def test_events_keep_the_copies_of_changed_and_deleted_cards(
    alice: Membership, gwen: Guest, sender: Sender
):
    event = save(alice, draft(sender=sender, attendees=[gwen])).event
    before = Attendee.objects.get()
    gwen.email, gwen.first_name = "gwen@new.example", "Gwendolyn"
    gwen.save()
    event = save(alice, draft_of(event), event).event
    row = Attendee.objects.get()
    assert (row.pk, row.email, row.name) == (before.pk, "gwen@guest.example", "Gwen López")
    gwen.delete()
    event = save(alice, replace(draft_of(event), title="New"), event).event
    row = Attendee.objects.get()
    assert (row.pk, row.guest, row.name) == (before.pk, None, "Gwen López")
    assert not Guest.objects.exists()


def test_colleagues_alone_need_no_sender(alice: Membership, bob: Membership):
    change = save(alice, draft(attendees=[bob]))
    assert not change.has_guests
    assert change.after.main.organizer.address == "alice@acme.example"


def test_files_are_attached_and_let_go(alice: Membership, bob: Membership):
    mine, other = a_file(alice), a_file(alice)
    event = save(alice, draft(files=[mine, other])).event
    assert list(event.files.all()) == [mine, other]
    change = save(alice, replace(draft_of(event), files=[other, other]), event)
    assert [one.key for one in change.after.main.attachments] == [str(other.public_id)]
    assert list(event.files.all()) == [other]
    other.refresh_from_db()
    assert refused(alice, draft(files=[other])) == ["files.0"]
    other.event = None  # as it was when it was read for another save
    assert refused(alice, draft(files=[other])) == ["files"]
    assert refused(alice, draft(files=[a_file(bob)])) == ["files.0"]


def test_all_day_events_run_from_midnight_to_midnight(alice: Membership):
    for end in ("2026-11-24 00:00", "2026-11-24 18:00", "2026-11-25 00:00"):
        event = save(alice, draft(start="2026-11-24 10:00", end=end, all_day=True)).event
        assert (event.start, event.end) == (wall("2026-11-24 00:00"), wall("2026-11-25 00:00"))
    assert event.span_start == dt.datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert event.span_end == dt.datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_a_series_without_end_spans_for_ever(alice: Membership):
    assert save(alice, draft(rrule="FREQ=DAILY")).event.span_end == FOREVER
    event = save(alice, draft(rrule="FREQ=DAILY;UNTIL=20261201T090000Z")).event
    assert event.span_end == dt.datetime(2026, 12, 1, 10, tzinfo=UTC)


def test_thousands_of_attendees_cost_few_queries(
    alice: Membership, sender: Sender, django_assert_max_num_queries
):
    people = [NewGuest(email=f"g{number}@guest.example") for number in range(5_000)]
    with django_assert_max_num_queries(15):
        event = save(alice, draft(sender=sender, attendees=people)).event
    assert event.attendees.count() == 5_000
    with django_assert_max_num_queries(15):
        save(alice, replace(draft_of(event), title="New"), event)
    with django_assert_max_num_queries(30):
        save(alice, replace(draft_of(event), attendees=draft_of(event).attendees[2500:]), event)
    assert event.attendees.count() == 2_500


def test_a_guest_with_the_hosts_address_is_the_host(alice: Membership, sender: Sender):
    card = Guest.objects.create(team=alice.team, email="ALICE@acme.example")
    assert not save(alice, draft(sender=sender, attendees=[card, alice])).has_guests


DATES = st.datetimes(min_value=wall("1970-01-02"), max_value=wall("2100-01-01"))
WORDS = st.text(max_size=40)


@given(
    title=WORDS.filter(one_line),
    location=WORDS,
    description=WORDS,
    start=DATES,
    length=st.timedeltas(min_value=dt.timedelta(hours=2), max_value=dt.timedelta(days=300)),
    zone=st.sampled_from(["UTC", "Europe/Madrid", "Pacific/Apia", "America/St_Johns"]),
    all_day=st.booleans(),
    rrule=st.sampled_from(["", "FREQ=DAILY;COUNT=3", "FREQ=MONTHLY;BYDAY=-1FR"]),
    reminders=st.lists(st.integers(0, 10_000), max_size=5),
)
def test_a_draft_comes_back_as_it_was_saved(
    alice: Membership, start: dt.datetime, length: dt.timedelta, zone: str, **fields: object
):
    typed = EventDraft(start=start, end=start + length, timezone=zone, **fields)
    event = save(alice, typed).event
    first = draft_of(Event.objects.get(pk=event.pk))
    change = save(alice, first, event)
    assert change.before == change.after
    assert draft_of(Event.objects.get(pk=event.pk)) == first
    assert (
        (first.start <= start) if typed.all_day else (first.start == start.replace(microsecond=0))
    )


def test_the_organizer_stays_once_somebody_is_invited(
    alice: Membership, gwen: Guest, sender: Sender
):
    office = Sender.objects.create(
        team=alice.team,
        owner=alice,
        name="Office",
        email="office@acme.example",
        email_key="office@acme.example",
        confirmed_at=sender.confirmed_at,
    )
    event = save(alice, draft(sender=sender)).event
    event = save(alice, replace(draft_of(event), sender=office, attendees=[gwen]), event).event
    organizer = save(alice, replace(draft_of(event), sender=sender), event).after.organizer
    assert (organizer.address, organizer.name) == ("office@acme.example", "Alice Álvarez")
    organizer = save(alice, draft_of(event), event).before.organizer
    assert organizer.address == "office@acme.example"


def test_a_guest_whose_card_was_deleted_gets_one_again(
    alice: Membership, gwen: Guest, gus: Guest, sender: Sender
):
    event = save(alice, draft(sender=sender, attendees=[gwen, gus])).event
    rows = list(event.attendees.values_list("pk", flat=True))
    Guest.objects.all().delete()
    again = Guest.objects.create(team=alice.team, email="gwen@guest.example")
    typed = [again, NewGuest(email="gus@guest.example")]
    save(alice, replace(draft_of(event), attendees=typed), event)
    assert list(event.attendees.values_list("pk", flat=True)) == rows
    cards = event.attendees.values_list("guest__email", "name")
    assert list(cards) == [("gwen@guest.example", "Gwen López"), ("gus@guest.example", "Gus Gray")]
