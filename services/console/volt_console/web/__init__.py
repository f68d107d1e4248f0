"""The HTTP edge that pages and API share: server, guard, problems."""
