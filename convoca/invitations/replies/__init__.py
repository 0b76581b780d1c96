"""What came in by mail: recognised, correlated, judged, and recorded or passed on."""

from convoca.invitations.replies.reading import is_ours, process

__all__ = ["is_ours", "process"]
