"""The API as one object: its resources, its document, its refusals."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from convoca.api.access import BearerToken
from convoca.api.answers import Problem
from convoca.api.problems import handle
from convoca.api.routers import events, files, guests, me, notifications, people, senders

ABOUT = """Everything the pages can do. Send `Authorization: Bearer TOKEN`.

Lists come in pages of at most `limit` (500, up to 5000) from `offset`; while there is more, the
answer's `Link` header names the next page. Refusals are `application/problem+json` (RFC 9457).
"""
REFUSALS = frozenset({400, 401, 403, 404, 409, 413, 422, 429})


class Contract(NinjaAPI):
    """Ninja with problems as answers, and a document that says so."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**options)
        document["components"]["schemas"]["Problem"] = Problem.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        return document


api = Contract(
    title="Convoca",
    version="1",
    description=ABOUT,
    auth=BearerToken(),
    docs_url=None,
    urls_namespace="api",
)
for failure in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(failure, handle)
for place, router in (
    ("", me.router),
    ("", people.router),
    ("/senders", senders.router),
    ("/guests", guests.router),
    ("/events", events.router),
    ("/files", files.router),
    ("/notifications", notifications.router),
):
    api.add_router(place, router)
