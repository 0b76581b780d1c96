"""Limits on how many mails leave in a window of time: never more, in turn, codes first."""

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoca.mail.traffic.windows import LAG, LONGEST_LINE, Window, admit

START = 1_800_000_000.0


def ask(
    window: Window, count: int = 1, *, is_urgent: bool = False, has_waited: bool = False
) -> list[float | None]:
    """Return for so many mails, one after the other, None or when they have their turn."""
    return [admit([window], is_urgent=is_urgent, has_waited=has_waited) for _ in range(count)]


def later(window: Window, seconds: float) -> Window:
    return Window(
        limit=window.limit,
        seconds=window.seconds,
        now=window.now + seconds,
        used=window.used,
        line_end=window.line_end,
    )


def test_up_to_the_limit_everything_leaves_at_once():
    assert ask(Window(limit=5, seconds=60, now=START), 5) == [None] * 5


def test_what_is_over_the_limit_gets_its_turn_in_order():
    window = Window(limit=2, seconds=60, now=START)
    ask(window, 2)
    turns = ask(window, 3)
    assert turns == [START + 75, START + 75 + 37.5, START + 75 + 75]
    assert ask(later(window, 75), has_waited=True) == [None]


def test_nobody_jumps_the_line():
    window = Window(limit=2, seconds=60, now=START)
    ask(window, 3)
    window = later(window, 75)
    assert ask(window) == [START + 75 + 37.5]
    assert ask(window, has_waited=True) == [None]


def test_a_tenth_is_kept_for_codes_and_they_do_not_wait_in_line():
    window = Window(limit=10, seconds=60, now=START)
    assert ask(window, 10)[8:] == [None, START + 75]
    assert ask(window, is_urgent=True) == [None]
    assert ask(window, is_urgent=True) == [START + 75]


def test_all_limits_of_a_mail_must_admit_it_and_none_is_used_otherwise():
    full, free = (Window(limit=1, seconds=60, now=START) for _ in range(2))
    ask(full)
    assert admit([full, free], is_urgent=False, has_waited=False) == START + 75
    assert (full.total, free.total) == (1, 0)


def test_a_clock_that_was_far_ahead_holds_nobody_up_for_long():
    ahead = Window(limit=1, seconds=60, now=START + 365 * 86400)
    ask(ahead, 3)
    window = later(ahead, -365 * 86400)
    assert window.total == 0
    assert window.line_end == START + LONGEST_LINE


@pytest.mark.parametrize("limit", [1, 2, 10, 97])
def test_a_long_line_is_let_go_at_the_limits_pace(limit: int):
    """A fifth less, for what may leave late, and the tenth for codes."""
    window = Window(limit=limit, seconds=60, now=START)
    turns = ask(window, 5 * limit + 1)
    assert turns[-1] is not None
    assert turns[-1] - START <= 6 * 75 * limit / (limit - limit // 10)


requests = st.lists(
    st.tuples(
        st.floats(0, 40),  # seconds since the one before
        st.integers(1, 12),  # mails
        st.booleans(),  # urgent
        st.booleans(),  # has waited
        st.floats(0, LAG - 0.001),  # seconds until they are really sent
    ),
    max_size=60,
)


@given(st.integers(1, 10), requests)
def test_never_more_than_the_limit_leave_in_any_window(limit: int, asked: list) -> None:
    window = Window(limit=limit, seconds=60, now=START)
    sent = []
    for wait, count, is_urgent, has_waited, lag in asked:
        window = later(window, wait)
        answers = ask(window, count, is_urgent=is_urgent, has_waited=has_waited)
        sent += [window.now + lag] * answers.count(None)
    sent.sort()
    for index, first in enumerate(sent):
        assert bisect_right(sent, first + 59.999) - index <= limit
