"""An event as plain JSON values, so that each version a guest may hold can be kept in a row."""

from dataclasses import MISSING, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from convoca.standards.ical.model import (
    Attachment,
    Attendee,
    Event,
    Moment,
    Organizer,
    Partstat,
    VEvent,
)

Json = dict[str, Any]

_MOMENTS = {"start", "end", "recurrence_id"}
_MOMENT_LISTS = {"rdates", "exdates"}
_STAMPS = {"dtstamp", "created", "last_modified", "replied_at"}
_DEFAULTS = {
    kind: tuple((one.name, one.default) for one in fields(kind))
    for kind in (VEvent, Attendee, Attachment, Organizer)
}


def to_json(event: Event) -> Json:
    """Return the event as JSON values; what has its default value is left out."""
    return {"components": [_from_vevent(component) for component in event.components()]}


def from_json(data: Json) -> Event:
    """Return the event that `to_json` was given, equal in every field."""
    components = [_to_vevent(values) for values in data["components"]]
    has_master = components[0].recurrence_id is None
    return Event(
        master=components[0] if has_master else None,
        overrides=tuple(components[1:] if has_master else components),
    )


def _from_vevent(component: VEvent) -> Json:
    values = _changed_values(component)
    if component.organizer is not None:
        values["organizer"] = _changed_values(component.organizer)
    for name in ("attendees", "attachments"):
        if name in values:
            values[name] = [_changed_values(part) for part in values[name]]
    return values


def _to_vevent(data: Json) -> VEvent:
    values = _read_values(data)
    if "organizer" in values:
        values["organizer"] = Organizer(**values["organizer"])
    if "attendees" in values:
        values["attendees"] = tuple(_to_attendee(one) for one in values["attendees"])
    if "attachments" in values:
        values["attachments"] = tuple(Attachment(**one) for one in values["attachments"])
    return VEvent(**values)


def _to_attendee(data: Json) -> Attendee:
    values = _read_values(data)
    if "partstat" in values:
        values["partstat"] = Partstat(values["partstat"])
    return Attendee(**values)


def _changed_values(part: VEvent | Attendee | Attachment | Organizer) -> Json:
    values: Json = {}
    for name, default in _DEFAULTS[type(part)]:
        value = getattr(part, name)
        if default is MISSING or value != default:
            values[name] = _plain(name, value)
    return values


def _plain(name: str, value: Any) -> Any:
    if name in _MOMENTS:
        return _moment_text(value)
    if name in _STAMPS:
        return value.isoformat()
    if name in _MOMENT_LISTS:
        return [_moment_text(moment) for moment in value]
    return list(value) if isinstance(value, tuple) else value


def _read_values(data: Json) -> Json:
    return {name: _rich(name, value) for name, value in data.items()}


def _rich(name: str, value: Any) -> Any:
    if name in _MOMENTS:
        return _moment(value)
    if name in _STAMPS:
        return datetime.fromisoformat(value)
    if name in _MOMENT_LISTS:
        return tuple(_moment(text) for text in value)
    return tuple(value) if name.startswith("delegated_") else value


def _moment_text(moment: Moment) -> str:
    """Return `2026-03-01`, `2026-03-01T10:00:00[Europe/Madrid]` or `...+00:00`.

    The wall time is kept with the zone's name and never turned into an offset, for the laws that
    decide the offset may change while the row waits.
    """
    if not isinstance(moment, datetime):
        return moment.isoformat()
    if isinstance(moment.tzinfo, ZoneInfo):
        return f"{moment.replace(tzinfo=None).isoformat()}[{moment.tzinfo.key}]"
    return moment.isoformat()


def _moment(text: str) -> Moment:
    if len(text) == len("2026-03-01"):
        return date.fromisoformat(text)
    wall, bracket, zone = text.partition("[")
    if bracket:
        return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone.rstrip("]")))
    moment = datetime.fromisoformat(wall)
    if moment.utcoffset() == timedelta(0):
        return moment.replace(tzinfo=UTC)
    return moment
