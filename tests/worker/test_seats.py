"""Who serves which lane in one process: no server keeps the connections of the others busy."""

import datetime as dt

import pytest

from convoca.mail.models import Halt
from convoca.mail.traffic.lanes import Lane
from convoca.worker.seats import Seats, next_size

NOW = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)


def lane(name: str, *, kind: str = "INVITATION", is_halted: bool = False) -> Lane:
    halts = (Halt(lane=name, since=NOW, until=NOW),) if is_halted else ()
    return Lane(kind, name, NOW, halts)


def taken(seats: Seats, *lanes: Lane) -> list[str]:
    """Take seats until there is none; return where, in order."""
    return [lane.name for lane in iter(lambda: seats.take(lanes), None)]


def test_one_server_gets_its_connections_and_another_as_many():
    seats = Seats(2)
    assert taken(seats, lane("")) == ["", ""]
    assert taken(seats, lane(""), lane("7")) == ["7", "7"]


def test_lanes_are_served_by_turns():
    assert taken(Seats(2), lane(""), lane("7")) == ["", "7", "", "7"]


def test_a_domains_lane_shares_the_connections_of_its_server():
    assert taken(Seats(2), lane(""), lane("@slow.example")) == ["", "@slow.example"]


def test_what_somebody_waits_for_comes_first():
    seats = Seats(1)
    assert seats.take([lane("7", kind="POST"), lane("")]) == lane("7", kind="POST")


def test_servers_in_trouble_leave_seats_for_those_that_are_not():
    troubled = [lane(str(number), is_halted=True) for number in range(5)]
    seats = Seats(2)
    assert taken(seats, *troubled) == ["0", "1"]
    assert taken(seats, *troubled, lane("")) == ["", ""]


def test_a_server_that_is_slow_with_few_mails_counts_as_in_trouble_until_it_is_quick():
    seats, slow = Seats(2), lane("7")
    for seconds in (3.0, 3.0):
        assert seats.take([slow])
        seats.leave(slow, seconds)
    assert taken(seats, slow) == ["7"]
    seats.leave(slow, 0.1)
    assert taken(seats, slow) == ["7", "7"]


def test_a_seat_that_was_left_can_be_taken_again():
    seats = Seats(1)
    assert seats.take([lane("")])
    assert seats.take([lane("")]) is None
    seats.leave(lane(""), 1.0)
    assert seats.take([lane("")])


@pytest.mark.parametrize(
    ("size", "seconds", "following"),
    [(50, 0.1, 100), (800, 0.1, 1000), (100, 1.0, 100), (100, 3.0, 50), (25, 60.0, 25)],
)
def test_batches_grow_with_a_quick_server_and_shrink_with_a_slow_one(
    size: int, seconds: float, following: int
):
    assert next_size(size, seconds) == following


def test_a_server_that_takes_mails_as_fast_as_they_are_written_gets_one():
    seats, one = Seats(2), lane("")
    assert taken(seats, one) == ["", ""]
    seats.leave(one, 0.3, worked=0.2)
    seats.leave(one, 0.3, worked=0.2)
    assert taken(seats, one) == [""]
    seats.leave(one, 0.3, worked=0.05)
    assert taken(seats, one) == ["", ""], "it makes one wait: another can write meanwhile"
