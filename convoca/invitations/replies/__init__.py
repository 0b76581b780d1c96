"""What came in by mail: recognised, correlated, judged, and recorded or passed on."""

from convoca.invitations.replies.reading import process

__all__ = ["process"]
