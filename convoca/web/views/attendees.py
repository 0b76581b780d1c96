"""The attendee picker's question: who is meant by these few letters."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from convoca.calendars import picker
from convoca.guests.addressbook import Candidate
from convoca.web.views.acting import MemberRequest, member_required

LIMIT = 30
LONGEST_PASTE = 200


@require_safe
@never_cache
@member_required
def search(request: MemberRequest) -> HttpResponse:
    """Answer `?q=` with people and rooms, `?email=…&email=…` with whose these are."""
    emails = request.GET.getlist("email")[:LONGEST_PASTE]
    if emails:
        found = _known(request, emails)
    else:
        found = picker.search(request.member, request.GET.get("q", "").strip()[:200], LIMIT)
    return JsonResponse({"results": [describe(candidate, request) for candidate in found]})


def describe(candidate: Candidate, request: MemberRequest) -> dict[str, Any]:
    """Say of somebody what a chip in the form needs to know."""
    return {
        "key": f"{candidate.kind.lower()}:{candidate.public_id}",
        "kind": candidate.kind,
        "name": candidate.name,
        "email": candidate.email,
        "me": candidate.public_id == request.member.public_id,
    }


def _known(request: MemberRequest, emails: list[str]) -> list[Candidate]:
    wanted = {email.strip().lower() for email in emails}
    candidates = (
        candidate
        for email in sorted(wanted)
        for candidate in picker.search(request.member, email, 5)
    )
    return [candidate for candidate in candidates if candidate.email.lower() in wanted]
