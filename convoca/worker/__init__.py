"""The door for the clock and the post."""
