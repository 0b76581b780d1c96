"""The rules of the house that no linter knows; the floors are import-linter's."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField

ROOT = Path(__file__).parents[1]
FILE_LINES = 400
FUNCTION_LINES = 40
FLOORS = ("accounts", "guests", "mail", "calendars", "notifications", "invitations")
SHAPELESS = {"services", "utils", "util", "common", "helpers", "helper", "managers", "misc"}

# What may be longer for now: "path" or "path::function" -> since when and why.
LONGER: dict[str, str] = {}


def test_files_stay_short():
    long = {shown(path) for path in sources() if len(path.read_text().splitlines()) >= FILE_LINES}
    assert long == {name for name in LONGER if "::" not in name}


def test_functions_stay_short():
    long = {
        f"{shown(path)}::{function.name}"
        for path in python_files()
        for function in functions(path)
        if length(function) > FUNCTION_LINES
    }
    assert long == {name for name in LONGER if "::" in name}


def test_modules_open_with_a_sentence():
    silent = [
        shown(path)
        for path in python_files()
        if tree(path).body and not is_sentence(ast.get_docstring(tree(path)))
    ]
    assert silent == []


def test_modules_are_named_after_their_part():
    shapeless = [
        shown(path) for path in python_files() if SHAPELESS & {path.stem, path.parent.name}
    ]
    assert shapeless == []


def test_nothing_is_left_for_later():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    left = [
        shown(path)
        for path in sources()
        if path != Path(__file__) and marks.search(path.read_text())
    ]
    assert left == []


def test_foreign_keys_across_floors_leave_no_trace_below():
    traces = [
        f"{model.__name__}.{field.name}"
        for floor in FLOORS
        for model in apps.get_app_config(floor).get_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey | ManyToManyField)
        and field.related_model._meta.app_label in set(FLOORS) - {floor}
        and field.remote_field.related_name != "+"
    ]
    assert traces == []


def test_foreign_keys_across_floors_name_the_class():
    by_string = [
        f"{shown(path)}:{call.lineno} {target.value}"
        for path in python_files("convoca")
        for call, target in relations(path)
        if isinstance(target, ast.Constant) and "." in str(target.value)
    ]
    assert by_string == []


def test_only_links_know_addresses_of_pages():
    assert {
        shown(path)
        for floor in FLOORS
        for path in python_files(f"convoca/{floor}")
        if imported(path) & {"django.urls.reverse", "django.urls.reverse_lazy"}
    } <= {"convoca/invitations/links.py"}


def test_apps_do_not_signal_each_other():
    signals = re.compile(r"(^django\.dispatch\b|\.signals\b)")
    assert [
        shown(path) for path in python_files("convoca") if any(map(signals.search, imported(path)))
    ] == []


def test_pages_hold_no_inline_script_or_style():
    """The content security policy would stop them; mails, which need inline styles, may."""
    inline = re.compile(
        r"<style|\sstyle\s*=|\son[a-z]+\s*=|\shx-on\b|javascript:"
        r"|<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")",
        re.IGNORECASE,
    )
    assert [
        f"{shown(path)}: {found.group().strip()}"
        for path in (ROOT / "convoca").glob("*/templates/**/*.html")
        if not {"mail", "mails"} & set(path.relative_to(ROOT / "convoca").parts[2:])
        for found in inline.finditer(path.read_text())
    ] == []


def test_lock_files_name_no_host():
    for path in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in path.read_text(), path.name
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == []


def sources() -> list[Path]:
    """All files that people write: Python, scripts, styles and templates."""
    ours = [*(ROOT / "convoca").glob("*/templates/**/*.html"), *(ROOT / "frontend").glob("*.mjs")]
    for folder, kind in (("src", "js"), ("css", "css")):
        ours += (ROOT / "frontend" / folder).rglob(f"*.{kind}")
    return [*python_files(), *sorted(ours)]


@cache
def python_files(folder: str = "") -> list[Path]:
    """The Python files of a folder, or of the whole project; generated migrations aside."""
    folders = [folder] if folder else ["convoca", "tests", "bench"]
    paths = [path for name in folders for path in sorted((ROOT / name).rglob("*.py"))]
    paths += [] if folder else [ROOT / "hatch_build.py"]
    return [path for path in paths if "migrations" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function, its docstring aside."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    if ast.get_docstring(function):
        words = function.body[0]
        lines -= (words.end_lineno or 0) - words.lineno + 1
    return lines


def is_sentence(docstring: str | None) -> bool:
    return bool(docstring) and str(docstring).split("\n\n")[0].rstrip().endswith((".", ")."))


def imported(path: Path) -> set[str]:
    """The dotted names of everything a module imports, wherever in it."""
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def relations(path: Path) -> Iterator[tuple[ast.Call, ast.expr]]:
    """The relation fields written in a module, each with what it points at."""
    kinds = {"ForeignKey", "OneToOneField", "ManyToManyField"}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and node.args:
            function = node.func
            name = (
                function.attr
                if isinstance(function, ast.Attribute)
                else getattr(function, "id", "")
            )
            if name in kinds:
                yield node, node.args[0]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
