"""Colleagues and rooms, whose ids invite them."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Query, Router

from convoca.accounts.models import Membership
from convoca.api.access import ApiRequest
from convoca.api.answers import PersonOut, RoomOut
from convoca.api.paging import Paging, page
from convoca.calendars.models import Room

router = Router(tags=["people"])


@router.get("/members", response=list[PersonOut])
def list_members(
    request: ApiRequest, response: HttpResponse, paging: Query[Paging]
) -> list[PersonOut]:
    """List the colleagues of the team, oneself included."""
    rows = Membership.objects.colleagues_of(request.auth).order_by("user__name", "pk")
    return [PersonOut.of(row) for row in page(request, response, rows, paging)]


@router.get("/rooms", response=list[RoomOut])
def list_rooms(request: ApiRequest, response: HttpResponse, paging: Query[Paging]) -> list[RoomOut]:
    """List the meeting rooms of the team."""
    rows = Room.objects.filter(team_id=request.auth.team_id, removed_at=None).order_by("name", "pk")
    return [RoomOut.of(row) for row in page(request, response, rows, paging)]
