"""One Kafka cluster as Voltlog uses it: names with the installation's prefix, and clients with the settled options."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalOperation, KafkaError, NoError, NotCoordinatorForGroupError, for_code
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from volt_contracts.topics import Topic
from volt_eventlog import fetched

__all__ = ["MAX_BATCH_BYTES", "Kafka", "KafkaError", "close_producer"]

fetched.install()

MAX_BATCH_BYTES = 960 * 1024
TRANSACTION_TIMEOUT_S = 60.0
UNKNOWN_OFFSET = -1
GIVE_UP_S = 5.0
"""How long a client whose stop was cancelled is waited for."""


async def _stopped(stop: Coroutine[Any, Any, None], client: Any) -> None:
    """Stop a consumer or producer so that a cancellation of ours is passed on, and none of its own reaches us.

    aiokafka cancels and awaits its own tasks in there. A cancellation of ours that comes then ends those, and is lost:
    whoever was told to end would go on. And a fetch that waits before it tries again, because the broker is away,
    raises CancelledError out of `stop`: whoever was told nothing would end.
    """
    stopping = asyncio.ensure_future(stop)
    try:
        await asyncio.wait({stopping})
    except asyncio.CancelledError:
        stopping.cancel()
        await asyncio.wait({stopping}, timeout=GIVE_UP_S)
        if stopping.done() and not stopping.cancelled():
            stopping.exception()
        raise
    if stopping.cancelled():
        await client.close()
    else:
        stopping.result()


async def _committed_offsets(coordinator: Any, places: Sequence[TopicPartition]) -> dict[TopicPartition, Any]:
    """In place of aiokafka's own, which does not read the error of the answer as a whole (OffsetFetch since v2).

    While a broker that has just started loads its groups, every offset would seem never to have been committed.
    """
    wanted: dict[str, list[int]] = {}
    for place in places:
        wanted.setdefault(place.topic, []).append(place.partition)
    answer = await coordinator._send_req(OffsetFetchRequest(coordinator.group_id, list(wanted.items())))
    entries = [(TopicPartition(topic, entry[0]), *entry[1:]) for topic, found in answer.topics for entry in found]
    for code in (getattr(answer, "error_code", 0), *(code for *_, code in entries)):
        error = for_code(code)
        if error is NotCoordinatorForGroupError:
            coordinator.coordinator_dead()
        if error is not NoError:
            raise error()
    return {place: OffsetAndMetadata(offset, note) for place, offset, note, _ in entries if offset != UNKNOWN_OFFSET}


class _Consumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    async def start(self) -> None:
        await super().start()
        self._coordinator._do_fetch_commit_offsets = partial(_committed_offsets, self._coordinator)

    async def stop(self) -> None:
        await _stopped(super().stop(), self._client)


class _Producer(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka has no types
    async def stop(self) -> None:
        await _stopped(super().stop(), self.client)


@dataclass(frozen=True)
class Kafka:
    """Where the cluster is, and what stands before every name on it."""

    bootstrap: str
    prefix: str = ""
    client_id: str = "voltlog"

    def name(self, topic: Topic | str) -> str:
        """The topic's name on this cluster."""
        return self.prefix + (topic if isinstance(topic, str) else topic.name)

    def group(self, lane: str) -> str:
        """The consumer group of a decider."""
        return self.prefix + lane

    def consumer(
        self,
        *,
        group: str | None = None,
        holding: Sequence[bytes] | None = None,
        committed: bool = True,
        **options: Any,
    ) -> AIOKafkaConsumer:
        """A read-committed consumer that never commits by itself and never jumps to another offset by itself.

        `holding`: only records that hold one of these words are wanted; whole batches of others are passed over.
        `committed` false: one that sees open transactions too.
        """
        return _Consumer(
            bootstrap_servers=self.bootstrap,
            client_id=self.client_id,
            group_id=group,
            key_deserializer=None if holding is None else fetched.Holding(tuple(holding)),
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed" if committed else "read_uncommitted",
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=8_000,
            heartbeat_interval_ms=1_500,
            max_poll_interval_ms=60_000,
            fetch_max_wait_ms=options.pop("fetch_max_wait_ms", 250),
            max_partition_fetch_bytes=options.pop("max_partition_fetch_bytes", 1 << 20),
            check_crcs=False,
            retry_backoff_ms=50,
            **options,
        )

    def producer(
        self, *, transactional_id: str | None = None, transaction_timeout_s: float = TRANSACTION_TIMEOUT_S
    ) -> AIOKafkaProducer:
        """An idempotent producer whose records are durable when they are acknowledged.

        A transaction of one that died is aborted by the broker after `transaction_timeout_s`.
        """
        return _Producer(
            bootstrap_servers=self.bootstrap,
            client_id=self.client_id,
            acks="all",
            enable_idempotence=True,
            transactional_id=None if transactional_id is None else self.prefix + transactional_id,
            transaction_timeout_ms=round(transaction_timeout_s * 1000),
            linger_ms=0,
            max_batch_size=MAX_BATCH_BYTES,
            max_request_size=8 * MAX_BATCH_BYTES,
            request_timeout_ms=20_000,
            retry_backoff_ms=10,
        )

    def admin(self) -> AIOKafkaAdminClient:
        """A client for topics and groups."""
        return AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, client_id=self.client_id)


async def close_producer(producer: Any, within_s: float) -> str | None:
    """Stop a producer and close its connections, also when it was fenced: then aiokafka's own `stop` raises half-way.

    Returns what kept it from an orderly end, if anything did.
    """
    try:
        async with asyncio.timeout(within_s):
            await producer.stop()
    except (KafkaError, IllegalOperation, TimeoutError) as wrong:
        await producer.client.close()
        return repr(wrong)
    return None
