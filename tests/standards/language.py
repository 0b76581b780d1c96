"""The language of the transcripts: sentences, each with what it does to the world."""

import re
from collections.abc import Callable

from tests.standards.world import World

NAMES = r"(?P<names>[a-z]+(?:, [a-z]+)*)"
NAME = r"(?P<name>[a-z]+)"
DAY = r"(?P<day>\d{4}-\d\d-\d\d)"
SPAN = r"(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)"
SENTENCES: list[tuple[re.Pattern[str], Callable[..., None]]] = []


def sentence(pattern: str):
    def keep(play: Callable[..., None]) -> Callable[..., None]:
        SENTENCES.append((re.compile(pattern), play))
        return play

    return keep


def play(world: World, line: str) -> None:
    for pattern, action in SENTENCES:
        match = pattern.fullmatch(line)
        if match:
            told = {key: value for key, value in match.groupdict().items() if value is not None}
            action(world, **told)
            world.check()
            return
    raise AssertionError("no such sentence")


def split(names: str) -> list[str]:
    return names.split(", ")
