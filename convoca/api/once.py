"""A program that heard no answer asks again with the same Idempotency-Key, and makes nothing twice.

The key is written in the transaction that saves, so it is there if and only if the event is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from convoca.accounts.invalid import Invalid
from convoca.api.access import ApiRequest
from convoca.api.models import OnceKey
from convoca.calendars.models import Event

HEADER = "Idempotency-Key"
KEPT = dt.timedelta(days=1)
LONGEST = 200  # characters
PARAMETER = {  # as the document of the API tells it
    "in": "header",
    "name": HEADER,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
    "description": "Asked again with the same key within a day, it makes no second event.",
}


def event(request: ApiRequest, save: Callable[[], Event], find: Callable[[UUID], Event]) -> Event:
    """Return the event that `save` makes, or that it made when this key was first used.

    `find` returns it by its id as it is by then, and raises where the member may see it no more.
    Keys are each member's own and are forgotten after a day. Of two requests at the same time the
    second waits for the first. Raises Invalid where the key is none, or was for something else.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return save()
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        words = _("Write 1 to %(number)d printable ASCII characters.") % {"number": LONGEST}
        raise Invalid.field(HEADER, words)
    mine = OnceKey.objects.filter(member=request.auth)
    mine.filter(made_at__lt=timezone.now() - KEPT).delete()
    digest = hashlib.sha256(request.body).hexdigest()
    with transaction.atomic():
        row, is_new = mine.get_or_create(member=request.auth, key=key, defaults={"digest": digest})
        if is_new:
            row.event = save()
            row.save(update_fields=["event"])
            return row.event
    if row.digest != digest or row.event is None:
        raise Invalid.field(HEADER, _("This key was used for another request. Make a new one."))
    return find(row.event.public_id)
