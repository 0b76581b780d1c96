"""What happens when: events with their attendees, versions, files and rooms."""

from convoca.calendars.models.attendee import Attendee, Kind
from convoca.calendars.models.event import Event, EventStatus, EventVersion
from convoca.calendars.models.file import File
from convoca.calendars.models.room import Room

__all__ = ["Attendee", "Event", "EventStatus", "EventVersion", "File", "Kind", "Room"]
