"""Wall-clock time: what the clock on the wall says, without a zone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class LocalDateTimeField(models.Field):
    """A naive datetime, stored as written (iCalendar's local time, RFC 5545, 3.3.5).

    Django's own DateTimeField turns naive values into UTC; a meeting at 10:00 in Madrid must
    stay at 10:00 even when the law about summer time changes.
    """

    description = "Wall-clock time"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "timestamp without time zone" if connection.vendor == "postgresql" else "datetime"

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        if value is None or connection.vendor == "postgresql":
            return value
        return value.isoformat(sep=" ")

    def to_python(self, value: Any) -> dt.datetime | None:
        if isinstance(value, str):
            return dt.datetime.fromisoformat(value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        value = self.to_python(value)
        if value is not None and value.tzinfo is not None:
            raise ValueError("a local time has no zone")
        return super().get_prep_value(value)
