"""What came in is worked off: each message once, those that cannot be read today tried again."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.utils import timezone

from convoca.invitations import replies
from convoca.mail.inbound import inbox
from convoca.worker.post import never

logger = logging.getLogger(__name__)


def work_off_due(is_stopping: Callable[[], bool] = never) -> int:
    """Work off messages until none is due, or until asked to stop; return how many were tried."""
    count = 0
    while not is_stopping() and (pk := inbox.claim(timezone.now())) is not None:
        _work_off(pk)
        count += 1
    return count


def _work_off(pk: int) -> None:
    try:
        inbox.work_off(pk, replies.process)
    except Exception as error:
        logger.exception("Message %s could not be worked off", pk)
        inbox.put_off(pk, error)
