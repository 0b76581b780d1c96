"""A notification in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from convoca.calendars import words as spoken
from convoca.calendars.models import Event
from convoca.mail.advice import advice
from convoca.mail.models import Delivery, Mailbox
from convoca.notifications.models import Notification
from convoca.standards.ical.model import Partstat

Kind = Notification.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """`sentence` says what happened, `detail` adds a note or a reason; both are plain text."""

    sentence: str
    detail: str = ""


def event_facts(event: Event, start: dt.datetime | None = None) -> dict[str, Any]:
    """Return what a notification keeps of an event, as it is when it happens.

    `start` is the wall-clock start of one date of a series, by default the event's own.
    """
    return {
        "title": event.title,
        "start": (start or event.start).isoformat(),
        "timezone": event.timezone,
        "all_day": event.all_day,
    }


def words(notification: Notification) -> Words:
    """Put a notification into the active language; times are shown in the event's zone."""
    facts = {**notification.facts}
    if "start" in facts:
        is_series = facts.get("is_series")
        named = _("all dates of “%(title)s”") if is_series else _("“%(title)s”, %(when)s")
        facts["event"] = named % {
            "title": facts.get("title") or _("Untitled event"),
            "when": _when(facts),
        }
    return _SPEAKERS[Kind(notification.kind)](facts)


def _when(facts: dict[str, Any]) -> str:
    start = dt.datetime.fromisoformat(facts["start"])
    if facts["all_day"]:
        return spoken.when_briefly(start.date())
    return spoken.when_briefly(start.replace(tzinfo=ZoneInfo(facts["timezone"])))


def _answer(facts: dict[str, Any]) -> Words:
    if not facts["is_applied"]:
        sentence = _("%(name)s answered for an earlier time of %(event)s: %(answer)s")
        facts["answer"] = spoken.partstat(facts["partstat"])
    else:
        sentence = {
            Partstat.ACCEPTED: _("%(name)s accepted %(event)s"),
            Partstat.TENTATIVE: _("%(name)s may come to %(event)s"),
            Partstat.DECLINED: _("%(name)s declined %(event)s"),
            Partstat.DELEGATED: _("%(name)s sends somebody else to %(event)s"),
            Partstat.NEEDS_ACTION: _("%(name)s took back the answer to %(event)s"),
        }[Partstat(facts["partstat"])]
    return Words(sentence=sentence % facts, detail=facts["note"])


def _held(facts: dict[str, Any]) -> Words:
    facts["answer"] = spoken.partstat(facts["partstat"])
    if facts["why"] == "UNPROVEN":
        sentence = _("An answer to %(event)s in the name of %(name)s is unproven: %(answer)s")
        detail = _("Nothing proves that the mail came from %(email)s: let it count, or ignore it.")
    elif facts["why"] == "DELEGATE":
        sentence = _("%(by)s wants %(name)s (%(email)s) to come to %(event)s instead")
        detail = _("They are not invited: admit or ignore them on the event’s page.")
    else:
        sentence = _("%(name)s (%(email)s) is not invited and answered %(event)s: %(answer)s")
        detail = _("They are not invited: admit or ignore them on the event’s page.")
    return Words(
        sentence=sentence % facts, detail="\n".join(filter(None, [facts["note"], detail % facts]))
    )


def _proposal(facts: dict[str, Any]) -> Words:
    facts["when"] = _when({**facts, **facts["proposed"]})
    sentence = _("%(name)s proposes another time for %(event)s: %(when)s")
    return Words(sentence=sentence % facts, detail=facts["note"])


def _message(facts: dict[str, Any]) -> Words:
    return Words(sentence=_("%(name)s wrote about %(event)s") % facts, detail=facts["note"])


def _invited(facts: dict[str, Any]) -> Words:
    return Words(sentence=_("%(by)s invites you to %(event)s") % facts)


def _changed(facts: dict[str, Any]) -> Words:
    names = [_FIELDS[name]() for name in facts["changed"] if name in _FIELDS]
    changed = _("Changed: %(what)s") % {"what": spoken.listed(names)} if names else ""
    return Words(sentence=_("%(by)s changed %(event)s") % facts, detail=changed)


def _cancelled(facts: dict[str, Any]) -> Words:
    if facts["is_removed"]:
        return Words(sentence=_("%(by)s took you off the guest list of %(event)s") % facts)
    return Words(sentence=_("%(by)s cancelled %(event)s") % facts)


def _failed(facts: dict[str, Any]) -> Words:
    people, count, is_late = facts["people"], facts["count"], facts.get("is_late", False)
    known = facts["reason"] in Delivery.Reason.values
    reason = str(Delivery.Reason(facts["reason"]).label) if known else ""
    response = people[0]["response"] if count == 1 else ""
    said = _("The server said: %(words)s") % {"words": response} if response else ""
    status = Delivery.Status.DELAYED if is_late else Delivery.Status.FAILED
    lines = [_named(people, count), reason, advice(status, facts["reason"]), said]
    sentence = (_late if is_late else _lost)(facts)
    return Words(sentence=sentence, detail="\n".join(filter(None, lines)))


def _lost(facts: dict[str, Any]) -> str:
    if facts["count"] == 1:
        person = facts["people"][0]
        return _("%(name)s (%(email)s) cannot be reached about %(event)s") % (facts | person)
    text = ngettext(
        "%(count)d person cannot be reached about %(event)s",
        "%(count)d people cannot be reached about %(event)s",
        facts["count"],
    )
    return text % facts


def _late(facts: dict[str, Any]) -> str:
    if facts["count"] == 1:
        person = facts["people"][0]
        return _("%(name)s (%(email)s) is not reached yet about %(event)s") % (facts | person)
    text = ngettext(
        "%(count)d person is not reached yet about %(event)s",
        "%(count)d people are not reached yet about %(event)s",
        facts["count"],
    )
    return text % facts


def _named(people: list[dict[str, str]], count: int) -> str:
    """Name several people, the first ones of very many."""
    if count == 1:
        return ""
    names = [one["name"] for one in people]
    more = count - len(names)
    if more:
        names.append(ngettext("%(count)d more", "%(count)d more", more) % {"count": more})
    return spoken.listed(names)


def _reminder(facts: dict[str, Any]) -> Words:
    return Words(sentence=_("Reminder: %(event)s") % facts, detail=facts["place"])


def _unanswered(facts: dict[str, Any]) -> Words:
    text = ngettext(
        "%(count)d person has not answered %(event)s in time",
        "%(count)d people have not answered %(event)s in time",
        facts["count"],
    )
    more = facts["count"] - len(facts["names"])
    rest = [ngettext("%(n)d other", "%(n)d others", more) % {"n": more}] if more else []
    return Words(sentence=text % facts, detail=spoken.listed([*facts["names"], *rest]))


def _mailbox(facts: dict[str, Any]) -> Words:
    sentence = _("Answers that arrive at %(email)s are not being read") % facts
    known = facts["reason"] in Mailbox.Reason.values
    reason = str(Mailbox.Reason(facts["reason"]).label) if known else ""
    outlook = _("We go on trying.")
    if facts["is_stopped"]:
        outlook = _("We have stopped trying: connect it again with the right login.")
    return Words(sentence=sentence, detail=" ".join(filter(None, [reason, outlook])))


_SPEAKERS: dict[Kind, Callable[[dict[str, Any]], Words]] = {
    Kind.ANSWER: _answer,
    Kind.HELD: _held,
    Kind.PROPOSAL: _proposal,
    Kind.MESSAGE: _message,
    Kind.INVITED: _invited,
    Kind.CHANGED: _changed,
    Kind.CANCELLED: _cancelled,
    Kind.FAILED: _failed,
    Kind.REMINDER: _reminder,
    Kind.UNANSWERED: _unanswered,
    Kind.MAILBOX: _mailbox,
}

_FIELDS: dict[str, Callable[[], str]] = {
    "summary": lambda: pgettext("what changed", "title"),
    "when": lambda: pgettext("what changed", "time"),
    "recurrence": lambda: pgettext("what changed", "repetition"),
    "location": lambda: pgettext("what changed", "place"),
    "description": lambda: pgettext("what changed", "description"),
    "attendees": lambda: pgettext("what changed", "attendees"),
    "files": lambda: pgettext("what changed", "files"),
    "dates": lambda: pgettext("what changed", "single dates"),
}
