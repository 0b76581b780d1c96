"""Why a change to an event is refused as a whole, whatever was typed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from convoca.accounts import refusals
from convoca.accounts.invalid import Invalid


class NotAllowed(refusals.NotAllowed):
    """Colleagues look at an event; its host and the administrators change it."""

    message = _("Only the host and the team's administrators can change this event.")


class Conflict(Invalid):
    """Somebody else saved the event after the form was opened, or decided meanwhile."""
