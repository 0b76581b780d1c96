"""What happens when, and who is invited to it."""
