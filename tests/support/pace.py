"""What lets the whole suite end soon: who runs what where, and tables that are emptied quickly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection
from django.db.models.signals import post_migrate

TESTS = Path(__file__).parents[1]
GROUPS = {"browser": "demo", "chaos": "installation"}
"""Folders whose tests share what takes long to make once in each of xdist's processes."""

SHARED = {"there": "installation"}
"""The same for a fixture. One process plays a group (`--dist loadgroup`), the largest first."""

DATABASE = {"db", "transactional_db"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep together what shares a server; on PostgreSQL, leave out what is the same there."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        group = GROUPS.get(item.path.relative_to(TESTS).parts[0])
        for shared in [group, *(SHARED[name] for name in fixtures & set(SHARED))]:
            if shared:
                item.add_marker(pytest.mark.xdist_group(shared))
    if connection.vendor == "postgresql":
        same = [item for item in items if _is_same_everywhere(item)]
        items[:] = [item for item in items if item not in same]
        config.hook.pytest_deselected(items=same)


def _is_same_everywhere(item: pytest.Item) -> bool:
    """Tell whether a test asks no database, or is told again through the other door."""
    fixtures = set(getattr(item, "fixturenames", ()))
    parameters = getattr(item, "callspec", None)
    is_twin = parameters is not None and parameters.params.get("door") == "pages"
    return is_twin or not DATABASE & fixtures


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Empty the tables after a test that commits in a fraction of the time.

    Django's `flush` makes all permissions anew, which nobody here has, and TRUNCATE makes new
    files for 40 mostly empty tables and their indexes.
    """
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)
    if connection.vendor == "postgresql":
        connection.ops.sql_flush = _deletions  # type: ignore[assignment, method-assign]


def _deletions(style: Any, tables: list[str], **options: Any) -> list[str]:
    """Return a DELETE for each table; foreign keys are looked at when all is done."""
    return [f"DELETE FROM {connection.ops.quote_name(table)};" for table in tables]
