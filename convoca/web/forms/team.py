"""The team's people, rooms and name, as typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from convoca.accounts.models import LONGEST_GRACE, Membership, Role
from convoca.accounts.roles import grantable_by
from convoca.calendars.models import Room
from convoca.web.forms.fields import LanguageField, LineField, ZoneField


class RoleField(forms.ChoiceField):
    """A role that the actor may give."""

    def __init__(self, **options: Any) -> None:
        super().__init__(label=_("Role"), **options)

    def offer(self, actor: Membership) -> None:
        self.choices = [(role.value, role.label) for role in reversed(grantable_by(actor))]


class InviteForm(forms.Form):
    """Whom to invite into the team."""

    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = RoleField(initial=Role.MEMBER)
    fields: dict[str, Any]

    def __init__(self, *args: Any, actor: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].offer(actor)


class RoleForm(forms.Form):
    """Another role for a colleague."""

    role = RoleField()
    fields: dict[str, Any]

    def __init__(self, *args: Any, actor: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].offer(actor)


class RoomForm(forms.Form):
    """A room and its seats."""

    name = LineField(label=_("Name"), max_length=120)
    capacity = forms.IntegerField(label=_("Seats"), min_value=1, max_value=10_000, required=False)

    def __init__(self, *args: Any, room: Room | None = None, **kwargs: Any) -> None:
        if room:
            kwargs["initial"] = {"name": room.name, "capacity": room.capacity}
        super().__init__(*args, **kwargs)


class TeamForm(forms.Form):
    """Name, language and zone of the team."""

    name = LineField(label=_("Name of the team"), max_length=120)
    language = LanguageField(help_text=_("For guests whose card names no other."))
    timezone = ZoneField(help_text=_("For guests whose card names no other."))
    grace_seconds = forms.IntegerField(
        label=_("Seconds to stop mails"),
        help_text=_("How long mails wait after a save, so that you can stop them; 0: not at all."),
        min_value=0,
        max_value=LONGEST_GRACE,
    )
    fields: dict[str, Any]

    def __init__(self, *args: Any, actor: Membership, **kwargs: Any) -> None:
        team = actor.team
        kwargs["initial"] = {name: getattr(team, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        self.fields["timezone"].offer(team.timezone)
