"""One look into a connected mailbox: what may be an answer is kept, then the next look goes on."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable, Iterable
from email.parser import BytesHeaderParser

from django.db import DatabaseError
from django.utils import timezone

from convoca.mail.imap.peeking import Peek
from convoca.mail.imap.session import Folder, Session, Unreadable
from convoca.mail.inbound import inbox
from convoca.mail.models import DeliveryAttempt, Mailbox
from convoca.mail.proofs import trials
from convoca.standards.imip.verdicts import plain

logger = logging.getLogger(__name__)

AT_ONCE = 50  # messages looked at from the outside in one go
OVERLAP = dt.timedelta(days=2)  # servers have their own idea of a day
LONGEST_BACK = dt.timedelta(days=30)
MOST_AGAIN = 5000
PATIENCE = 5  # visits that fail at one message before it is passed over

IsOurs = Callable[[Mailbox, bytes], bool]

_IDENTITY = re.compile(r"[A-Za-z0-9._-]{1,253}")


class LeaseLost(Exception):
    """Somebody else reads this mailbox now, or its owner has disconnected or changed it."""


def read_new(session: Session, mailbox: Mailbox, is_ours: IsOurs) -> int:
    """Keep what has arrived since the last look and is ours; return how many were new.

    A message is kept, in a transaction of its own, before `last_uid` moves past it: killed in
    between, the next look fetches it again and the inbox knows it. When the server has numbered
    its messages anew, all recent ones are looked at, which the inbox knows as well. Raises
    Unreadable, LeaseLost.
    """
    folder = session.examine(mailbox.folder)
    is_renumbered = _is_renumbered(mailbox, folder)
    if is_renumbered:
        uids = session.uids_since(_last_seen(mailbox).date())[-MOST_AGAIN:]
    elif folder.uidnext > mailbox.last_uid + 1:
        uids = session.uids_after(mailbox.last_uid)
    else:
        uids = []
    kept = 0
    for start in range(0, len(uids), AT_ONCE):
        batch = uids[start : start + AT_ONCE]
        kept += _take(session, mailbox, batch, is_ours)
        if not is_renumbered:
            remember(mailbox, last_uid=batch[-1])
    remember(
        mailbox,
        uidvalidity=folder.uidvalidity,
        last_uid=max([_end(mailbox, folder, is_renumbered), *uids[-1:]]),
        looked_at=timezone.now(),
    )
    return kept


def _end(mailbox: Mailbox, folder: Folder, is_renumbered: bool) -> int:
    """Return below which number nothing is left; after a renumbering, nothing recent.

    A message may be in the server's UIDNEXT already and not yet among those it finds.
    """
    return folder.uidnext - 1 if is_renumbered else mailbox.last_uid


def remember(mailbox: Mailbox, **changes: object) -> None:
    """Write down where the look is, as long as the lease is ours. Raises LeaseLost."""
    held = Mailbox.objects.filter(pk=mailbox.pk, lease=mailbox.lease, ended_at=None)
    if not held.update(**changes):
        raise LeaseLost
    for name, value in changes.items():
        setattr(mailbox, name, value)


def _is_renumbered(mailbox: Mailbox, folder: Folder) -> bool:
    """Tell whether the UIDs we remember mean nothing any more; one that falls never does."""
    return folder.uidvalidity != mailbox.uidvalidity or folder.uidnext <= mailbox.last_uid


def _last_seen(mailbox: Mailbox) -> dt.datetime:
    """Return a moment before everything that the last look has not seen."""
    earliest = timezone.now() - LONGEST_BACK
    return max(mailbox.looked_at - OVERLAP, mailbox.connected_at, earliest)


def _take(session: Session, mailbox: Mailbox, uids: list[int], is_ours: IsOurs) -> int:
    peeks = session.peek(uids)
    named = _named_ours(mailbox, peeks)
    tests = trials.awaited(mailbox.sender) if peeks else set()
    kept = 0
    for peek in peeks:
        if mailbox.greeting_id and peek.message_id == mailbox.greeting_id:
            _learn(session, mailbox, peek.uid)
        elif peek.message_id in tests:
            trials.note_arrival(peek.message_id, _verdicts(session, peek.uid))
        elif peek.is_small and (peek.looks_like_answer or not named.isdisjoint(peek.references)):
            kept += _keep(session, mailbox, peek.uid, is_ours)
    return kept


def _named_ours(mailbox: Mailbox, peeks: Iterable[Peek]) -> set[str]:
    """Return which of the message ids they name are of mails that this team has sent."""
    ids = {one for peek in peeks for one in peek.references}
    tries = DeliveryAttempt.objects.filter(
        message_id__in=ids, delivery__team=mailbox.sender.team_id
    )
    return set(tries.values_list("message_id", flat=True)) if ids else set()


def _keep(session: Session, mailbox: Mailbox, uid: int, is_ours: IsOurs) -> int:
    try:
        content = session.fetch(uid)
    except Unreadable:
        if mailbox.attempts < PATIENCE:
            raise
        logger.warning("Message %s of mailbox %s cannot be fetched", uid, mailbox.pk)
        return 0
    if content is None or len(content) > inbox.LARGEST or not _is_wanted(mailbox, content, is_ours):
        return 0
    sender, address = _return_path(content), mailbox.sender.email
    return int(inbox.keep(content, recipient=address, envelope_from=sender, mailbox=mailbox))


def _is_wanted(mailbox: Mailbox, content: bytes, is_ours: IsOurs) -> bool:
    """Ask whether it is ours; where our own fault keeps us from telling, it is kept."""
    try:
        return is_ours(mailbox, content)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("A message of mailbox %s could not be judged", mailbox.pk)
        return True


def _return_path(content: bytes) -> str | None:
    """Return the envelope's sender as the mailbox's server wrote it down, if it did."""
    value = BytesHeaderParser().parsebytes(content[: 64 * 1024]).get("Return-Path")
    return None if value is None else str(value).strip()


def _learn(session: Session, mailbox: Mailbox, uid: int) -> None:
    """Learn how this server signs its verdicts, from a letter that nobody else could write.

    Whatever headers a stranger puts into a mail, this one left us without any.
    """
    header = next(iter(_verdicts(session, uid)), "")
    identity = plain(header).partition(";")[0].split()[:1]
    found = identity[0] if identity and _IDENTITY.fullmatch(identity[0]) else ""
    remember(mailbox, greeting_id="", authserv_id=mailbox.authserv_id or found)


def _verdicts(session: Session, uid: int) -> list[str]:
    """Return a message's Authentication-Results, topmost first."""
    headers = BytesHeaderParser().parsebytes(session.verdicts(uid))
    return [str(one) for one in headers.get_all("Authentication-Results", [])]
