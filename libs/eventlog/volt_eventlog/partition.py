"""Which partition a key belongs to: murmur2, as Kafka's own clients do; `send_batch` does not partition by itself."""

from aiokafka.partitioner import murmur2

_MASK = 0x7FFFFFFF
_LIMIT = 500_000
_hashes: dict[str, int] = {}


def partition_of(key: str, partitions: int) -> int:
    """The partition of `key` in a topic of so many partitions; hashes are kept, because hashing costs 3 µs."""
    positive = _hashes.get(key)
    if positive is None:
        if len(_hashes) >= _LIMIT:
            _hashes.clear()
        positive = _hashes[key] = murmur2(key.encode()) & _MASK
    return positive % partitions
