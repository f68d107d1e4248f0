"""The transaction id that a 1.6 station gets: the same for every repetition of the same start."""

from hashlib import blake2b

import msgspec

Start = tuple[str, object, object, object, object]
"""Station key, connector, timestamp as sent, idTag, meterStart."""


def wire_id(start: Start) -> int:
    """A positive 31-bit hash of the start. Starts do collide: the id is an alias, not unique for ever."""
    digest = blake2b(msgspec.json.encode(start), digest_size=4).digest()
    return (int.from_bytes(digest, "big") & 0x7FFFFFFF) or 1
