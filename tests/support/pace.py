"""What lets the whole suite end soon: who runs what where, and tables that are emptied quickly."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection
from django.db.models.signals import post_migrate
from xdist.scheduler import LoadScopeScheduling

GROUPS = {
    "tests/browser/": "demo",
    "tests/chaos/": "installations",
    "tests/worker/test_processes.py": "installations",
    "tests/worker/test_replies.py": "installations",
    "tests/worker/test_web.py": "installations",
}
"""Whose tests share what takes long to make once in each process of a run by several."""

DATABASE = {"db", "transactional_db"}


class Groups(LoadScopeScheduling):
    """Gives all tests of a group to one process, the largest first, and then test after test."""

    def _split_scope(self, nodeid: str) -> str:
        groups = (group for start, group in GROUPS.items() if nodeid.startswith(start))
        return next(groups, nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups | None:
    return Groups(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, leave out what is the same there."""
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
