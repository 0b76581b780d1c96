"""A browser by the name its owner knows it by, for the list of signed-in devices."""

from __future__ import annotations

import re

from django import template

register = template.Library()

# Each browser also names those it wants to be taken for: the most particular stands first.
BROWSERS = {
    r"Edg(?:e|A|iOS)?/": "Edge",
    r"OPR/|Opera": "Opera",
    r"Vivaldi/": "Vivaldi",
    r"SamsungBrowser/": "Samsung Internet",
    r"Firefox/|FxiOS/": "Firefox",
    r"Chrom(?:e|ium)/|CriOS/": "Chrome",
    r"Safari/": "Safari",
}
SYSTEMS = {
    r"iPhone": "iPhone",
    r"iPad": "iPad",
    r"Android": "Android",
    r"Windows": "Windows",
    r"Mac OS X|Macintosh": "macOS",
    r"CrOS": "ChromeOS",
    r"Linux|X11": "Linux",
}


@register.filter
def device(user_agent: str) -> str:
    """Name browser and system, `Firefox · Windows`; the program's own words if it is neither."""
    found = [_first(user_agent, BROWSERS), _first(user_agent, SYSTEMS)]
    return " · ".join(filter(None, found)) or user_agent[:60]


def _first(user_agent: str, known: dict[str, str]) -> str:
    return next((name for mark, name in known.items() if re.search(mark, user_agent)), "")
