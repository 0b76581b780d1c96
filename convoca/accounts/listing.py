"""Hundreds of keys given to a query as one parameter, which both databases read as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection
from django.db.models.expressions import RawSQL


def numbers(values: Iterable[int]) -> RawSQL:
    """Return what `__in` takes for a list of ids: a place for each costs more than the query."""
    return _listing("bigint", [*values])


def texts(values: Iterable[str]) -> RawSQL:
    """Return what `__in` takes for a list of texts."""
    return _listing("text", [*values])


def _listing(kind: str, values: list[int] | list[str]) -> RawSQL:
    if connection.vendor == "postgresql":
        statement = f"SELECT value::{kind} FROM jsonb_array_elements_text(%s::jsonb)"  # noqa: S608
    else:
        statement = "SELECT value FROM json_each(%s)"
    return RawSQL(statement, [json.dumps(values)])  # noqa: S611
