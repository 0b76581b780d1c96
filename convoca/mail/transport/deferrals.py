"""What a refusal for now asks of us: to come again in some minutes, to slow down, or neither.

Enhanced codes (RFC 3463) do not settle it: X.7 is said to strangers, who are to come again, and to
whoever sends too much. So a few words are looked at; whose they are:

- Greylisting. Postgrey: `450 4.2.0 ... Greylisted, see http://...` or `Greylisted for 300 seconds`,
  which Postfix may pass on as 451 4.7.1. SQLgrey, policyd: `Greylisted for 5 minutes`.
  milter-greylist: `451 4.7.1 Greylisting in action, please come back in 00:05:00`. rspamd:
  `451 4.7.1 Try again later`. Plesk: `451 4.7.1 Service unavailable - try again later`. OpenBSD's
  spamd: `451 Temporary failure, please try again later.`
- Throttling. Exchange Online: `451 4.7.500 Server busy`, `451 4.7.650 ... temporarily rate
  limited`. Gmail: `421 4.7.28 ... unusual rate`. Yahoo: `421 4.7.0 [TSS04] ... unexpected volume`.
  Exchange: `421 4.4.2 Message submission rate ... exceeded`. Postfix: `450 4.7.1 ... too much
  mail`, `421 4.7.0 ... too many connections`. Gmail's `450 4.2.1 ... receiving mail at a rate that
  prevents ...` is about one mailbox.
"""

from __future__ import annotations

import datetime as dt
import re

from convoca.mail.transport.replies import enhanced

FIRST_WAIT = dt.timedelta(minutes=1)  # of one who is to come again and was not told when
LONGEST_GUESS = dt.timedelta(minutes=15)
LONGEST_WAIT = dt.timedelta(hours=4)
SLACK = dt.timedelta(seconds=5)  # a server's clock, and what it cuts off when it rounds

MAILBOX = {1, 2}  # the subject of an enhanced code: X.1 an address, X.2 a mailbox
SYSTEM = {3, 4}  # X.3 the mail system, X.4 the network
SECURITY = 7

_GREYLISTED = re.compile(r"gr[ae]y[- ]?list|come back (later|in)\b", re.IGNORECASE)
_COME_AGAIN = re.compile(r"\b(re)?try (again|later)\b", re.IGNORECASE)
_THROTTLED = re.compile(
    r"too (many|much)\b|rate.?limit|throttl|unusual rate|unexpected volume|server busy|exceeded",
    re.IGNORECASE,
)
_THROTTLING_DETAIL = re.compile(r"0|28|[56]\d\d")  # of X.7: Gmail's, Yahoo's and Microsoft's
_WHEN = re.compile(
    r"\b(?:in|for|after|wait)\s+(?:(\d{1,2}):(\d\d):(\d\d)\b|(\d{1,5})\s*(s|m|h))", re.IGNORECASE
)
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def is_about_system(code: int, text: str) -> bool:
    """Tell whether others would be put off as well: the server or its domain wants a rest."""
    if is_greylisting(code, text):
        return False
    subject, detail = enhanced(text)
    if subject in MAILBOX:
        return False
    if code == 421 or subject in SYSTEM or _THROTTLED.search(text):
        return True
    if subject == SECURITY:
        return bool(_THROTTLING_DETAIL.fullmatch(str(detail)))
    return not subject and code == 451


def is_greylisting(code: int, text: str) -> bool:
    """Tell whether a stranger is asked to come again: each mail has to, and for itself."""
    if not 400 <= code < 500:
        return False
    if _GREYLISTED.search(text):
        return True
    is_vague = code == 451 and enhanced(text) in {(0, 0), (SECURITY, 1)}
    return is_vague and bool(_COME_AGAIN.search(text)) and not _THROTTLED.search(text)


def wait(code: int | None, text: str, attempts: int) -> dt.timedelta:
    """Return for how long it is useless to come again; zero where nothing was asked.

    What the server said counts; else it is longer with each try before this one, for some lists
    begin anew with each visit that is too early.
    """
    if code is None or not is_greylisting(code, text):
        return dt.timedelta()
    if match := _WHEN.search(text):
        hours, minutes, seconds, count, unit = match.groups()
        named = int(count) * _SECONDS[unit.lower()] if count else 0
        named = named or 3600 * int(hours or 0) + 60 * int(minutes or 0) + int(seconds or 0)
        return min(max(dt.timedelta(seconds=named) + SLACK, FIRST_WAIT), LONGEST_WAIT)
    return min(FIRST_WAIT * 2 ** min(attempts, 10), LONGEST_GUESS)
