"""The attendee picker's question: who is meant by these few letters."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from convoca.accounts.models import Membership
from convoca.calendars import picker
from convoca.calendars.models import Kind
from convoca.guests import addressbook
from convoca.guests.addressbook import Candidate
from convoca.standards.ical import address
from convoca.web.forms.attendees import chip_of, unmailed
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
        return JsonResponse({"results": _known(request.member, emails)})
    text = request.GET.get("q", "").strip()[:200]
    found = picker.search(request.member, text, LIMIT)
    notes = unmailed(request.member, [one.email for one in found if one.kind == Kind.GUEST])
    return JsonResponse({"results": [_describe(one, notes.get(one.email)) for one in found]})


def _describe(candidate: Candidate, note: str | None) -> dict[str, Any]:
    person = {
        "key": f"{candidate.kind.lower()}:{candidate.public_id}",
        "kind": candidate.kind,
        "name": candidate.name,
        "email": candidate.email,
    }
    return person | ({"note": note} if note else {})


def _known(member: Membership, emails: list[str]) -> list[dict[str, Any]]:
    """Say whom the team knows by these addresses; `typed` is the address as it was asked for."""
    keys = {email: address.normalise(email) for email in emails}
    people = addressbook.known(member, keys.values())
    chips = {key: chip_of(person, member) for key, person in people.items()}
    notes = unmailed(member, [chip.email for chip in chips.values() if chip.kind == Kind.GUEST])
    return [
        {
            "key": chip.key,
            "kind": chip.kind,
            "name": chip.name,
            "email": chip.email,
            "note": notes.get(chip.email, ""),
            "me": chip.is_me,
            "typed": email,
        }
        for email, key in keys.items()
        if key in chips
        for chip in [chips[key]]
    ]
