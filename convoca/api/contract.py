"""The API as one object: its resources, its document, its refusals."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from convoca.api.access import BearerToken
from convoca.api.answers import Problem
from convoca.api.problems import handle
from convoca.api.routers import (
    events,
    files,
    guests,
    me,
    notifications,
    people,
    reaching,
    senders,
    telling,
    waiting,
)

ABOUT = """Everything the pages can do. Send `Authorization: Bearer TOKEN`.

Lists come in pages of at most `limit` (500, up to 5000) from `offset`; while there is more, the
answer's `Link` header names the next page. Refusals are `application/problem+json` (RFC 9457).
"""


class Contract(NinjaAPI):
    """Ninja with a document that tells problems, too."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the document, every operation with its refusals as RFC 9457 has them."""
        document = super().get_openapi_schema(**options)
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"] |= schema.pop("$defs") | {"Problem": schema}
        refusal = {
            "description": "Refused; the problem says why.",
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = refusal
        return document

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name an operation as its handler is named: programs are generated from it."""
        return operation.view_func.__name__


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
    ("/events", waiting.router),
    ("/events", telling.router),
    ("", reaching.router),
    ("/files", files.router),
    ("/notifications", notifications.router),
):
    api.add_router(place, router)
