"""What came in by mail: recognised, correlated, judged, and recorded or passed on."""

from convoca.invitations.replies.reading import is_ours, process
from convoca.invitations.replies.together import process_together, usual

__all__ = ["is_ours", "process", "process_together", "usual"]
