"""How large a record and a state may be: a larger record must never reach the client library."""

from collections.abc import Sequence

from volt_contracts.envelope import Header

MAX_RECORD_BYTES = 900 * 1024
"""Key, value and headers together. The broker refuses a larger record, and afterwards that partition's sequence is
broken; inside a transaction aiokafka would even commit without the refused record."""

STATE_WARN_BYTES = 8 * 1024
STATE_MAX_BYTES = 256 * 1024
"""A state, encoded, that is larger parks its key at the message that would make it so."""
STATE_CHECK_BYTES = 64 * 1024
"""A state that can be larger is encoded in every batch that changes it, in order to know its size."""
GROWTH = 4
"""A state grows by at most so many times the bytes of an event that is folded into it. Where a decider's does not keep
to that, it is found at the next checkpoint, and its key is parked at the next message."""

SURELY_SMALL = 256 * 1024
MANY_HEADERS = 16
"""Below both, headers would have to be of 40 KiB each to matter; ours are ids, times and types."""

_HEADER_OVERHEAD = 10


class TooLarge(ValueError):
    """The record is larger than 900 KiB; it was not sent."""


def check_size(topic: str, key: bytes, value: bytes | None, headers: Sequence[Header]) -> None:
    """Refuse a record that the broker would refuse.

    Raises:
        TooLarge: key, value and headers exceed 900 KiB.
    """
    size = len(key) + (0 if value is None else len(value))
    if size < SURELY_SMALL and len(headers) < MANY_HEADERS:
        return
    for name, content in headers:
        size += len(name) + len(content) + _HEADER_OVERHEAD
    if size > MAX_RECORD_BYTES:
        raise TooLarge(f"a record of {size} bytes for {topic} is over {MAX_RECORD_BYTES}")
