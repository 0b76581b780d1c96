"""Whether mails reach the invited, and what is done where they do not."""
