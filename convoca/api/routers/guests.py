"""The team's address book."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from convoca.accounts.text import one_line
from convoca.api.access import ApiRequest
from convoca.api.answers import CardOut
from convoca.api.paging import Paging, page
from convoca.api.schemas import GuestIn, GuestPatch
from convoca.guests import addressbook
from convoca.guests.models import Guest

router = Router(tags=["guests"])


@router.get("", response=list[CardOut])
def list_guests(
    request: ApiRequest, response: HttpResponse, paging: Query[Paging], q: str = ""
) -> list[CardOut]:
    """List the guests whose name or address has every word of `q`, best match first."""
    rows = Guest.objects.visible_to(request.auth).matching(one_line(q))
    rows = rows.prefetch_related("aliases")
    return [CardOut.of(row) for row in page(request, response, rows, paging)]


@router.post("", response={201: CardOut, 200: CardOut})
def save_guest(request: ApiRequest, typed: GuestIn) -> Status:
    """Save a guest's card, or find the one with this address.

    The address of a colleague answers 200 with the colleague (`kind` member).
    """
    card = addressbook.save_guest(request.auth, **typed.model_dump())
    return Status(201 if isinstance(card, Guest) else 200, CardOut.of(card))


@router.get("/{uuid:guest_id}", response=CardOut)
def read_guest(request: ApiRequest, guest_id: UUID) -> CardOut:
    """Return one card."""
    return CardOut.of(_guest(request, guest_id))


@router.patch("/{uuid:guest_id}", response=CardOut)
def change_guest(request: ApiRequest, guest_id: UUID, typed: GuestPatch) -> CardOut:
    """Change a card; events keep the name and address they were saved with."""
    guest = _guest(request, guest_id)
    return CardOut.of(addressbook.change_guest(request.auth, guest, **typed.model_dump()))


@router.delete("/{uuid:guest_id}", response={204: None})
def delete_guest(request: ApiRequest, guest_id: UUID) -> Status:
    """Take a card out of the address book; events keep whom they invited."""
    addressbook.delete_guest(request.auth, _guest(request, guest_id))
    return Status(204, None)


def _guest(request: ApiRequest, guest_id: UUID) -> Guest:
    return get_object_or_404(Guest.objects.visible_to(request.auth), public_id=guest_id)
