"""How the active language writes lists and sizes, and where Babel finds its dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from babel import Locale
from babel.lists import format_list
from django.template.defaultfilters import filesizeformat
from django.utils.translation import get_language

# English with the day first and 24 hours: the readers are in Europe more often than not.
_LOCALES = {"en": "en_GB"}


def locale() -> Locale:
    """Return the locale of the active language."""
    return _locale(get_language() or "en")


def listed(names: Sequence[str]) -> str:
    """Join names as a sentence does: `Gwen, Gus and Bob`."""
    return format_list(list(names), locale=locale())


def size(count: int) -> str:
    """Say how large a file is: `2.3 MB`, but `25 MB`."""
    return re.sub(r"[.,]0(?=\D)", "", str(filesizeformat(count)))


def sentence_case(text: str) -> str:
    """Return the text with a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


@lru_cache
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, language), sep="-" if "-" in language else "_")
