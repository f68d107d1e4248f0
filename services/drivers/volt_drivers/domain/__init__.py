"""What a token is, as pure functions."""
