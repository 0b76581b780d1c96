"""Remind the host, and colleagues who are coming, before an event starts."""

from __future__ import annotations

import datetime as dt

from convoca.notifications.models import Notification


def tell_due(now: dt.datetime) -> list[Notification]:
    """Ring for every reminder that has come due; return what was told, to be mailed too.

    Safe to call at any time and from several workers: each reminder rings once a member.
    """
    raise NotImplementedError
