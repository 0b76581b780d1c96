"""The icons of the pages, each drawn once: `lucide` draws them anew for every place they stand."""

from __future__ import annotations

import re
from functools import lru_cache

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags import lucide as drawing

register = template.Library()


@register.simple_tag
def lucide(name: str, *, size: int | None = 24, **attributes: object) -> SafeString:
    """Return an icon as inline SVG, with `attributes` such as `aria_hidden`."""
    given = tuple((key, str(value)) for key, value in attributes.items())
    return _drawn(str(name), size, given)


@lru_cache(maxsize=1024)
def _drawn(name: str, size: int | None, attributes: tuple[tuple[str, str], ...]) -> SafeString:
    svg = drawing.lucide(name, size=size, **dict(attributes))
    return mark_safe(re.sub(r">\s+<", "><", svg))  # noqa: S308  drawn by the library, escaped
