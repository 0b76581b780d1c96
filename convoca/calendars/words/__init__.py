"""An event's facts in words, in the language that is active.

Pages, mails and the bell all speak through this package, so that a date reads the same everywhere.
"""

from convoca.calendars.words.language import listed, locale, sentence_case, size
from convoca.calendars.words.repetition import repeat
from convoca.calendars.words.states import partstat
from convoca.calendars.words.times import (
    city,
    day,
    reminder,
    same_clock,
    when,
    when_briefly,
    when_of,
    zone_name,
)

__all__ = [
    "city",
    "day",
    "listed",
    "locale",
    "partstat",
    "reminder",
    "repeat",
    "same_clock",
    "sentence_case",
    "size",
    "when",
    "when_briefly",
    "when_of",
    "zone_name",
]
