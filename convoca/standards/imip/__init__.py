"""iMIP (RFC 6047): scheduling messages as e-mail."""
