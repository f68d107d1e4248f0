"""What the pages that follow a view live are told: the record keys (`tenant/station uid`) that a batch touched."""

from collections.abc import Sequence, Set

from volt_eventlog.message import Message

LIMIT = 7_000
"""Bytes in one payload; Postgres takes less than 8,000."""

EVERYTHING = "*"
"""A key too long for a payload: whoever listens looks at everything again."""


def changed_keys(batch: Sequence[Message]) -> list[str]:
    """The keys of the batch, in payloads."""
    return payloads_of({message.key for message in batch})


def payloads_of(keys: Set[str]) -> list[str]:
    """Keys, sorted, a line each, packed into as few payloads as Postgres takes."""
    payloads: list[str] = []
    size = LIMIT
    for key in sorted(keys):
        length = len(key.encode()) + 1
        key, length = (key, length) if length < LIMIT else (EVERYTHING, 2)
        if size + length > LIMIT:
            payloads.append(key)
            size = length
        else:
            payloads[-1] += f"\n{key}"
            size += length
    return payloads


def keys_in(payload: str) -> list[str]:
    """The keys that a payload names."""
    return payload.split("\n")
