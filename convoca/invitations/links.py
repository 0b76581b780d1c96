"""The links in mails and notices; the only domain module that knows the site's addresses."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from convoca.calendars.models import Event
from convoca.invitations.models import Invitation
from convoca.standards.ical.model import Partstat

_PURPOSE = b"convoca.invitations.links:"
_TOKEN_BYTES = 24
_ANSWERS = {
    Partstat.ACCEPTED: "accept",
    Partstat.TENTATIVE: "maybe",
    Partstat.DECLINED: "decline",
}
_PLACES = {
    "HELD": "#asks",
    "PROPOSAL": "#proposals",
    "MESSAGE": "?show=wrote#attendees",
    "FAILED": "?show=unreached#attendees",
    "UNANSWERED": "?show=waiting#attendees",
}


def new_key() -> dict[str, str]:
    """Return a fresh `nonce` and the `token_hash` it leads to, for an Invitation's row."""
    nonce = secrets.token_hex(16)
    return {"nonce": nonce, "token_hash": hash_of(_derive(nonce, settings.SECRET_KEY))}


def token(invitation: Invitation) -> str:
    """Return the invitation's token in clear: derived, never stored.

    When the server's key was changed, the key in SECRET_KEY_FALLBACKS that made the link is used.
    """
    return token_of(invitation.nonce, invitation.token_hash)


def token_of(nonce: str, token_hash: str) -> str:
    """Return the token of an invitation with these two, as `token` does."""
    if settings.SECRET_KEY_FALLBACKS:
        for key in _secret_keys():
            derived = _derive(nonce, key)
            if hmac.compare_digest(hash_of(derived), token_hash):
                return derived
    return _derive(nonce, settings.SECRET_KEY)


def find(token: str) -> Invitation | None:
    """Return the invitation a token opens, ended ones too, with event, host and cards at hand."""
    rows = Invitation.objects.select_related(
        "event__host__user", "event__sender", "event__team", "guest", "member__user"
    )
    return rows.filter(token_hash=hash_of(token)).first()


def hash_of(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def rsvp_url(
    token: str, answer: Partstat | None = None, recurrence_id: dt.datetime | None = None
) -> str:
    """Return the guest's page, about one date of a series where `recurrence_id` names one.

    `answer` is only preselected there, opening records nothing.
    """
    query = {"answer": _ANSWERS[answer]} if answer else {}
    if recurrence_id is not None:
        query["recurrence_id"] = date_name(recurrence_id)
    return _absolute("rsvp", token) + (f"?{urlencode(query)}" if query else "")


def date_name(recurrence_id: dt.datetime) -> str:
    """Return how addresses name a date of a series: by its original start, `2099-11-24T10:00`."""
    return recurrence_id.isoformat(timespec="seconds" if recurrence_id.second else "minutes")


def ics_url(token: str) -> str:
    """Return where the guest gets the event for a calendar of their own."""
    return _absolute("rsvp-ics", token)


def file_url(token: str, file_key: str) -> str:
    """Return the guest's own link to a file, by its public id; it ends with the invitation."""
    return _absolute("rsvp-file", token, file_key)


def event_url(event: Event) -> str:
    """Return the event's page for colleagues."""
    return _absolute("event", event.public_id)


def place_of(kind: str) -> str:
    """Return where on the event's page a notification of this kind leads: fragment, and query."""
    return _PLACES.get(kind, "")


def settings_url() -> str:
    """Return where a member chooses what they are told by e-mail."""
    return _absolute("settings")


def senders_url() -> str:
    """Return where a member sees their sender addresses and mailboxes."""
    return _absolute("senders")


def answer_in(query: str) -> Partstat | None:
    """Return the answer that `?answer=` preselects."""
    return next((partstat for partstat, word in _ANSWERS.items() if word == query), None)


def _absolute(name: str, *args: object) -> str:
    return settings.BASE_URL + reverse(name, args=args)


def _secret_keys() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from map(str, settings.SECRET_KEY_FALLBACKS)


def _derive(nonce: str, key: str) -> str:
    digest = hmac.digest(key.encode(), _PURPOSE + nonce.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:_TOKEN_BYTES]).decode("ascii")
