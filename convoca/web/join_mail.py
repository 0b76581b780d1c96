"""The mail that asks a colleague to join a team."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from convoca.accounts import addresses
from convoca.accounts.models import TeamInvitation
from convoca.web import letters


def send(invitation: TeamInvitation, token: str) -> None:
    """Queue the mail, in the language of whoever is invited, if known, else the team's."""
    user = addresses.find_user(invitation.email)
    context = {
        "inviter": invitation.invited_by.name,
        "team": invitation.team.name,
        "join_url": f"{settings.BASE_URL}{reverse('join', args=[token])}",
        "base_url": settings.BASE_URL,
    }
    with translation.override(user.language if user else invitation.team.language):
        subject = render_to_string("account/email/join_subject.txt", context)
        text = render_to_string("account/email/join_message.txt", context)
        letters.compose(invitation.email, subject, text).send()
