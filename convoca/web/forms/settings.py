"""The gear: what members decide about themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from convoca.accounts.models import Membership
from convoca.mail import senders
from convoca.web.forms.fields import LanguageField, LineField, ZoneField

OWN_ADDRESS = "own"


class SettingsForm(forms.Form):
    """One member's preferences; `sender` only offers what can be used now."""

    sender = forms.ChoiceField(
        label=_("Send invitations from"),
        widget=forms.RadioSelect,
        required=False,
        help_text=_("For all your invitations. You can still choose another for a single event."),
    )
    name = LineField(
        label=_("Your name"),
        max_length=120,
        help_text=_("Guests see it in invitations."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = LanguageField()
    timezone = ZoneField()
    notify_by_email = forms.BooleanField(
        label=_("Tell me by e-mail too"),
        required=False,
        help_text=_("Answers, invitations and changes: besides the bell, as a mail."),
    )
    fields: dict[str, Any]

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        self.choices = senders.choices(member)
        chosen = senders.default_for(member)
        kwargs["initial"] = {
            "sender": str(chosen.public_id) if chosen else "",
            "name": member.user.name,
            "language": member.user.language,
            "timezone": member.user.timezone,
            "notify_by_email": member.notify_by_email,
        }
        super().__init__(*args, **kwargs)
        self.fields["timezone"].offer(member.user.timezone)
        self.fields["sender"].choices = [
            (key_of(choice), choice.email) for choice in self.choices if choice.is_confirmed
        ]

    def sender_lines(self) -> list[SenderLine]:
        """Return every address as the page lists it, those without confirmation too."""
        chosen = self["sender"].value()
        return [
            SenderLine(choice=choice, key=key_of(choice), is_chosen=key_of(choice) == chosen)
            for choice in self.choices
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderLine:
    """One address in the field *Send invitations from*."""

    choice: senders.Choice
    key: str
    is_chosen: bool


def key_of(choice: senders.Choice) -> str:
    """Return how a form names a choice: the sender's id, or the account's own address."""
    return str(choice.sender.public_id) if choice.sender else OWN_ADDRESS


class TokenForm(forms.Form):
    """What an API token is for."""

    name = LineField(
        label=_("What is it for?"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
