"""Find what an app says: the gettext calls of its Python files and Django templates."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.utils.translation.template import templatize

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
TEMPLATES = {".html", ".txt"}
HOME_OF_THE_REST = "web"  # the app whose catalogue takes what stands outside the apps


def collect(package: Path) -> dict[str, Catalog]:
    """Return what each app of `package` says, by the app's name, in the order of files."""
    catalogues: dict[str, Catalog] = {}
    for path in _sources(package):
        parts = path.relative_to(package).parts
        app = parts[0] if len(parts) > 1 else HOME_OF_THE_REST
        catalogue = catalogues.setdefault(app, Catalog())
        for message, context in _messages(path):
            location = (path.relative_to(package.parent).as_posix(), 1)
            catalogue.add(message, locations=[location], context=context)
    return {app: catalogue for app, catalogue in sorted(catalogues.items()) if len(catalogue)}


def _sources(package: Path) -> Iterator[Path]:
    for path in sorted(package.rglob("*")):
        parts = path.relative_to(package).parts
        is_code = path.suffix == ".py" and "migrations" not in parts
        if is_code or (path.suffix in TEMPLATES and "templates" in parts):
            yield path


def _messages(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    text = path.read_text("utf-8")
    if path.suffix in TEMPLATES:
        text = _as_python(text, path)
    source = io.BytesIO(text.encode())
    for _line, message, _comments, context in extract("python", source, KEYWORDS):
        yield message, context


def _as_python(template: str, path: Path) -> str:
    """Turn a template's tags into gettext calls, without indents that Python would refuse."""
    return "\n".join(line.strip() for line in templatize(template, str(path)).splitlines())
