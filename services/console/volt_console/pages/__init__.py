"""The operator's pages: server-rendered HTML, kept live by fragments over SSE."""
