"""A series changed as a whole: cut in two, and its dates found again afterwards."""

from dataclasses import replace
from datetime import date

from convoca.standards.ical import moments
from convoca.standards.ical.dates import dates
from convoca.standards.ical.model import Event, Moment, VEvent
from convoca.standards.ical.recurrence import at_day, end_of, instance_at, instances
from convoca.standards.ical.rule import Rule, fitting_until, last_date


def starts_before(event: Event, original: Moment) -> bool:
    """Tell whether anything takes place whose original start lies before this one."""
    if event.master is None:
        return False
    begin, end = moments.instant(event.master.start), moments.instant(original)
    changed = {
        moments.instant(part.recurrence_id)
        for part in event.overrides
        if part.recurrence_id is not None and not part.is_cancelled
    }
    regular = (
        moments.instant(one.recurrence_id)
        for one in instances(event, begin, end)
        if one.recurrence_id is not None
    )
    return any(one < end for one in (*changed, *regular))


def ending_before(master: VEvent, original: Moment) -> VEvent:
    """Return the series with its last date before the one that originally starts then.

    COUNT becomes UNTIL: the whole day of the last date left, in the value type of DTSTART.
    """
    rrule = master.rrule
    if rrule:
        last = _rule_days(master, original)[-1]
        rule = replace(Rule.parse(rrule), count=None, until=fitting_until(last, master.start))
        rrule = str(rule)
    return replace(
        master,
        rrule=rrule,
        rdates=tuple(one for one in master.rdates if _is_before(one, original)),
        exdates=tuple(one for one in master.exdates if _is_before(one, original)),
    )


def going_on_from(master: VEvent, original: Moment) -> VEvent:
    """Return the rest of the series, as a series that begins with the date of this original start.

    COUNT counts what is left. `original` is a date that the rule or RDATE makes.
    """
    rdates = [one for one in master.rdates if not _is_before(one, original)]
    rrule = master.rrule
    if rrule:
        rule = Rule.parse(rrule)
        if rule.count is not None:
            left = rule.count - len(_rule_days(master, original))
            rrule = str(replace(rule, count=left)) if left else ""
    begin = moments.like(original, master.start)
    return replace(
        master,
        start=begin,
        end=end_of(master, begin),
        rrule=rrule,
        rdates=tuple(one for one in rdates if moments.key(one) != moments.key(begin)),
        exdates=tuple(one for one in master.exdates if not _is_before(one, original)),
    )


def counterpart(original: Moment, old: VEvent, new: VEvent) -> Moment | None:
    """Return which date of `new` is the one of `old` that originally starts then.

    The same instant, else the date of the same day, else the one as many days away as the start
    of the series moved. None when there is none. EXDATEs of `new` are dates all the same.
    """
    original = moments.like(original, old.start)
    whole = Event(master=replace(new, exdates=()))
    day = moments.day(original)
    step = moments.day(new.start) - moments.day(old.start)
    for wanted in (original, day, day + step):
        found = instance_at(whole, wanted)
        if found is not None:
            return found.recurrence_id
    return None


def _rule_days(master: VEvent, original: Moment) -> list[date]:
    """Return the days on which the rule makes a date before the one of this original start."""
    first, last = moments.day(master.start), moments.day(moments.like(original, master.start))
    rule = Rule.parse(master.rrule)
    days = dates(rule, first, min(last, last_date(rule, master.start)), first)
    return [one for one in days if _is_before(at_day(one, master.start), original)]


def _is_before(one: Moment, original: Moment) -> bool:
    return moments.instant(one) < moments.instant(original)
