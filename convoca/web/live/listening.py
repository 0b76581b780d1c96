"""Who listens to a bell, and what there is to hear; these functions ask the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest
from django.utils import translation

from convoca.accounts.models import Membership
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import words
from convoca.web.middleware import find_member

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ring:
    """What one member's pages are told: the number on the bell, and in words what one thing is new.

    Without words there is nothing new, or so much that the number has to do.
    """

    member_id: int
    notification_id: int
    unread: int
    text: str


def with_connection(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function that runs outside a request use this thread's connection, if it is alive."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return wrapped


def member_of(cookies: str) -> int | None:
    """Return the member who is signed in with these cookies, if anybody is."""
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if morsel is None:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value)
    request.user = get_user(request)
    member = find_member(request)
    return member.pk if member else None


def newest_id() -> int:
    """Return the id of the newest notification of all."""
    return Notification.objects.order_by("-id").values_list("id", flat=True).first() or 0


def state_of(member_id: int, heard: int = 0) -> Ring:
    """Return what a page that has just connected is told; news only if it was not `heard` yet."""
    newest = Notification.objects.filter(member=member_id, read_at=None).order_by("-id").first()
    return _ring(member_id, newest, is_told=newest is not None and 0 < heard < newest.pk)


def rings(news: Mapping[int, Collection[int]]) -> list[Ring]:
    """Return a ring for each member to whom these notifications, by id, are new.

    Of several at once it tells only the number.
    """
    newest = Notification.objects.in_bulk([max(ids) for ids in news.values()])
    told = {row.member_id: row for row in newest.values()}
    return [_ring(key, row, is_told=len(news[key]) == 1) for key, row in told.items()]


def still_signed_in(listeners: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return those (member, cookies) that are still signed in as this member."""
    return {(member, cookies) for member, cookies in listeners if member_of(cookies) == member}


def _ring(member_id: int, newest: Notification | None, *, is_told: bool) -> Ring:
    member = Membership.objects.select_related("user").get(pk=member_id)
    text = ""
    if newest and is_told:
        with translation.override(member.user.language):
            text = words(newest).sentence
    return Ring(member_id, newest.pk if newest else 0, notify.unread(member), text)
