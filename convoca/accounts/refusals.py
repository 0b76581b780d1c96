"""Why a change to a team is refused; each as text says so to the person who asked for it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """A rule of the team forbids it."""

    message = _("This is not possible.")

    def __str__(self) -> str:
        return str(self.message)


class NotAllowed(Refused):
    message = _("Your role in the team does not allow this.")


class LastOwner(Refused):
    message = _("A team needs at least one owner. Make somebody else an owner first.")


class AddressTaken(Refused):
    message = _("Somebody already signs in with this address.")


class TeamExists(Refused):
    message = _("This person already owns a team of this name.")


class AlreadyColleague(Refused):
    message = _("This person is already in your team.")


class TooManyInvitations(Refused):
    message = _("Your team has invited very many colleagues today. Go on tomorrow.")


class InvitationEnded(Refused):
    message = _("This invitation has ended. Ask your colleague for a new one.")


class OtherAddress(Refused):
    message = _("This invitation is for another e-mail address.")
