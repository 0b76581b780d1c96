"""Reading the mailboxes that senders have connected."""
