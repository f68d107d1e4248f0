"""The wire: sockets, framing, schema check, append, answer."""
