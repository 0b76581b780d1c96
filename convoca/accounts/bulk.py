"""Thousands of rows of one table, written with one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model

# Both databases read the rows from one JSON parameter. `WHERE true` is for SQLite's parser.
INSERT = """
INSERT INTO {table} ({columns})
SELECT {values} FROM {rows} AS one WHERE true
{conflict}
"""


def insert(pattern: Model, rows: Iterable[Mapping[str, Any]], *, or_ignore: bool = False) -> None:
    """Insert rows that are like `pattern` but for the attributes that each of them names.

    All name the same ones, `guest_id` and not `guest`; what they leave out, defaults included, is
    the pattern's. With `or_ignore` a row that a unique constraint forbids is left out.
    """
    rows = list(rows)
    if not rows:
        return
    database = connections[DEFAULT_DB_ALIAS]
    is_postgresql = database.vendor == "postgresql"
    fields = [field for field in pattern._meta.concrete_fields if not field.primary_key]
    own = [field for field in fields if field.attname in rows[0]]
    shared = [field for field in fields if field.attname not in rows[0]]
    places = _places_postgresql(own, database) if is_postgresql else _places_sqlite(own)
    statement = INSERT.format(
        table=pattern._meta.db_table,
        columns=", ".join(str(field.column) for field in (*own, *shared)),
        values=", ".join([*places, *["%s"] * len(shared)]),
        rows="json_array_elements(%s::json)" if is_postgresql else "json_each(%s)",
        conflict="ON CONFLICT DO NOTHING" if or_ignore else "",
    )
    given = [field.get_db_prep_save(field.pre_save(pattern, True), database) for field in shared]
    columns = [_column(field, [row[field.attname] for row in rows], database) for field in own]
    values = json.dumps([*zip(*columns, strict=True)], default=str)
    with database.cursor() as cursor:
        cursor.execute(statement, [*given, values])


def _places_sqlite(fields: Iterable[Field[Any, Any]]) -> Iterator[str]:
    """Yield where each field stands in a row of the parameter."""
    return (f"json_extract(one.value, '$[{at}]')" for at, _field in enumerate(fields))


def _places_postgresql(
    fields: Iterable[Field[Any, Any]], database: BaseDatabaseWrapper
) -> Iterator[str]:
    """Yield the same with its type; without a length, for a cast would cut off what is longer."""
    for at, field in enumerate(fields):
        kind, _, _ = (field.db_type(database) or "").partition("(")
        yield f"(one.value ->> {at})::{kind}"


def _column(field: Field[Any, Any], values: list[Any], database: BaseDatabaseWrapper) -> list[Any]:
    """Return the values of one field as the database takes them; the same in all are asked once."""
    if values.count(values[0]) == len(values):
        return [field.get_db_prep_save(values[0], database)] * len(values)
    return [field.get_db_prep_save(value, database) for value in values]
