"""Thousands of rows of one table, written with one statement or named in a few."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, EmailField, Field, Model, TextField

BATCH = 5_000  # keys in one statement
TEXTS = (CharField, EmailField, TextField)  # which every database takes as they are

Key = TypeVar("Key")

UPDATE = "UPDATE {table} SET {columns} WHERE id = %s"
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
    own: dict[Field[Any, Any], list[Any]] = {}
    shared: dict[Field[Any, Any], Any] = {}
    for field in (one for one in pattern._meta.concrete_fields if not one.primary_key):
        values = [row[field.attname] for row in rows] if field.attname in rows[0] else []
        if values and values.count(values[0]) < len(values):
            own[field] = _prepared(field, values, database)
        else:
            value = values[0] if values else field.pre_save(pattern, True)
            shared[field] = field.get_db_prep_save(value, database)
    statement = INSERT.format(
        table=pattern._meta.db_table,
        columns=", ".join(str(field.column) for field in (*own, *shared)),
        values=", ".join([*_places(own, database), *["%s"] * len(shared)]),
        rows="jsonb_array_elements(%s::jsonb)" if is_postgresql else "json_each(%s)",
        conflict="ON CONFLICT DO NOTHING" if or_ignore else "",
    )
    # One value for each row, though all of them may be shared.
    given = json.dumps([*zip(*own.values(), strict=True)] or [0] * len(rows), default=str)
    with database.cursor() as cursor:
        cursor.execute(statement, [*shared.values(), given])


def update(rows: Sequence[Model], names: Collection[str]) -> None:
    """Write these fields of stored rows of one model; one statement, run for each row."""
    if not rows:
        return
    database = connections[DEFAULT_DB_ALIAS]
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if field.name in names]
    columns = ", ".join(f"{field.column} = %s" for field in fields)
    statement = UPDATE.format(table=meta.db_table, columns=columns)
    values = [
        [
            *(field.get_db_prep_save(getattr(row, field.attname), database) for field in fields),
            row.pk,
        ]
        for row in rows
    ]
    with database.cursor() as cursor:
        cursor.executemany(statement, values)


def _places(fields: Iterable[Field[Any, Any]], database: BaseDatabaseWrapper) -> Iterator[str]:
    """Yield where each field stands in a row of the parameter.

    On PostgreSQL with its type, but without a length: a cast would cut off what is longer.
    """
    for at, field in enumerate(fields):
        if database.vendor == "postgresql":
            kind, _, _ = (field.db_type(database) or "").partition("(")
            yield f"(one.value ->> {at})::{kind}"
        else:
            yield f"json_extract(one.value, '$[{at}]')"


def _prepared(
    field: Field[Any, Any], values: list[Any], database: BaseDatabaseWrapper
) -> list[Any]:
    """Return the values of one field as the database takes them."""
    if type(field) in TEXTS and {str} == {type(value) for value in values}:
        return values
    return [field.get_db_prep_save(value, database) for value in values]


def batches(keys: Iterable[Key], size: int = BATCH) -> Iterator[list[Key]]:
    """Yield the keys, in order, in lists that one statement can name."""
    rest = iter(keys)
    while batch := list(islice(rest, size)):
        yield batch
