"""What guests get from a shared pattern is what the library writes for each of them alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import email
from typing import Any

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Attendee, Event
from convoca.guests.models import Guest
from convoca.invitations import messages
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.reaching import correcting
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from convoca.mail.transit import Outgoing
from convoca.standards.ical.model import Partstat
from convoca.standards.ical.stencil import Unfit
from convoca.standards.imip.pattern import Pattern
from tests.builders import a_file, draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver
from tests.invitations.series import SECOND, Scope, change_dates

HOSTILE = [
    *('Al"ice', "O'Brien, Pat: x; y", "a^b", "<b>ñ</b>\\n"),
    *("x" * 80, "🎉 " * 20, "name-1 token-1"),
]
ADDRESSES = [
    *("o'x@guest.example", "müller@guest.example", "a&b@guest.example"),
    "x@xn--bcher-kva.example",
]


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> None:
    time_machine.move_to("2026-11-20T10:00Z", tick=False)


@pytest.fixture
def crowd(alice: Membership) -> list[Guest]:
    """Guests whose names and addresses are hard to write."""
    addresses = [*ADDRESSES, *(f"g{number}@guest.example" for number in range(len(HOSTILE)))]
    return Guest.objects.bulk_create(
        Guest(
            team=alice.team,
            email=address,
            email_key=address,
            first_name=HOSTILE[number % len(HOSTILE)],
            language=("es", "en")[number % 2],
        )
        for number, address in enumerate(addresses)
    )


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what every due delivery gets, from patterns and alone; both must be the same."""

    def contents() -> list[bytes]:
        due = Delivery.objects.filter(kind="INVITATION", due_at__isnull=False).order_by("id")
        built = messages.build(due)
        return [made.content for _delivery, made in built]

    def alone(*_arguments: object) -> None:
        raise Unfit

    def both() -> list[bytes]:
        copied = contents()
        with monkeypatch.context() as patch:
            patch.setattr(Pattern, "compose", alone)
            assert contents() == copied
        return copied

    return both


@pytest.mark.parametrize("hide_guests", [False, True])
@pytest.mark.parametrize("reply_domain", ["", "reply.example"])
def test_invitations(
    alice: Membership,
    sender: Sender,
    crowd: list[Guest],
    written: Any,
    settings: Any,
    hide_guests: bool,
    reply_domain: str,
):
    settings.REPLY_DOMAIN = reply_domain
    fields = {"start": SOON, "sender": sender, "attendees": crowd, "files": [a_file(alice)]}
    scheduling.save_event(alice, draft(**fields, hide_guests=hide_guests), message="¡Ven!")
    assert len(set(written())) == len(crowd)


def test_updates_keep_answers_and_cancels_name_one(
    alice: Membership, sender: Sender, crowd: list[Guest], written: Any
):
    typed = draft(start=SOON, sender=sender, attendees=crowd, rrule="FREQ=DAILY;COUNT=3")
    event = scheduling.save_event(alice, typed)
    deliver()
    Attendee.objects.filter(event=event, email__startswith="g").update(partstat="ACCEPTED")
    scheduling.save_event(alice, dataclasses.replace(draft_of(event), title="New"), event)
    Attendee.objects.filter(event=event, email__startswith="g1").update(partstat="DECLINED")
    assert len(written()) == len(crowd)
    deliver()
    scheduling.cancel_event(alice, event)
    assert len(written()) == len(crowd)


def test_what_one_answered_meanwhile_to_a_single_date_is_told_to_nobody_else(
    alice: Membership, sender: Sender, gwen: Guest, crowd: list[Guest], written: Any
):
    weekly = draft(start=SOON, sender=sender, attendees=[gwen], rrule="FREQ=WEEKLY;COUNT=3")
    event = scheduling.save_event(alice, weekly)
    change_dates(alice, event, Scope.THIS, SECOND, attendees=[gwen, *crowd])
    Attendee.objects.filter(email_key="g0@guest.example").update(partstat="ACCEPTED")
    mails = written()
    assert sum(b"PARTSTAT=ACCEPTED;" in calendar(one) for one in mails) == 1


def calendar(content: bytes) -> bytes:
    found = next(
        one
        for one in email.message_from_bytes(content).walk()
        if one.get_content_type() == "text/calendar"
    )
    text = found.get_payload(decode=True)
    assert isinstance(text, bytes)
    return text.replace(b"\r\n ", b"")


def test_a_list_too_long_to_be_shown(
    alice: Membership, sender: Sender, crowd: list[Guest], written: Any
):
    rest = Guest.objects.bulk_create(
        Guest(team=alice.team, email=f"r{n}@guest.example", email_key=f"r{n}@guest.example")
        for n in range(100)
    )
    scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[*crowd, *rest]))
    assert len(set(written())) == len(crowd) + 100


def test_one_pattern_serves_all_who_read_the_same(
    alice: Membership, meeting: Event, crowd: list[Guest], monkeypatch: pytest.MonkeyPatch
):
    made: list[Pattern] = []
    cut = Pattern.__init__

    def noting(pattern: Pattern, *arguments: Any) -> None:
        made.append(pattern)
        cut(pattern, *arguments)

    monkeypatch.setattr(Pattern, "__init__", noting)
    typed = dataclasses.replace(draft_of(meeting), attendees=crowd)
    scheduling.save_event(alice, typed, meeting)
    due = Invitation.objects.filter(delivery__due_at__isnull=False, ended_at=None)
    list(messages.build(Delivery.objects.filter(pk__in=due.values("delivery"))))
    assert len(made) == 2, "one for each language"


def test_the_next_batch_reads_and_renders_nothing_again(
    alice: Membership, sender: Sender, crowd: list[Guest], django_assert_num_queries: Any
):
    scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=crowd))
    first, *others = Delivery.objects.select_related("sender")
    press = messages.Press(timezone.now())
    list(messages.build([first], press))
    # invitations, events, the host's words, dates, answers, suppressions
    with django_assert_num_queries(6):
        list(messages.build(others, press))


def test_an_address_corrected_since_gets_its_mail_from_a_press_that_is_kept(
    alice: Membership, meeting: Event, gwen: Guest
):
    press = messages.Press(timezone.now())
    list(messages.build(Delivery.objects.all(), press))
    attendee = Attendee.objects.get(event=meeting, email_key=gwen.email_key)
    correcting.correct_address(alice, meeting, attendee, "right@guest.example")
    delivery = Delivery.objects.get(email="right@guest.example")
    [(_delivery, made)] = messages.build([delivery], press)
    assert isinstance(made, Outgoing)
    assert b"mailto:right@guest.example" in calendar(made.content)


def test_a_press_is_kept_for_a_minute_and_until_it_is_full(monkeypatch: pytest.MonkeyPatch):
    now = timezone.now()
    press = messages.Press(now)
    assert press.fresh(now + dt.timedelta(seconds=60)) is press
    assert press.fresh(now + dt.timedelta(seconds=61)) is not press
    monkeypatch.setattr("convoca.invitations.messages.press.MOST_KEPT", -1)
    assert press.fresh(now) is not press


def test_a_date_answered_alone(alice: Membership, sender: Sender, crowd: list[Guest], written: Any):
    typed = draft(start=SOON, sender=sender, attendees=crowd, rrule="FREQ=DAILY;COUNT=3")
    event = scheduling.save_event(alice, typed)
    second = wall(SOON) + dt.timedelta(days=1)
    for invitation in Invitation.objects.filter(event=event).order_by("delivery")[:2]:
        rsvp.record(
            invitation,
            Partstat.DECLINED,
            source=Rsvp.Source.WEB,
            now=timezone.now(),
            recurrence_id=second,
        )
    mails = written()
    assert len(mails) == len(crowd)
    assert len(mails[0]) > len(mails[2])
