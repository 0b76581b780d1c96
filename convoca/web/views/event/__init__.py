"""One event's pages: the event itself, its form, its people, and what waits for its host."""
