"""The bell: what the user is told."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Query, Router, Status

from convoca.api.access import ApiRequest
from convoca.api.answers import NotificationOut
from convoca.api.paging import Paging, page
from convoca.notifications import notify
from convoca.notifications.models import Notification

router = Router(tags=["notifications"])


@router.get("", response=list[NotificationOut])
def list_notifications(
    request: ApiRequest, response: HttpResponse, paging: Query[Paging]
) -> list[NotificationOut]:
    """List what the user was told, the newest first."""
    rows = Notification.objects.filter(member=request.auth).select_related("event")
    return [NotificationOut.of(row) for row in page(request, response, rows, paging)]


@router.post("/read", response={204: None})
def mark_read(request: ApiRequest) -> Status:
    """Mark everything as read."""
    notify.mark_read(request.auth)
    return Status(204, None)
