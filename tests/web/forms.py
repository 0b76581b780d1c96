"""The event form as a browser posts it."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from django.test import Client


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


def as_shown(client: Client, where: str) -> dict[str, Any]:
    """Return what a browser would post if the form were sent back untouched."""
    page = BeautifulSoup(client.get(where).content, "html.parser")
    form = page.find("form", attrs={"data-event-form": True})
    posted: dict[str, Any] = {}
    for field in form.find_all(["input", "textarea", "select"]):
        name = field.get("name")
        if not name or field.has_attr("disabled") or field.find_parent("template"):
            continue
        if field.name == "select":
            chosen = field.find("option", selected=True) or field.find("option")
            posted[name] = chosen["value"]
        elif field.name == "textarea":
            posted[name] = field.get_text().removeprefix("\n")
        elif field.get("type") not in {"checkbox", "radio", "file"}:
            posted[name] = field.get("value", "")
        elif field.has_attr("checked"):
            posted.setdefault(name, []).append(field.get("value", "on"))
    return posted
