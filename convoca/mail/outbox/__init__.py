"""The outbox: what every address must hold, who is sending it now, and what became of it."""

from convoca.mail.outbox.claiming import (
    LEASE,
    claim,
    claim_from,
    claim_overdue,
    new_lease,
    put_back,
    release,
    renew,
)
from convoca.mail.outbox.finished import Finished, enqueue_post, enqueue_posts, open_post
from convoca.mail.outbox.settling import complete
from convoca.mail.outbox.wanting import NO_GRACE, readdress, remind, want, want_again

__all__ = [
    "LEASE",
    "NO_GRACE",
    "Claim",
    "Finished",
    "Outcome",
    "Outgoing",
    "claim",
    "claim_from",
    "claim_overdue",
    "complete",
    "enqueue_post",
    "enqueue_posts",
    "new_lease",
    "open_post",
    "put_back",
    "readdress",
    "release",
    "remind",
    "renew",
    "want",
    "want_again",
]
