"""The bell: what happened while the member was elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from convoca.calendars.models import Event
from convoca.invitations import links
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import words
from convoca.web import dates
from convoca.web.views.acting import MemberRequest, member_required

ON_A_PAGE = 30


@require_safe
@member_required
def bell(request: MemberRequest) -> HttpResponse:
    """List the newest notifications; `?before=` goes on, `?unread` leaves out what was read."""
    groups = notify.page(request.member, before=_before(request), limit=ON_A_PAGE)
    only_unread = "unread" in request.GET
    lines = [_line(group) for group in groups]
    context = {
        "lines": [line for line in lines if line["is_unread"]] if only_unread else lines,
        "only_unread": only_unread,
        "before": _oldest(groups[-1]) if len(groups) >= ON_A_PAGE else None,
    }
    return render(request, "web/bell/bell.html", context)


@require_POST
@member_required
def read(request: MemberRequest) -> HttpResponse:
    """Mark everything as read."""
    notify.mark_read(request.member)
    return redirect("bell")


@require_safe
@member_required
def follow(request: MemberRequest, notification_id: UUID) -> HttpResponse:
    """Open what a notification is about; from then on it counts as read."""
    own = Notification.objects.filter(member=request.member).select_related("event")
    notification = get_object_or_404(own, public_id=notification_id)
    notify.mark_read(request.member, _told_together(notification))
    if notification.event is None:
        is_mailbox = notification.kind == Notification.Kind.MAILBOX
        return redirect("senders" if is_mailbox else "bell")
    place = links.place_of(notification.kind)
    return redirect(_page_of(notification, notification.event) + place)


def _page_of(notification: Notification, event: Event) -> str:
    """Return where the event is shown, or the date of it that was answered."""
    date = notification.facts.get("recurrence_id") if event.is_recurring else None
    return dates.address("event", event, dt.datetime.fromisoformat(date) if date else None)


def _told_together(notification: Notification) -> list[Notification]:
    """Return the answers to the same event too, which the bell shows as one line."""
    same = Notification.objects.filter(
        member=notification.member, event=notification.event, kind=notification.kind, read_at=None
    )
    return list(same) if notification.event else [notification]


def _line(group: notify.Group) -> dict[str, Any]:
    everything = (group.newest, *group.others)
    return {
        "notification": group.newest,
        "words": words(group.newest),
        "others": [words(other) for other in group.others],
        "is_unread": any(each.read_at is None for each in everything),
    }


def _before(request: MemberRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _oldest(group: notify.Group) -> int:
    return min(each.pk for each in (group.newest, *group.others))
