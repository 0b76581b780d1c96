"""From a finished mail to a server's answer."""
