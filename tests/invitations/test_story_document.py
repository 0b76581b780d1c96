"""The story names files that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = [
    ROOT,
    ROOT / "convoca",
    ROOT / "convoca/invitations",
    ROOT / "convoca/invitations/content",
    ROOT / "convoca/invitations/messages",
    ROOT / "convoca/invitations/replies",
    ROOT / "convoca/standards/itip",
]


def test_the_story_names_files_that_are_there():
    named = re.findall(r"`([\w/]+\.py|[\w/]+/)`", (ROOT / "docs/story.md").read_text())
    assert len(named) > 30
    assert [name for name in named if not any((folder / name).exists() for folder in FOLDERS)] == []
