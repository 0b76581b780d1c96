"""What the tests stand on: a PostgreSQL server, a browser, a mail server that can misbehave."""
