"""Any tale of edits, answers and outages ends with every guest holding what the host means."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.standards.tales import SERIES, SINGLE, begin
from tests.standards.world import World
from tests.support.examples import examples

orders = st.integers(0, 2**16)


@settings(max_examples=examples(15))
@given(st.lists(SINGLE, max_size=9), st.booleans(), orders)
def test_single_event_ends_well(tale, is_cancelled, order):
    play(begin(""), tale, is_cancelled, order)


@settings(max_examples=examples(25))
@given(st.lists(SERIES, max_size=9), st.booleans(), orders)
def test_series_ends_well(tale, is_cancelled, order):
    play(begin("FREQ=WEEKLY;COUNT=4"), tale, is_cancelled, order)


def play(world: World, tale, is_cancelled: bool, order: int) -> None:
    for action, *arguments in tale:
        action(world, *arguments)
        world.check()
    if is_cancelled:
        world.save(None)
    world.unreachable.clear()
    world.deliver()
    deliver_all_again(world, order)
    world.check()
    if is_cancelled:
        assert not any(
            client.entries(uid) for client in world.clients.values() for uid in client.events
        )


def deliver_all_again(world: World, order: int) -> None:
    """Let every mail arrive once more, those that were on their way for the first time."""
    for address, sent in world.mails.items():
        shuffled = random.Random(order).sample(range(len(sent)), len(sent))
        for number in shuffled:
            world.arrive(address, number)
    world.slow.clear()
