"""The story and the other documents name files that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
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
    named = files_named(ROOT / "docs/story.md")
    assert len(named) > 30
    assert [name for name in named if not any((folder / name).exists() for folder in FOLDERS)] == []


def test_all_documents_name_files_that_are_there():
    """A name may be shortened from the left, as long as a file ends so."""
    ours = [
        path.as_posix() for name in ("convoca", "tests", "bench", "docs") for path in paths(name)
    ]
    missing = {
        f"{document.name}: {name}"
        for document in DOCUMENTS
        for name in files_named(document)
        if not (ROOT / name).exists() and not any(path.endswith(f"/{name}") for path in ours)
    }
    assert missing == set()


def files_named(document: Path) -> list[str]:
    named = re.findall(r"`(\w[\w/-]*\.(?:py|html)|\w[\w/-]*/)`", document.read_text())
    return [name.rstrip("/") for name in named]


def paths(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
