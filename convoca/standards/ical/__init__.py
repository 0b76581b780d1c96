"""iCalendar (RFC 5545): the model, and the only two modules that touch its text."""
