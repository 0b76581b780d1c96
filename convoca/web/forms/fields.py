"""Form fields that several pages share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from convoca.accounts.models import LANGUAGES
from convoca.accounts.text import one_line
from convoca.accounts.zones import choices, city, is_zone

USUAL_ZONES = {"es": "Europe/Madrid"}


def usual_zone() -> str:
    """Return the zone that most speakers of the page's language who come here live in."""
    return USUAL_ZONES.get(get_language() or "en", "UTC")


class ZoneSelect(forms.Select):
    """Draws its four hundred options in one go; Django would render a template for each."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attributes = self.build_attrs(self.attrs, {"name": name, **(attrs or {})})
        chosen = str(value or "")
        drawn = "".join(_draw(entry, chosen) for entry in self.choices)
        return format_html("<select{}>{}</select>", flatatt(attributes), mark_safe(drawn))  # noqa: S308


class ZoneField(forms.ChoiceField):
    """A time zone: chosen by city, any name of the IANA database accepted."""

    widget = ZoneSelect

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Time zone"))
        super().__init__(choices=choices, **options)

    def valid_value(self, value: str) -> bool:
        return is_zone(value)

    def offer(self, name: str) -> None:
        """Let the list show a zone that it does not offer by itself."""
        regions = [places for _region, places in choices() if not isinstance(places, str)]
        offered = {"UTC", *(zone for places in regions for zone, _city in places)}
        if name and name not in offered:
            self.choices = [(name, city(name)), *choices()]


class LanguageField(forms.ChoiceField):
    """One of the languages Convoca speaks, each named in itself."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Language"))
        super().__init__(choices=LANGUAGES, **options)


class LineField(forms.CharField):
    """One line of text without control characters."""

    def to_python(self, value: Any) -> str:
        return one_line(super().to_python(value) or "")


class CodeField(forms.CharField):
    """A code that came by mail: one input; spaces and dashes of a pasted one do not matter."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Code"))
        super().__init__(**options)
        self.widget.attrs |= {
            "class": "input--code",
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "pattern": r"[\s\d\-]*",
            "autofocus": True,
        }

    def to_python(self, value: Any) -> str:
        return "".join(char for char in super().to_python(value) or "" if char.isalnum())


def _draw(entry: Any, chosen: str) -> str:
    """Draw an option, or a region with its options."""
    value, label = entry
    if isinstance(label, list):
        places = "".join(_draw(place, chosen) for place in label)
        return f'<optgroup label="{escape(value)}">{places}</optgroup>'
    selected = " selected" if value == chosen else ""
    return f'<option value="{escape(value)}"{selected}>{escape(label)}</option>'
