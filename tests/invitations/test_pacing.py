"""When a guest is reminded: two mornings of working days, rested, and never late."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoca.invitations.reminding.pacing import FURTHEST, IN_TIME, REST, next_turn

MADRID, NEW_YORK = ZoneInfo("Europe/Madrid"), ZoneInfo("America/New_York")
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def at(text: str, zone: ZoneInfo = MADRID) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


def turn(deadline: str, now: str, zone: ZoneInfo = MADRID, **known: str) -> tuple[str, str] | None:
    """Return from when until when a reminder leaves, on the clock of `zone`."""
    heard_at = at(known["heard"], zone) if "heard" in known else LONG_AGO
    nudged_at = at(known["nudged"], zone) if "nudged" in known else None
    found = next_turn(at(deadline), zone, at(now, zone), heard_at=heard_at, nudged_at=nudged_at)
    if found is None:
        return None
    shown = [one.astimezone(zone).strftime("%a %d %H:%M") for one in (found.at, found.until)]
    return shown[0], shown[1]


# November 2026: the 16th, the 23rd and the 30th are Mondays.
@pytest.mark.parametrize(
    ("deadline", "now", "known", "expected"),
    [
        ("2026-11-26 18:00", "2026-11-20 12:00", {}, ("Tue 24 10:00", "Tue 24 18:00")),
        ("2026-11-26 18:00", "2026-11-24 17:59", {}, ("Tue 24 17:59", "Tue 24 18:00")),
        ("2026-11-26 18:00", "2026-11-24 18:00", {}, ("Wed 25 10:00", "Wed 25 18:00")),
        # over a weekend: Thursday and Friday
        ("2026-11-23 18:00", "2026-11-17 12:00", {}, ("Thu 19 10:00", "Thu 19 18:00")),
        ("2026-11-24 09:00", "2026-11-20 18:30", {}, ("Mon 23 10:00", "Mon 23 18:00")),
        ("2026-11-22 23:59", "2026-11-20 12:00", {}, ("Fri 20 12:00", "Fri 20 18:00")),
        # what could not leave on the last working day leaves on the deadline's own, in time
        ("2026-11-26 18:00", "2026-11-26 07:00", {}, ("Thu 26 09:00", "Thu 26 16:00")),
        ("2026-11-26 18:00", "2026-11-26 16:00", {}, None),
        ("2026-11-22 23:59", "2026-11-20 18:00", {}, None),
        # rested after the invitation, and after any reminder
        (
            "2026-11-26 18:00", "2026-11-25 15:00", {"heard": "2026-11-25 15:00"},
            ("Thu 26 11:00", "Thu 26 16:00"),
        ),
        ("2026-11-26 18:00", "2026-11-26 09:00", {"heard": "2026-11-25 21:00"}, None),
        (
            "2026-11-26 18:00", "2026-11-24 17:30", {"nudged": "2026-11-24 17:30"},
            ("Wed 25 13:30", "Wed 25 18:00"),
        ),
        # a reminder of the first or second occasion uses it up, also one that the host pressed
        (
            "2026-11-26 18:00", "2026-11-24 12:00", {"nudged": "2026-11-24 10:00"},
            ("Wed 25 10:00", "Wed 25 18:00"),
        ),
        ("2026-11-26 18:00", "2026-11-26 09:30", {"nudged": "2026-11-25 10:00"}, None),
        # a clock that was set back after a reminder brings none
        ("2026-11-26 18:00", "2026-11-24 10:00", {"nudged": "2026-11-25 12:00"}, None),
    ],
)  # fmt: skip
def test_reminders_come_on_two_working_mornings(
    deadline: str, now: str, known: dict[str, str], expected: tuple[str, str] | None
):
    assert turn(deadline, now, **known) == expected


def test_working_hours_are_the_guests():
    assert turn("2026-11-26 18:00", "2026-11-24 03:00", NEW_YORK) == (
        "Tue 24 10:00",
        "Tue 24 18:00",
    )
    # 23:59 on Monday in Madrid is Tuesday morning in Tokyo
    tokyo = ZoneInfo("Asia/Tokyo")
    assert turn("2026-11-23 23:59", "2026-11-20 19:00", tokyo) == ("Mon 23 10:00", "Mon 23 18:00")


minutes = st.integers(0, 2 * 365 * 24 * 60)  # minutes after the beginning of 2026
zones = st.sampled_from([MADRID, NEW_YORK, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Etc/GMT+12")])


@given(deadline=minutes, before=st.integers(0, 20_000), zone=zones, heard=st.integers(0, 20_000))
def test_whatever_happens_it_is_polite(deadline: int, before: int, zone: ZoneInfo, heard: int):
    end = LONG_AGO + dt.timedelta(minutes=deadline)
    now = end - dt.timedelta(minutes=before)
    heard_at = now - dt.timedelta(minutes=heard)
    found = next_turn(end, zone, now, heard_at=heard_at)
    if found is None:
        return
    local = found.at.astimezone(zone)
    assert local.weekday() < 5
    assert dt.time(9) <= local.time() < dt.time(18)
    assert now <= found.at < found.until <= end - IN_TIME
    assert found.at - heard_at >= REST
    assert end - found.at < FURTHEST
    again = next_turn(end, zone, found.at, heard_at=found.at, nudged_at=found.at)
    if again is not None:
        assert again.at - found.at >= REST
        assert next_turn(end, zone, again.at, heard_at=again.at, nudged_at=again.at) is None
