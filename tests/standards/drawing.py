"""Rules as forms and foreign programs make them, for the property tests."""

from zoneinfo import ZoneInfo

from hypothesis import assume
from hypothesis import strategies as st

from convoca.standards.ical.rule import (
    Frequency,
)

MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@st.composite
def rules(draw) -> str:
    """Draw rules as forms and foreign programs make them, all parts mixed."""
    frequency = draw(st.sampled_from(list(Frequency)))
    parts = [f"FREQ={frequency}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    numbered = frequency in (Frequency.MONTHLY, Frequency.YEARLY)
    has_month_day = frequency != Frequency.WEEKLY and draw(st.booleans())
    if has_month_day:
        days = st.sampled_from([1, 2, 13, 28, 29, 30, 31, -1, -2, -31])
        parts.append(f"BYMONTHDAY={joined(draw(st.lists(days, min_size=1, max_size=3)))}")
    if draw(st.booleans()):
        parts.append(f"BYMONTH={joined(draw(st.lists(st.integers(1, 12), min_size=1)))}")
    if draw(st.booleans()):
        can_number = numbered and not (has_month_day and frequency == Frequency.YEARLY)
        # dateutil takes a mixture of "FR" and "1SU" as a conjunction, the RFC as a union
        is_numbered = can_number and draw(st.booleans())
        numbers = st.sampled_from(["1", "2", "5", "-1"] if is_numbered else [""])
        chosen = draw(st.lists(st.tuples(numbers, st.sampled_from(DAYS)), min_size=1, max_size=3))
        parts.append(f"BYDAY={joined(f'{nth}{day}' for nth, day in chosen)}")
    # dateutil lets the first week of BYSETPOS begin with DTSTART and not with the week
    if len(parts) > 2 and numbered and draw(st.integers(0, 4)) == 0:
        assume(any(part.startswith("BY") for part in parts))
        parts.append(f"BYSETPOS={draw(st.sampled_from(['1', '-1', '2', '1,-1']))}")
    if draw(st.integers(0, 3)) == 0:
        parts.append(f"WKST={draw(st.sampled_from(DAYS))}")
    return ";".join(parts)


def joined(values) -> str:
    return ",".join(str(one) for one in values)
