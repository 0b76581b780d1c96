"""Who hosts: people, their teams and what their plan allows."""
