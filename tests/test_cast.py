"""The cast stands where the tests think it does."""

import datetime as dt

from convoca.accounts.models import Membership
from convoca.calendars.models import Event


def test_colleagues_are_of_the_own_team(alice: Membership, bob: Membership, mallory: Membership):
    assert set(Membership.objects.colleagues_of(alice)) == {alice, bob}


def test_local_times_come_back_as_written(alice: Membership):
    wall = dt.datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001  a time that does not exist in Madrid
    now = dt.datetime.now(dt.UTC)
    event = Event.objects.create(
        team=alice.team,
        host=alice,
        uid="u1",
        dtstamp=now,
        title="Night shift",
        start=wall,
        end=wall,
        timezone="Europe/Madrid",
        span_start=now,
        span_end=now,
    )
    event.refresh_from_db()
    assert event.start == wall
    assert Event.objects.get(start=wall) == event
    assert not Event.objects.filter(start__gt=wall).exists()
