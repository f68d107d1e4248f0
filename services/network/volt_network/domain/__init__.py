"""What a tenant and a station are, as pure functions."""
