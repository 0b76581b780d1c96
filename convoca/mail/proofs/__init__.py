"""What shows that a sender may and can send: a code, a login, a test mail, the domain's records."""
