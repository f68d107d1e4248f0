"""What tokens and accounts are, as pure functions."""
