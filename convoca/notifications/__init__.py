"""The bell: what a host is told in the page."""
