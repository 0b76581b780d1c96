"""What one of the invited reads: alike in mail and on the page, with what is theirs alone."""
