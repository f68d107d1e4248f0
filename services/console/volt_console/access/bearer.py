"""The bearer token of a request (RFC 6750 §2.1)."""

from fastapi import Request


def bearer(request: Request) -> str | None:
    """The token, if one was sent."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None
