"""docs/standards.md names functions, tests and transcripts that exist, and every difference."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.standards.test_scenarios import SCENARIOS
from tests.standards.test_vectors import CANCELLED_DATES, DIFFERENCES

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/standards.md").read_text()
ROWS = [line.strip("| \n").split(" | ") for line in DOCUMENT.splitlines() if line.startswith("| ")]
TABLES = [row for row in ROWS if len(row) == 3 and row[0] not in ("Asked", "Case")]
MAPPED = [row for row in TABLES if "`" in row[1] and "`" in row[2]]


def names(cell: str) -> list[str]:
    return re.findall(r"`([A-Za-z_][\w.-]*)`", cell)


def test_each_function_named_exists():
    named = {name for _asked, functions, _tests in MAPPED for name in names(functions)}
    named = {name for name in named if "." in name}  # the others are fields and parameters
    known = {f".{one}" for one in functions_and_modules()}
    assert len(named) > 25
    assert [
        name for name in sorted(named) if not any(one.endswith(f".{name}") for one in known)
    ] == []


@cache
def functions_and_modules() -> set[str]:
    """Return the dotted names of all modules, and of what is defined in them and their classes."""
    found = set()
    for path in (ROOT / "convoca").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found.add(module)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(f"{module}.{node.name}")
            if isinstance(node, ast.ClassDef):
                found |= {f"{module}.{node.name}.{name}" for name in members(node)}
    return found


def members(node: ast.ClassDef) -> list[str]:
    named = [one for one in node.body if isinstance(one, ast.FunctionDef)]
    given = [one.targets[0] for one in node.body if isinstance(one, ast.Assign)]
    typed = [one.target for one in node.body if isinstance(one, ast.AnnAssign)]
    return [one.name for one in named] + [getattr(one, "id", "") for one in (*given, *typed)]


def test_each_test_named_exists():
    transcripts = {path.stem for path in SCENARIOS}
    missing = [
        name
        for _asked, _functions, cell in MAPPED
        for name in names(cell)
        if name not in transcripts and name not in defined()
    ]
    assert missing == []


@cache
def defined() -> set[str]:
    """Return the names of all tests: with their module, alone, and those of the modules."""
    found = set()
    for path in (ROOT / "tests").rglob("*.py"):
        functions = re.findall(r"^def (\w+)", path.read_text(), re.MULTILINE)
        found |= {path.stem, *functions, *(f"{path.stem}.{name}" for name in functions)}
    return found


def test_each_transcript_of_a_rule_is_named():
    named = set(names(DOCUMENT))
    rules = {path.stem for path in SCENARIOS if path.stem.startswith(("rule-", "client-"))}
    assert rules - named == set()


def test_each_difference_is_told():
    told = re.findall(r"`(test\w+\*?)`", DOCUMENT[DOCUMENT.index("## Somebody else's cases") :])
    for name in {*DIFFERENCES, *CANCELLED_DATES}:
        assert any(
            name == one or (one.endswith("*") and name.startswith(one[:-1])) for one in told
        ), name
