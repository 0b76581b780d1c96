"""The post office: addresses and e-mails; it knows no events."""
