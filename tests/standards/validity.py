"""Calendar text held to what others make of it: the library that wrote it, and a foreign one."""

import icalendar
import vobject


def check_valid(ics: bytes) -> icalendar.Calendar:
    """Parse with the library that wrote it and with a foreign one; neither may complain."""
    calendar = icalendar.Calendar.from_ical(ics)
    assert [one.errors for one in calendar.walk() if one.errors] == []
    vobject.readOne(ics.decode()).validate(raiseException=True)
    for line in ics.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line
    used = {str(one.params["TZID"]) for one in _dated(calendar) if "TZID" in one.params}
    assert used == {str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")}
    return calendar


def _dated(calendar: icalendar.Calendar):
    for event in calendar.walk("VEVENT"):
        for name in ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"):
            found = event.get(name, [])
            yield from found if isinstance(found, list) else [found]
