"""Pages for the invited: opened by a link from a mail, without an account."""
