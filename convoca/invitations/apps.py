"""The invitations app."""

from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    name = "convoca.invitations"
