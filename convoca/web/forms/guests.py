"""A card of the address book, as typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from convoca.accounts.models import LANGUAGES
from convoca.guests.models import Guest
from convoca.web.forms.fields import LineField, ZoneField


class GuestForm(forms.Form):
    """Only splits what was typed into fields; the address book judges it."""

    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    first_name = LineField(label=_("First name"), max_length=80, required=False)
    last_name = LineField(label=_("Last name"), max_length=80, required=False)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        help_text=_("In which we write to this guest."),
        choices=[("", _("as the team")), *LANGUAGES],
    )
    timezone = ZoneField(
        required=False, help_text=_("In which this guest is told when a meeting begins.")
    )
    fields: dict[str, Any]

    def __init__(self, *args: Any, guest: Guest | None = None, **kwargs: Any) -> None:
        if guest:
            kwargs["initial"] = {name: getattr(guest, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        zone = self.fields["timezone"]
        zone.offer(guest.timezone if guest else "")
        zone.choices = [("", _("as the team")), *zone.choices]
