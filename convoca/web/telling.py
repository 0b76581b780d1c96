"""What pressing a button will do, and who will be told: in words, before it is pressed."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from convoca.calendars import words
from convoca.invitations.saving import scheduling


def button(told: scheduling.Audience, *, is_new: bool) -> str:
    """Name what saving the form does."""
    if told.count == 0:
        return _("Create") if is_new else _("Save")
    if is_new:
        return ngettext(
            "Create and send %(n)d invitation", "Create and send %(n)d invitations", told.count
        ) % {"n": told.count}
    return ngettext("Save and tell %(n)d person", "Save and tell %(n)d people", told.count) % {
        "n": told.count
    }


def moving(told: scheduling.Audience) -> str:
    """Name what moving does."""
    if told.count == 0:
        return _("Move")
    return ngettext("Move and tell %(n)d person", "Move and tell %(n)d people", told.count) % {
        "n": told.count
    }


def sentence(told: scheduling.Audience) -> str:
    """Name everyone who gets a mail and which, in one breath."""
    if told.is_past:
        return _("This event is over, so nobody is told.")
    parts = [
        (told.invited, _("An invitation goes to %(names)s.")),
        (told.updated, _("What changed goes to %(names)s.")),
        (told.cancelled, _("A cancellation goes to %(names)s.")),
        (told.opted_out, _("By their own wish no mail goes to %(names)s.")),
    ]
    return " ".join(text % {"names": words.listed(names)} for names, text in parts if names)
