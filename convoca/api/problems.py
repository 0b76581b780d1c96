"""Every refusal as problem details (RFC 9457): the one place where errors become answers."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from ninja.errors import AuthenticationError, HttpError, ValidationError

from convoca.accounts.invalid import FieldError, Invalid, Words
from convoca.accounts.limits import LimitReached
from convoca.accounts.refusals import NotAllowed
from convoca.calendars.refusals import Conflict
from convoca.invitations.answers.rsvp import Closed
from convoca.mail import refusals as mail

logger = logging.getLogger(__name__)

RETRY_AFTER = 5  # seconds; a database that is restarted is away for some
FIELD_NAMES = {"rrule": "recurrence"}  # where the contract's name is not the domain's


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem; its `slug` ends the `type` by which programs tell it."""

    slug: str
    status: int
    title: Words

    @property
    def url(self) -> str:
        """Return the address that names it."""
        return f"{settings.BASE_URL}/api/v1/problems/{self.slug}"


MALFORMED = Kind("malformed", 400, gettext_lazy("The request cannot be read"))
UNAUTHORIZED = Kind("unauthorized", 401, gettext_lazy("A valid API token is needed"))
FORBIDDEN = Kind("forbidden", 403, gettext_lazy("You are not allowed to do this"))
NOT_FOUND = Kind("not-found", 404, gettext_lazy("There is nothing at this address"))
WRONG_METHOD = Kind("method-not-allowed", 405, gettext_lazy("This method is not offered here"))
CONFLICT = Kind("conflict", 409, gettext_lazy("It was changed meanwhile"))
PLAN_LIMIT = Kind("plan-limit", 409, gettext_lazy("The plan's limit is reached"))
TOO_LARGE = Kind("too-large", 413, gettext_lazy("The request is too large"))
INVALID = Kind("invalid", 422, gettext_lazy("Some fields cannot be saved"))
TOO_MANY = Kind("too-many-requests", 429, gettext_lazy("Too many requests"))
BROKEN = Kind("internal-error", 500, gettext_lazy("Something went wrong on the server"))
UNAVAILABLE = Kind("unavailable", 503, gettext_lazy("The database does not answer just now"))

KINDS = {
    kind.slug: kind
    for kind in (
        *(MALFORMED, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, WRONG_METHOD, CONFLICT, PLAN_LIMIT),
        *(TOO_LARGE, INVALID, TOO_MANY, BROKEN, UNAVAILABLE),
    )
}


class TooManyRequests(Exception):
    """Somebody asks too often; `seconds` tells when they may ask again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def problem(
    kind: Kind,
    detail: str = "",
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return the answer that tells a problem, in the active language."""
    body: dict[str, Any] = {
        "type": kind.url,
        "title": str(kind.title),
        "status": kind.status,
        "detail": detail or f"{kind.title}.",
    }
    complaints = [
        {"field": _contract_name(error.field), "message": str(error.message)} for error in errors
    ]
    if complaints:
        body["errors"] = complaints
    return JsonResponse(
        body, status=kind.status, headers=headers, content_type="application/problem+json"
    )


def answer(error: Exception) -> HttpResponse | None:
    """Return the problem an exception tells, None when it is a fault of ours."""
    for kind, tell in _ANSWERS.items():
        if isinstance(error, kind):
            return tell(error)
    return None


def handle(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer an exception raised behind the door; an unknown one is logged in full."""
    if isinstance(error, (OperationalError, InterfaceError)):
        return _unavailable(request, error)
    known = answer(error)
    if known is not None:
        return known
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(BROKEN, _("The error was recorded. Nothing was saved."))


def _unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer what failed with the database; what it committed in that very moment nobody knows."""
    logger.warning("%s %s found no database: %s", request.method, request.path, error)
    detail = _(
        "What was saved before is still there. Try again in some seconds; if you were saving "
        "something, look first whether it was done."
    )
    return problem(UNAVAILABLE, detail, headers={"Retry-After": str(RETRY_AFTER)})


def _contract_name(field: str) -> str:
    first, dot, rest = field.partition(".")
    return f"{FIELD_NAMES.get(first, first)}{dot}{rest}"


def _invalid(error: Invalid) -> HttpResponse:
    number = len(error.errors)
    detail = ngettext("%(number)d field is wrong.", "%(number)d fields are wrong.", number)
    return problem(INVALID, detail % {"number": number}, error.errors)


def _unreadable_fields(error: ValidationError) -> HttpResponse:
    return _invalid(Invalid(_complaint(one) for one in error.errors))


def _complaint(error: dict[str, Any]) -> FieldError:
    """Return what pydantic found as a complaint in our words."""
    source, *place = error["loc"]
    if source in {"body", "query", "path", "form", "file"} and place[:1] in (["typed"], ["asked"]):
        place = place[1:]
    said = error["msg"] if error["type"].startswith("said_") else _("This is not valid.")
    words = str(_WORDS.get(error["type"], said))
    return FieldError(".".join(str(part) for part in place), words)


def _refused_by_post(error: mail.Refused) -> HttpResponse:
    complaint = FieldError(error.field, str(error))
    match error:
        case mail.CodeTooSoon(seconds=seconds):
            return _too_many(seconds, complaint)
        case mail.TooManyCodes(minutes=minutes):
            return _too_many(minutes * 60, complaint)
        case mail.NotYours():
            return problem(FORBIDDEN, str(error))
    return problem(INVALID, str(error), [complaint])


def _too_many(seconds: float, *complaints: FieldError) -> HttpResponse:
    detail = str(complaints[0].message) if complaints else ""
    return problem(TOO_MANY, detail, complaints, {"Retry-After": str(math.ceil(seconds))})


def _unauthorized(_error: Exception) -> HttpResponse:
    detail = _("Send the header “Authorization: Bearer TOKEN” with a token that is in use.")
    return problem(UNAUTHORIZED, detail, headers={"WWW-Authenticate": 'Bearer realm="convoca"'})


def _not_found(_error: Exception) -> HttpResponse:
    return problem(NOT_FOUND, _("What you ask for is not there, or not yours to see."))


def _closed(_error: Exception) -> HttpResponse:
    return problem(CONFLICT, _("No answer is taken: the event is over or cancelled."))


def _malformed(_error: Exception) -> HttpResponse:
    return problem(MALFORMED, _("The body is not what its content type says, such as JSON."))


_ANSWERS: dict[type[Exception], Callable[[Any], HttpResponse]] = {
    Conflict: lambda error: problem(CONFLICT, str(error), error.errors),
    Invalid: _invalid,
    ValidationError: _unreadable_fields,
    LimitReached: lambda error: problem(PLAN_LIMIT, str(error)),
    Closed: _closed,
    NotAllowed: lambda error: problem(FORBIDDEN, str(error)),
    mail.Refused: _refused_by_post,
    TooManyRequests: lambda error: _too_many(error.seconds),
    AuthenticationError: _unauthorized,
    Http404: _not_found,
    ObjectDoesNotExist: _not_found,
    RequestDataTooBig: lambda error: problem(TOO_LARGE),
    HttpError: _malformed,  # ninja's own: the body could not be parsed
    MultiPartParserError: _malformed,
    BadRequest: _malformed,
    SuspiciousOperation: _malformed,
}

_WORDS: dict[str, Words] = {
    "missing": gettext_lazy("This is missing."),
    "extra_forbidden": gettext_lazy("This field is not known."),
    "string_type": gettext_lazy("Write text."),
    "string_unicode": gettext_lazy("This is not valid Unicode text."),
    "bool_type": gettext_lazy("Write true or false."),
    "bool_parsing": gettext_lazy("Write true or false."),
    "int_type": gettext_lazy("Write a whole number."),
    "int_parsing": gettext_lazy("Write a whole number."),
    "int_from_float": gettext_lazy("Write a whole number."),
    "list_type": gettext_lazy("Write a list."),
    "model_type": gettext_lazy("Write an object."),
    "model_attributes_type": gettext_lazy("Write an object."),
    "uuid_type": gettext_lazy("This is not an id."),
    "uuid_parsing": gettext_lazy("This is not an id."),
    "literal_error": gettext_lazy("This is none of the possible values."),
    "greater_than_equal": gettext_lazy("This number is too small."),
    "less_than_equal": gettext_lazy("This number is too large."),
    "too_long": gettext_lazy("This list is too long."),
    "string_too_long": gettext_lazy("This text is too long."),
    "string_too_short": gettext_lazy("This text is too short."),
}
