"""The transcripts in `scenarios/`, played line by line: a line that fits no sentence fails."""

from pathlib import Path

import pytest

from tests.standards import sentences_expected, sentences_guests, sentences_host
from tests.standards.language import SENTENCES, play
from tests.standards.world import World

SCENARIOS = sorted(Path(__file__).parent.glob("scenarios/*.txt"))
RULES = range(1, 27)
"""The rules of an organizer's engine, as docs/standards.md numbers them."""
CLIENTS = {
    *("gmail", "exchange", "apple", "thunderbird", "proton", "tnef"),
    *("counter-outlook", "counter-gmail", "forwarded", "alias"),
}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    world = World()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("> "):
            try:
                play(world, line.removeprefix("> ").strip())
            except AssertionError as failure:
                raise AssertionError(f"{path.name}:{number} {line}\n{failure}") from failure
    assert world.outbox == [], "messages nobody expected"
    assert world.results == [], "results nobody expected"


def test_every_rule_and_every_mail_program_has_a_scenario() -> None:
    named = [path.stem.split("-", 2) for path in SCENARIOS]
    assert {int(name[1]) for name in named if name[0] == "rule"} == {*RULES}
    clients = {path.stem.removeprefix("client-") for path in SCENARIOS}
    assert clients >= CLIENTS


def test_every_sentence_is_spoken() -> None:
    lines = {line for path in SCENARIOS for line in path.read_text().splitlines()}
    spoken = [line.removeprefix("> ").strip() for line in lines if line.startswith("> ")]
    modules = (sentences_expected, sentences_guests, sentences_host)
    assert {action.__module__ for _pattern, action in SENTENCES} == {
        one.__name__ for one in modules
    }
    assert [
        pattern.pattern
        for pattern, _action in SENTENCES
        if not any(pattern.fullmatch(line) for line in spoken)
    ] == []
