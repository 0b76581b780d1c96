"""The attendees as the event's page lists them: some of them, found by a word, page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from convoca.accounts.text import fold
from convoca.calendars.models import Event, Kind
from convoca.invitations.models import GuestMessage
from convoca.invitations.reaching.ledger import Line
from convoca.invitations.waiting import correspondence
from convoca.mail.advice import ONLY_A_CORRECTION_HELPS
from convoca.mail.models import Delivery
from convoca.standards.ical.model import Partstat

ON_A_PAGE = 100
FEW = 20  # who fits on a screen needs no filters

Written = dict[str, list[GuestMessage]]


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice above the list; `name` stands in the address."""

    name: str
    label: str | Promise
    count: int


def context(request: HttpRequest, event: Event, lines: list[Line]) -> dict[str, Any]:
    """Return what the list shows: `?show=` picks a filter, `?q=` words, `?page=` goes on."""
    written = correspondence.of(event)
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in _FILTERS else ""
    text = request.GET.get("q", "").strip()[:200]
    shown = [line for line in lines if not chosen or _FILTERS[chosen][1](line, written)]
    shown = [line for line in shown if _has(line, fold(text).split())]
    page = Paginator(shown, ON_A_PAGE).get_page(request.GET.get("page"))
    return {
        "page": page,
        "lines": [(line, written.get(line.attendee.email_key, [])) for line in page],
        "filters": _filters(lines, written, chosen),
        "filter": chosen,
        "text": text,
        "is_searched": len(lines) > ON_A_PAGE,
        "lost": sum(line.delivery.is_lost for line in lines),
        "again": sum(line.delivery.is_lost and _may_work_again(line) for line in lines),
    }


def _filters(lines: list[Line], written: Written, chosen: str) -> list[Filter]:
    """Return the filters that make sense here: of few attendees only those that warn."""
    found = [
        Filter(name, label, sum(matches(line, written) for line in lines))
        for name, (label, matches) in _FILTERS.items()
        if name == chosen or name == "unreached" or len(lines) > FEW
    ]
    return [one for one in found if one.count or one.name == chosen]


def _has(line: Line, terms: list[str]) -> bool:
    words = fold(f"{line.name} {line.email}") if terms else ""
    return all(term in words for term in terms)


def _is_unreached(line: Line, _written: Written) -> bool:
    reach = line.delivery
    is_waiting = reach.status == Delivery.Status.DELAYED or reach.cause == Delivery.Reason.PAUSED
    return reach.is_lost or is_waiting


def _may_work_again(line: Line) -> bool:
    return line.delivery.cause not in ONLY_A_CORRECTION_HELPS


def _wrote(line: Line, written: Written) -> bool:
    return line.attendee.email_key in written and line.kind != Kind.ROOM


def _said(partstat: Partstat) -> Callable[[Line, Written], bool]:
    return lambda line, _written: (
        line.partstat == partstat and line.kind != Kind.ROOM and line.is_whole
    )


_FILTERS: dict[str, tuple[str | Promise, Callable[[Line, Written], bool]]] = {
    "unreached": (_("Not reached"), _is_unreached),
    "wrote": (_("Wrote something"), _wrote),
    "accepted": (_("Yes"), _said(Partstat.ACCEPTED)),
    "maybe": (_("Maybe"), _said(Partstat.TENTATIVE)),
    "declined": (_("No"), _said(Partstat.DECLINED)),
    "waiting": (pgettext_lazy("attendees", "No answer"), _said(Partstat.NEEDS_ACTION)),
}
