"""Whom the token stands for, their settings, and what their team has used."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from ninja import Router

from convoca.accounts import limits, preferences
from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.api.access import ApiRequest
from convoca.api.answers import MeOut, SettingsOut, UsageOut
from convoca.api.schemas import SettingsPatch
from convoca.mail import senders
from convoca.mail.models import Sender

router = Router(tags=["me"])


@router.get("/me", response=MeOut)
def read_me(request: ApiRequest) -> MeOut:
    """Return the user and team the token acts for."""
    return MeOut.of(request.auth)


@router.patch("/settings", response=SettingsOut)
def change_settings(request: ApiRequest, typed: SettingsPatch) -> SettingsOut:
    """Change one's own settings; what is left out stays."""
    member = request.auth
    with transaction.atomic():
        preferences.change(member, **typed.model_dump(exclude={"default_sender"}))
        if "default_sender" in typed.model_fields_set:
            senders.choose(member, _sender(member, typed.default_sender))
    return SettingsOut.of(member)


@router.get("/usage", response=UsageOut)
def read_usage(request: ApiRequest) -> UsageOut:
    """Return how many events with guests the team has had, and how many its plan allows."""
    return UsageOut.of(limits.usage(request.auth.team))


def _sender(member: Membership, sender_id: UUID | None) -> Sender | None:
    if sender_id is None:
        return None
    found = Sender.objects.of_team(member).filter(public_id=sender_id).first()
    if found is None:
        raise Invalid.field("default_sender", _("This address is not there any more."))
    return found
