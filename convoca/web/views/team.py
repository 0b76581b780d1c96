"""The team: its people, its rooms, its plan."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from convoca.accounts import joining, membership, preferences
from convoca.accounts.invalid import Invalid
from convoca.accounts.limits import usage
from convoca.accounts.models import Membership, TeamInvitation
from convoca.accounts.refusals import NotAllowed, Refused
from convoca.accounts.roles import grantable_by, may_manage
from convoca.calendars import rooms
from convoca.web import join_mail
from convoca.web.forms.complaints import show
from convoca.web.forms.team import InviteForm, RoleForm, TeamForm
from convoca.web.views.acting import MemberRequest, admin_required, member_required


@require_safe
@member_required
def overview(request: MemberRequest) -> HttpResponse:
    """Show colleagues, open invitations, rooms and what the plan has left."""
    return _page(request, InviteForm(actor=request.member))


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def change(request: MemberRequest) -> HttpResponse:
    """Change the team's name, language and time zone."""
    form = TeamForm(request.POST or None, actor=request.member)
    if form.is_valid():
        try:
            preferences.change_team(request.member, **form.cleaned_data)
        except Invalid as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The team's settings are saved."))
            return redirect("team")
    return render(request, "web/team/edit.html", {"form": form})


@require_POST
@member_required
def switch(request: MemberRequest) -> HttpResponse:
    """Act in another of one's teams from now on."""
    theirs = Membership.objects.current().filter(user=request.member.user)
    chosen = get_object_or_404(theirs, team__public_id=request.POST.get("team") or None)
    request.session["team"] = str(chosen.team.public_id)
    return redirect("calendar")


@require_POST
@admin_required
def invite(request: MemberRequest) -> HttpResponse:
    """Invite a colleague by mail."""
    form = InviteForm(request.POST, actor=request.member)
    if form.is_valid():
        try:
            with transaction.atomic():
                invitation, token = joining.invite(request.member, **form.cleaned_data)
                join_mail.send(invitation, token)
        except Refused as refusal:
            form.add_error("email", str(refusal))
        except ValidationError as refusal:
            form.add_error("email", refusal)
        else:
            text = _("%(address)s is invited; the link in the mail is valid for 14 days.")
            messages.success(request, text % {"address": invitation.email})
            return redirect("team")
    return _page(request, form)


@require_POST
@admin_required
def withdraw(request: MemberRequest, invitation_id: UUID) -> HttpResponse:
    """End an invitation before it was accepted."""
    theirs = TeamInvitation.objects.filter(team=request.member.team)
    invitation = get_object_or_404(theirs, public_id=invitation_id)
    try:
        joining.withdraw(request.member, invitation)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        text = _("The invitation of %(address)s has ended.")
        messages.success(request, text % {"address": invitation.email})
    return redirect("team")


@require_POST
@admin_required
def change_role(request: MemberRequest, member_id: UUID) -> HttpResponse:
    """Give a colleague another role."""
    other = _find(request, member_id)
    form = RoleForm(request.POST, actor=request.member)
    try:
        if not form.is_valid():
            raise NotAllowed
        membership.change_role(request.member, other, form.cleaned_data["role"])
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        text = _("The role of %(name)s is changed.")
        messages.success(request, text % {"name": other.name})
    return redirect("team")


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def remove(request: MemberRequest, member_id: UUID) -> HttpResponse:
    """Ask, then end a colleague's membership or one's own."""
    other = _find(request, member_id)
    is_me = other.pk == request.member.pk
    if not is_me and not may_manage(request.member, other):
        raise PermissionDenied
    if request.method == "POST":
        try:
            membership.remove(request.member, other)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("team")
        messages.success(request, _("%(name)s has left the team.") % {"name": other.name})
        return redirect("calendar" if is_me else "team")
    return render(request, "web/team/remove.html", {"other": other, "is_me": is_me})


def _page(request: MemberRequest, invite_form: InviteForm) -> HttpResponse:
    actor = request.member
    colleagues = sorted(
        Membership.objects.colleagues_of(actor), key=lambda member: member.name.casefold()
    )
    context = {
        "people": [
            {
                "member": member,
                "is_manageable": member.pk != actor.pk and may_manage(actor, member),
                "role_form": RoleForm(
                    initial={"role": member.role}, actor=actor, auto_id=f"role_{member.pk}_%s"
                ),
            }
            for member in colleagues
        ],
        "invitations": joining.open_invitations(actor.team) if actor.is_admin else [],
        "grantable": grantable_by(actor),
        "invite_form": invite_form,
        "rooms": rooms.of_team(actor),
        "usage": usage(actor.team),
        "teams": Membership.objects.current().filter(user=actor.user).order_by("joined_at"),
    }
    return render(request, "web/team/overview.html", context)


def _find(request: MemberRequest, member_id: UUID) -> Membership:
    return get_object_or_404(Membership.objects.colleagues_of(request.member), public_id=member_id)
