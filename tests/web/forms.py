"""The event form as a browser posts it."""

from __future__ import annotations

from typing import Any


def typed(**fields: Any) -> dict[str, Any]:
    """Return the fields of an hour on Tuesday 24 November 2099, ten o'clock in Madrid."""
    return {
        "title": "Contract review",
        "start_date": "2099-11-24",
        "start_time": "10:00",
        "end_date": "2099-11-24",
        "end_time": "11:00",
        "timezone": "Europe/Madrid",
        "notify_answers": "on",
    } | fields
