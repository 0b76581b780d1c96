"""Many who change one series at once: each save is whole, none is lost, nobody is told twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event, EventVersion
from convoca.guests.models import Guest
from convoca.invitations.models import Invitation
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import Scope
from convoca.mail.models import Delivery, Sender
from tests.builders import draft
from tests.invitations.series import FIRST, SECOND, THIRD
from tests.support.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
DATES = [FIRST + timedelta(days=day) for day in range(40)]


@pytest.fixture
def daily(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Forty days with Gwen."""
    typed = draft(start=str(FIRST), rrule="FREQ=DAILY;COUNT=40", sender=sender, attendees=[gwen])
    return scheduling.save_event(alice, typed)


def come_to(*works: Callable[[], object]) -> list[object]:
    """Do everything at the same time; return what each came to, a refusal included."""

    def run(work: Callable[[], object]) -> object:
        try:
            return work()
        except Invalid as refusal:
            return [error.field for error in refusal.errors]

    return at_once(*(partial(run, work) for work in works))


def save(event: Event, date: object, scope: Scope = Scope.THIS, **changes: object) -> Event:
    typed = replace(draft_of(event, date), **changes)
    return scheduling.save_event(event.host, typed, event, scope=scope, recurrence_id=date)


def test_one_date_changed_by_many_has_one_row(daily: Event):
    rows = come_to(*(lambda at=at: save(daily, SECOND, title=f"{at}") for at in range(8)))
    row = Event.objects.get(series=daily)
    assert {one.pk for one in rows} == {row.pk}
    assert row.attendees.count() == 1
    assert EventVersion.objects.filter(event=daily).count() == 9
    daily.refresh_from_db()
    assert (daily.revision, daily.version) == (9, 9)


def test_forty_dates_changed_at_once_are_all_changed(daily: Event):
    come_to(*(lambda date=date: save(daily, date, title=f"{date}") for date in DATES))
    titles = dict(Event.objects.filter(series=daily).values_list("recurrence_id", "title"))
    assert titles == {date: f"{date}" for date in DATES}
    assert Delivery.objects.get().wanted == Event.objects.get(pk=daily.pk).version == 41


def test_of_two_who_opened_the_same_form_one_is_refused(daily: Event):
    revision = daily.revision
    works = [lambda: save(daily, SECOND, title="New", revision=revision)] * 2
    came = come_to(*works)
    assert sorted(isinstance(one, Event) for one in came) == [False, True]
    assert ["revision"] in came


def test_a_series_is_cut_once_at_a_date(daily: Event):
    came = come_to(*[lambda: save(daily, THIRD, Scope.FOLLOWING, title="New")] * 4)
    assert came.count(["recurrence_id"]) == 3
    assert Event.objects.count() == Invitation.objects.count() == 2


def test_cancelled_and_changed_at_once_is_one_or_the_other(daily: Event):
    def cancel() -> Event:
        return scheduling.cancel_event(daily.host, daily, scope=Scope.THIS, recurrence_id=SECOND)

    came = come_to(cancel, lambda: save(daily, SECOND, title="New"))
    assert isinstance(came[0], Event)
    assert not Event.objects.filter(series=daily).exists()
    assert Event.objects.get().exdates == [SECOND.isoformat()]
