"""Failures on the host's bell: one line for each event and cause, however many mails it was."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import notices
from convoca.invitations.saving import scheduling
from convoca.mail.advice import advice
from convoca.mail.models import Delivery, DeliveryAttempt, Halt, Sender
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import words
from tests.builders import draft
from tests.invitations.conftest import SOON
from tests.invitations.post import notices as sent_notices
from tests.invitations.post import part
from tests.invitations.saving import change
from tests.support.together import at_once

Reason = Delivery.Reason
NOON = dt.datetime(2030, 5, 6, 12, tzinfo=dt.UTC)


def lines() -> list[Notification]:
    return list(Notification.objects.filter(kind="FAILED").order_by("id"))


def crowd(team: Any, count: int) -> list[Guest]:
    addresses = [f"g{number}@x.example" for number in range(count)]
    return Guest.objects.bulk_create(
        Guest(team=team, email=one, email_key=one, first_name=one[:2]) for one in addresses
    )


@pytest.fixture
def seven(alice: Membership, sender: Sender) -> Event:
    """Alice's meeting with seven guests, to none of whom a mail has gone."""
    guests = crowd(alice.team, 7)
    return scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=guests))


def fail(event: Event, *numbers: int, reason: str = Reason.FULL) -> None:
    """Let the mails to these guests fail, as one batch."""
    rows = Delivery.objects.filter(email__in=[f"g{number}@x.example" for number in numbers])
    rows.update(status="FAILED", reason=reason, due_at=None, last_error="550 5.2.2 Over quota")
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(delivery=row, at=timezone.now(), version=1, outcome="FAILED")
        for row in rows.all()
    )
    notices.delivery_failed(rows.all())


def test_batches_of_one_cause_are_one_line(alice: Membership, seven: Event):
    fail(seven, 0)
    assert words(lines()[0]).sentence.startswith("g0 (g0@x.example) cannot be reached about")
    fail(seven, 1, 2, 3)
    fail(seven, 4, 5, 6)
    [line] = lines()
    said = words(line)
    assert said.sentence.startswith("7 people cannot be reached about “Contract review”")
    assert said.detail == (
        "g0, g1, g2, g3, g4 and 2 more\n"
        "The mailbox is full.\nTell them another way, and send again when there is room."
    )
    assert (line.member, line.event, notify.unread(alice)) == (alice, seven, 1)


def test_each_cause_has_a_line_of_its_own(seven: Event):
    fail(seven, 0, 1)
    fail(seven, 2, 3, 4, reason=Reason.POLICY)
    assert [(one.facts["reason"], one.facts["count"]) for one in lines()] == [
        ("FULL", 2),
        ("POLICY", 3),
    ]


def test_what_fails_after_it_was_read_is_a_new_line(alice: Membership, seven: Event):
    fail(seven, 0, 1)
    notify.mark_read(alice)
    fail(seven, 2)
    fail(seven, 3)
    first, second = lines()
    assert (first.facts["count"], second.facts["count"]) == (2, 2)
    assert [one["name"] for one in second.facts["people"]] == ["g2", "g3"]


def test_the_same_failure_told_twice_counts_once(alice: Membership, seven: Event):
    fail(seven, 0, 1)
    fail(seven, 0, 1)
    [line] = lines()
    assert line.facts["count"] == 2


def test_a_guest_who_fails_again_is_still_one_person(alice: Membership, seven: Event):
    fail(seven, 0)
    fail(change(alice, seven, title="Moved"), 0)
    [line] = lines()
    assert (line.facts["count"], line.facts["title"]) == (1, "Moved")


def test_all_batches_come_in_one_mail(seven: Event):
    fail(seven, 0)
    fail(seven, 1, 2)
    [mail] = sent_notices()
    assert mail["Subject"].startswith("3 people cannot be reached about")
    text = part(mail, "plain")
    assert "g0, g1 and g2" in text
    assert f"/events/{seven.public_id}/?show=unreached#attendees" in text


def test_what_fails_after_the_mail_left_comes_in_another(seven: Event):
    fail(seven, 0)
    sent_notices()
    Delivery.objects.filter(kind=Delivery.Kind.POST).update(status="SENT")
    fail(seven, 1)
    fail(seven, 2)
    [mail] = sent_notices()
    assert mail["Subject"].startswith("3 people")


def test_who_wants_no_mail_has_only_the_bell(alice: Membership, seven: Event):
    Membership.objects.filter(pk=alice.pk).update(notify_by_email=False)
    fail(seven, 0)
    assert len(lines()) == 1
    assert sent_notices() == []


def test_the_number_of_queries_does_not_grow(seven: Event, django_assert_max_num_queries: Any):
    with django_assert_max_num_queries(26):
        fail(seven, *range(7))


# These only wait, or say themselves what to do.
SILENT = {Reason.SUPPRESSED, Reason.PAUSED, Reason.RATE}


@pytest.mark.parametrize("reason", [one for one in Reason if one not in SILENT])
def test_every_reason_says_what_to_do(reason: str):
    assert advice("FAILED", reason) == advice("BOUNCED", reason) != ""
    assert advice("DELAYED", reason) != ""
    assert advice("SENT", reason) == ""


def delay(numbers: range, hours: float, reason: str = Reason.LOGIN) -> None:
    """Let the mails to these guests be put off, again and again, for so many hours."""
    since = NOON - dt.timedelta(hours=hours)
    rows = Delivery.objects.filter(email__in=[f"g{number}@x.example" for number in numbers])
    rows.update(status="DELAYED", reason=reason, failing_since=since)


def test_what_is_put_off_for_hours_is_told_once_a_day(seven: Event):
    delay(range(3), hours=3)
    delay(range(3, 7), hours=1)
    for minutes in (0, 15):
        notices.delivery_late(NOON + dt.timedelta(minutes=minutes))
    [line] = lines()
    assert words(line).sentence.startswith("3 people are not reached yet about “Contract review”")
    [mail] = sent_notices()
    assert "Correct the login of the sender address" in part(mail, "plain")
    notices.delivery_late(NOON + dt.timedelta(days=1))
    assert [one.facts["count"] for one in lines()] == [3, 7]


@pytest.mark.parametrize(
    ("lane", "reason", "says"),
    [
        ("", "UNREACHABLE", "The outgoing mail server cannot be reached."),
        ("*", "", "Mails are paused by the operator."),
    ],
)
def test_what_waits_behind_a_dead_server_is_late_too(
    seven: Event, lane: str, reason: str, says: str
):
    Halt.objects.create(lane=lane, since=NOON - dt.timedelta(hours=3), reason=reason)
    notices.delivery_late(NOON)
    [line] = lines()
    assert (line.facts["count"], says in words(line).detail) == (7, True)


def test_a_short_halt_is_not_told(seven: Event):
    Halt.objects.create(lane="", since=NOON - dt.timedelta(hours=1), reason="UNREACHABLE")
    notices.delivery_late(NOON)
    assert lines() == []


def test_what_is_over_is_late_no_more(seven: Event):
    delay(range(7), hours=3)
    Event.objects.update(span_end=NOON)
    notices.delivery_late(NOON)
    assert lines() == []


@pytest.mark.django_db(transaction=True)
def test_workers_who_fail_at_once_write_one_line(seven: Event):
    at_once(*(partial(transaction.atomic(fail), seven, number) for number in range(4)))
    [line] = lines()
    assert line.facts["count"] == 4
    assert len(sent_notices()) == 1
