"""What mail servers bring us: replies, and mails that came back."""
