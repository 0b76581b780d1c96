"""Who can be invited: one card per team and e-mail address."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from convoca.accounts.models import LANGUAGES, Membership, Team
from convoca.accounts.text import fold
from convoca.standards.ical import address


class GuestQuerySet(models.QuerySet["Guest"]):
    def visible_to(self, member: Membership) -> GuestQuerySet:
        """Every card of the member's team."""
        return self.filter(team_id=member.team_id)

    def matching(self, text: str) -> GuestQuerySet:
        """Those whose name or address has every word of `text`, matches at word starts first."""
        terms = fold(text).split()
        found = self
        for term in terms:
            found = found.filter(search_text__contains=term)
        at_starts = models.Q(*(("search_text__contains", f" {term}") for term in terms))
        rank = models.Case(models.When(at_starts, then=0), default=1) if terms else models.Value(0)
        return found.annotate(rank=rank).order_by("rank", "first_name", "last_name", "email_key")


class Guest(models.Model):
    """Somebody outside the team, shared by all colleagues (rule S5)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(max_length=254, editable=False)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=LANGUAGES, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    search_text = models.CharField(max_length=600, blank=True, editable=False)
    opted_out_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = GuestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "email_key"], name="guest_address_unique")
        ]
        ordering = ["first_name", "last_name", "email_key"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_key = address.normalise(self.email)
        self.search_text = search_text(self.first_name, self.last_name, self.email)
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email


def search_text(first_name: str, last_name: str, email: str) -> str:
    """Return by which words a card is found, each after a space."""
    return f" {fold(' '.join((first_name, last_name, email, address.normalise(email))))}"


class Alias(models.Model):
    """Another address a guest answers from, as a host has told; mail still goes to the card's own.

    It only tells whose an answer is. An address that is itself invited speaks for itself.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    guest = models.ForeignKey(Guest, on_delete=models.CASCADE, related_name="aliases")
    email = models.EmailField()
    email_key = models.CharField(max_length=254)
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "email_key"], name="alias_address_unique")
        ]
        ordering = ["email_key"]

    def __str__(self) -> str:
        return self.email
