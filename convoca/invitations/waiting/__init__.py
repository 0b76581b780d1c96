"""What waits for the host's decision: asks to join, proposed times, and words."""
