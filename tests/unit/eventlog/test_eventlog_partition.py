"""Keys go where every Kafka client sends them."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from volt_eventlog.partition import partition_of

VECTORS = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}
"""From Kafka's own tests: `org.apache.kafka.common.utils.UtilsTest#testMurmur2`."""


@pytest.mark.parametrize(("key", "signed"), VECTORS.items())
@pytest.mark.parametrize("partitions", [1, 6, 60])
def test_the_hash_is_kafkas_murmur2(key: str, signed: int, partitions: int) -> None:
    """`toPositive(murmur2(key)) % numPartitions`."""
    assert partition_of(key, partitions) == (signed & 0x7FFFFFFF) % partitions


@given(st.text(min_size=1), st.integers(1, 60))
def test_it_agrees_with_the_clients_own_partitioner(key: str, partitions: int) -> None:
    everywhere = list(range(partitions))
    try:
        raw = key.encode()
    except UnicodeEncodeError:
        return
    assert partition_of(key, partitions) == DefaultPartitioner()(raw, everywhere, everywhere)
