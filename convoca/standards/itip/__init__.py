"""iTIP (RFC 5546): what is told to whom, and what an answer means."""
