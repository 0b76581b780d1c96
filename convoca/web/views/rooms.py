"""The team's rooms: administrators add, change and remove them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from convoca.accounts.invalid import Invalid
from convoca.calendars import rooms
from convoca.calendars.models import Room
from convoca.web.forms.complaints import show
from convoca.web.forms.team import RoomForm
from convoca.web.views.acting import MemberRequest, admin_required


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def new(request: MemberRequest) -> HttpResponse:
    """Add a room."""
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def edit(request: MemberRequest, room_id: UUID) -> HttpResponse:
    """Change a room."""
    return _form(request, _find(request, room_id))


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def remove(request: MemberRequest, room_id: UUID) -> HttpResponse:
    """Ask, then take a room off the list."""
    room = _find(request, room_id)
    if request.method == "POST":
        rooms.remove(request.member, room)
        messages.success(request, _("The room %(name)s is removed.") % {"name": room.name})
        return redirect("team")
    return render(request, "web/team/room_remove.html", {"room": room})


def _form(request: MemberRequest, room: Room | None) -> HttpResponse:
    form = RoomForm(request.POST or None, room=room)
    if form.is_valid():
        try:
            saved = rooms.save(request.member, room=room, **form.cleaned_data)
        except Invalid as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The room %(name)s is saved.") % {"name": saved.name})
            return redirect("team")
    return render(request, "web/team/room.html", {"form": form, "room": room})


def _find(request: MemberRequest, room_id: UUID) -> Room:
    theirs = Room.objects.filter(team_id=request.member.team_id, removed_at=None)
    return get_object_or_404(theirs, public_id=room_id)
