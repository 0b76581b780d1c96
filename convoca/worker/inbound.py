"""What came in is worked off: each message once, those that cannot be read today tried again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from functools import partial

from django.utils import timezone

from convoca.invitations import replies
from convoca.mail.inbound import inbox
from convoca.worker.post import never

logger = logging.getLogger(__name__)


def work_off_due(
    is_stopping: Callable[[], bool] = never, pause: Callable[[], object] = never
) -> int:
    """Work off messages until none is due, or until asked to stop; return how many were tried.

    After few of them it makes a `pause`, so that more come in to be worked off together: one at a
    time they cost several times as much, and with SQLite whoever keeps them waits meanwhile.
    """
    count = 0
    while not is_stopping() and (keys := inbox.claim(timezone.now())):
        done = _work_off_together(keys)
        left = [pk for pk in keys if pk not in done]
        while left and not is_stopping():
            _work_off(left.pop(0))
        if left:
            inbox.give_back(left)
        count += len(keys) - len(left)
        if len(keys) < inbox.MOST:
            pause()
    return count


def _work_off_together(keys: Collection[int]) -> Collection[int]:
    """Work off the usual answers among messages at once; return what is done.

    They are read before anything is locked. One that fails leaves all of them for one by one.
    """
    try:
        answers = replies.usual(inbox.read(keys))
        ids = [one.message_id for one in answers]
        if not ids:
            return ()
        return inbox.work_off_together(ids, partial(replies.process_together, answers))
    except Exception:
        logger.exception("Messages are worked off one by one")
        return ()


def _work_off(pk: int) -> None:
    try:
        inbox.work_off(pk, replies.process)
    except Exception as error:
        logger.exception("Message %s could not be worked off", pk)
        inbox.put_off(pk, error)
