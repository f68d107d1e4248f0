"""An API key as a program sends it: `vlk_{tenant}_{key_id}_{secret}`. It says whose it is; 160 bits prove it."""

from typing import NamedTuple

PREFIX = "vlk_"
ID_BYTES, SECRET_BYTES = 8, 20
RANDOM_BYTES = ID_BYTES + SECRET_BYTES


class ApiKey(NamedTuple):
    """A key and what it says of itself."""

    tenant: str
    key_id: str
    text: str


def made(tenant: str, drawn: bytes) -> ApiKey:
    """The key of `RANDOM_BYTES` that nobody else knows."""
    key_id, secret = drawn[:ID_BYTES].hex(), drawn[ID_BYTES:RANDOM_BYTES].hex()
    return ApiKey(tenant, key_id, f"{PREFIX}{tenant}_{key_id}_{secret}")


def read(text: str) -> ApiKey | None:
    """What a text says, if it has the form of a key; whether there is such a key, its row says."""
    if not text.startswith(PREFIX):
        return None
    parts = text.removeprefix(PREFIX).rsplit("_", 2)
    if len(parts) != 3 or not all(parts) or "/" in parts[0]:
        return None
    return ApiKey(parts[0], parts[1], text)
