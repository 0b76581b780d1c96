"""The operator's view of teams and users; plans are set here, secrets are not shown."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from convoca.accounts.limits import usage
from convoca.accounts.models import Membership, Team, Usage, User


class OperatorSite(admin.AdminSite):
    """Shows only what is registered here: other apps would show session keys and secrets."""

    site_header = site_title = "Convoca"

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send operators to the one sign-in page, where guesses are throttled."""
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response


site = OperatorSite()


class MembershipInline(admin.TabularInline):
    """A team's people; they come and go on the team's own page."""

    model = Membership
    fields = ["user", "role", "joined_at", "left_at"]
    readonly_fields = ["user", "role", "joined_at", "left_at"]
    extra = 0
    can_delete = False

    def has_add_permission(self, *_arguments: Any) -> bool:
        return False


@admin.register(Team, site=site)
class TeamAdmin(admin.ModelAdmin):
    """Teams and their plans."""

    list_display = ["name", "plan", "used", "people", "created_at"]
    list_filter = ["plan"]
    search_fields = ["name", "public_id", "memberships__user__email"]
    fields = ["name", "public_id", "plan", "used", "language", "timezone", "created_at"]
    readonly_fields = ["public_id", "used", "created_at"]
    inlines = [MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        current = Count("memberships", filter=Q(memberships__left_at=None))
        return super().get_queryset(request).annotate(people=current)

    def save_model(
        self, request: HttpRequest, team: Team, form: forms.ModelForm, change: bool
    ) -> None:
        """Give a new team the row that its limit is counted in."""
        super().save_model(request, team, form, change)
        Usage.objects.get_or_create(team=team)

    @admin.display(description=_("events with guests"))
    def used(self, team: Team) -> str:
        report = usage(team)
        return f"{report.events_with_guests} / {'∞' if report.limit is None else report.limit}"

    @admin.display(description=_("colleagues"))
    def people(self, team: Team) -> int:
        return int(team.people)  # type: ignore[attr-defined]  # counted in get_queryset


@admin.register(User, site=site)
class UserAdmin(admin.ModelAdmin):
    """Users; their passwords are theirs to choose."""

    list_display = ["email", "name", "language", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "language"]
    search_fields = ["email", "name"]
    fields = [
        "email",
        "name",
        "language",
        "timezone",
        "is_active",
        "is_staff",
        "is_superuser",
        "date_joined",
        "last_login",
    ]
    readonly_fields = ["email", "date_joined", "last_login"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people sign up, are invited, or come with `convoca create-team`


@admin.register(Membership, site=site)
class MembershipAdmin(admin.ModelAdmin):
    """Who is in which team; only to look at."""

    list_display = ["user", "team", "role", "joined_at", "left_at"]
    list_filter = ["role"]
    list_select_related = ["user", "team"]
    search_fields = ["user__email", "user__name", "team__name"]
    fields = ["user", "team", "role", "notify_by_email", "joined_at", "left_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
