"""Lists come in pages: `limit` and `offset` in, a `Link: <...>; rel="next"` header out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

Row = TypeVar("Row", covariant=True)
DEFAULT, MOST = 500, 5_000


class Rows(Protocol[Row]):
    """A list, or a queryset that reads only the part asked for."""

    def __getitem__(self, part: slice, /) -> Iterable[Row]: ...


class Paging(Schema):
    """Which part of a list is asked for."""

    limit: int = Field(DEFAULT, ge=1, le=MOST, description="How many at most.")
    offset: int = Field(0, ge=0, le=1_000_000_000, description="How many to leave out first.")


def page(
    request: HttpRequest,
    response: HttpResponse,
    rows: Rows[Row],
    paging: Paging,
) -> list[Row]:
    """Return one page of the rows, and name the next one in the response's `Link` header."""
    end = paging.offset + paging.limit
    found = list(rows[paging.offset : end + 1])
    if len(found) > paging.limit:
        query = request.GET.copy()
        query["limit"], query["offset"] = str(paging.limit), str(end)
        response["Link"] = f'<{settings.BASE_URL}{request.path}?{query.urlencode()}>; rel="next"'
    return found[: paging.limit]
