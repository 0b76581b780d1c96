"""Alice, who hosts by the API of a running Convoca."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

from tests.interop.thunderbird import YEAR, Entry
from tests.support.installation import Installation

TOKEN = """
from convoca.accounts import tokens
from convoca.accounts.models import Membership
print(tokens.issue(Membership.objects.get(), "interop")[1])
"""
GWEN = "gwen@guest.example"
GUS = "gus@guest.example"
ALIAS = "glopez@work.example"
PEOPLE = {
    GWEN: {"email": GWEN, "first_name": "Gwen", "last_name": "López"},
    ALIAS: {"email": ALIAS, "first_name": "Gwen", "last_name": "López"},
    GUS: {"email": GUS, "first_name": "Gus", "last_name": "Gray"},
}


class Host:
    """Alice's program; events take place in March of next year, in Madrid."""

    def __init__(self, there: Installation, url: str) -> None:
        self.there, self.url = there, f"{url}/api/v1"
        self.token = there.python(TOKEN).strip()

    def invite(self, title: str, *who: str, **fields: Any) -> str:
        """Create an event with Gwen, on the 2nd at ten unless told otherwise; return its id."""
        attendees = [PEOPLE[email] for email in who or [GWEN]]
        body = {"title": title, "timezone": "Europe/Madrid", "attendees": attendees}
        return str(self.call("POST", "/events", body | at(2, "10:00") | fields)["id"])

    def change(self, event: str, day: int = 0, scope: str = "this", **fields: Any) -> None:
        """Change an event, or dates of a series that starts at ten; `attendees` are addresses."""
        if "attendees" in fields:
            fields["attendees"] = [PEOPLE[email] for email in fields["attendees"]]
        self.call("PATCH", f"/events/{event}{meant(day, scope)}", fields)

    def cancel(self, event: str, day: int = 0, scope: str = "this") -> None:
        self.call("DELETE", f"/events/{event}{meant(day, scope)}")

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the API answers; raise HTTPError when it refuses."""
        request = Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=10) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def calendar(self) -> list[Entry]:
        """Return every date of the year that takes place, in order."""
        dates = self.call("GET", f"/events?from={YEAR}-01-01&to={YEAR + 1}-01-01")
        return sorted(entry(one) for one in dates if one["status"] != "CANCELLED")

    def answer(self, event: str, email: str = GWEN) -> str:
        """Return the answer in an attendee's row."""
        lines = self.call("GET", f"/events/{event}/attendees")
        (row,) = (line for line in lines if line["email"] == email)
        return str(row["partstat"])

    def merge_held(self, event: str) -> None:
        """Say that the one answer that waits is from whom it resembles."""
        (held,) = self.call("GET", f"/events/{event}/held")
        self.call("POST", f"/events/{event}/held/{held['id']}", {"decision": "merge"})

    def answers_by_date(self) -> dict[str, str]:
        """Return Gwen's answer to the series (""), and to each date that has a row, by its day."""
        rows = self.there.query(
            "SELECT recurrence_id, partstat FROM calendars_attendee"
            " JOIN calendars_event ON calendars_event.id = event_id"
            f" WHERE email = '{GWEN}'"
        )
        return {str(date or "")[:10]: str(partstat) for date, partstat in rows}

    def bell(self) -> list[str]:
        """Return what the bell has said, oldest first."""
        return [one["text"] for one in reversed(self.call("GET", "/notifications"))]


def at(day: int, time: str) -> dict[str, str]:
    """Return the fields of an hour in March."""
    start = dt.datetime.fromisoformat(f"{YEAR}-03-{day:02}T{time}")
    return {"start": start.isoformat(), "end": (start + dt.timedelta(hours=1)).isoformat()}


def on(day: int, time: str) -> str:
    """Return how the bell names a time in March."""
    return f"{dt.date(YEAR, 3, day):%a} {day} Mar {YEAR}, {time} (Madrid)"


def meant(day: int, scope: str) -> str:
    """Return the query that names dates of a series; without a day all are meant."""
    asked = {"scope": scope, "recurrence_id": at(day, "10:00")["start"]} if day else {}
    return f"?{urlencode(asked)}"


def entry(one: dict[str, Any]) -> Entry:
    start, end = (in_utc(one[edge], one["timezone"]) for edge in ("start", "end"))
    return Entry(start, end, one["title"], one["location"])


def in_utc(text: str, zone: str) -> str:
    """Return a local time in UTC, or a date as it is, as iCalendar writes them."""
    if "T" not in text:
        return text.replace("-", "")
    local = dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return f"{local.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
