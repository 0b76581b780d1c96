"""Keep the `.po` files in step with what the apps say, and find what they lack."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import write_po

from convoca.worker.catalogues.collecting import collect
from convoca.worker.catalogues.compiling import find_all, read

LANGUAGES = ("es",)  # besides English, which stands in the source
HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: Convoca\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
_FIELD = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|</?[a-z]+[^>]*>")

Texts = dict[tuple[str, str | None], Message]


def update(package: Path) -> None:
    """Rewrite every app's `.po`: new messages added, gone ones dropped, translations kept.

    What another app has translated already is taken over from there.
    """
    said = collect(package)
    for language in LANGUAGES:
        known = _known(package, language)
        for app, template in said.items():
            path = _path(package, app, language)
            old = read(path) if path.exists() else Catalog(locale=language)
            _write(path, _translated(template, old, known, language))
        for path in find_all(package):
            if path.parts[-3] == language and path.parts[-5] not in said:
                path.unlink()


def complaints(package: Path) -> list[str]:
    """Return what is not as it should be in any catalogue, one line each."""
    said = collect(package)
    found = []
    for language in LANGUAGES:
        catalogues = {app: _path(package, app, language) for app in said}
        for app, path in catalogues.items():
            catalogue = read(path) if path.exists() else Catalog(locale=language)
            found += [f"{app}/{language}: {line}" for line in _compare(said[app], catalogue)]
        found += [f"{language}: {line}" for line in _disagreements(catalogues)]
    return found


def _translated(template: Catalog, old: Catalog, known: Texts, language: str) -> Catalog:
    catalogue = Catalog(locale=language)
    for message in template:
        if not message.id:
            continue
        kept = old.get(_key(message)[0], message.context) or known.get(_key(message))
        if kept and kept.id != message.id:
            kept = None
        catalogue.add(
            message.id,
            string=kept.string if kept else None,
            locations=message.locations,
            flags=[flag for flag in message.flags if flag == "python-format"],
            user_comments=kept.user_comments if kept else (),
            context=message.context,
        )
    return catalogue


def _known(package: Path, language: str) -> Texts:
    known: Texts = {}
    for path in find_all(package):
        if path.parts[-3] == language:
            for message in read(path):
                if message.id and _is_complete(message):
                    known.setdefault(_key(message), message)
    return known


def _write(path: Path, catalogue: Catalog) -> None:
    """Write without dates and line numbers, so that only changed words change the file."""
    text = io.BytesIO()
    write_po(text, catalogue, width=98, omit_header=True, include_lineno=False, sort_by_file=True)
    language = path.parts[-3]
    header = HEADER.format(language=language, plurals=get_plural(language).plural_forms)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = (header + text.getvalue().decode().strip() + "\n").encode()
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def _compare(said: Catalog, catalogue: Catalog) -> Iterator[str]:
    """Yield every message without a sound translation, and every one that nobody says."""
    for message in said:
        if not message.id:
            continue
        translation = catalogue.get(_key(message)[0], message.context)
        if translation is None or translation.id != message.id:
            yield f"not in the catalogue (run `convoca messages`): {_key(message)[0]!r}"
        elif not _is_complete(translation):
            yield f"not translated: {_key(message)[0]!r}"
        elif translation.fuzzy:
            yield f"fuzzy: {_key(message)[0]!r}"
        elif not _has_same_fields(translation):
            yield f"other placeholders or tags: {_key(message)[0]!r}"
    spoken = {_key(message) for message in said}
    for message in [*catalogue, *catalogue.obsolete.values()]:
        if _key(message) not in spoken:
            yield f"said nowhere any more: {_key(message)[0]!r}"


def _disagreements(catalogues: dict[str, Path]) -> Iterator[str]:
    """Yield messages that two apps translate differently: Django would use the first for both."""
    first: dict[tuple[str, str | None], tuple[str, object]] = {}
    for app, path in catalogues.items():
        for message in read(path) if path.exists() else ():
            if message.id and _is_complete(message):
                other, string = first.setdefault(_key(message), (app, message.string))
                if string != message.string:
                    yield f"{other} and {app} translate it differently: {_key(message)[0]!r}"


def _has_same_fields(message: Message) -> bool:
    """Tell whether every form of the translation fills in what some form of the source does."""
    wanted = [sorted(_FIELD.findall(form)) for form in _forms(message.id)]
    return all(sorted(_FIELD.findall(string)) in wanted for string in _forms(message.string))


def _is_complete(message: Message) -> bool:
    return all(_forms(message.string))


def _key(message: Message) -> tuple[str, str | None]:
    return _forms(message.id)[0], message.context


def _forms(text: str | Sequence[str] | None) -> Sequence[str]:
    """Return singular and plurals; a message without plural has one form."""
    return (text or "",) if isinstance(text, str | None) else text


def _path(package: Path, app: str, language: str) -> Path:
    return package / app / "locale" / language / "LC_MESSAGES" / "django.po"
