"""One batch of a task: messages and ticks decided in memory, on an overlay, into what one transaction will write."""

import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from volt_contracts import codec
from volt_contracts.envelope import DEADLINE, SOURCE, SUBJECT, TIME, Header, time_header
from volt_contracts.eventlog import CommandRefused, KeyCatchingUp, KeyCaughtUp, KeyParked, KeyReleased, ReleaseKey
from volt_contracts.ids import derive
from volt_contracts.message import Command, Event, Outcome
from volt_contracts.topics import Topic
from volt_eventlog.catching_up import Slice
from volt_eventlog.decider import Decided, Decider, Output, Record, Tables
from volt_eventlog.fold import NOTHING, UNFINISHED, Kept, SnapshotCodec, folded
from volt_eventlog.kafka import Kafka
from volt_eventlog.keys import Keys
from volt_eventlog.message import Deadline, Message, Tick
from volt_eventlog.partition import partition_of
from volt_eventlog.records import (
    Shared,
    Unusable,
    chain_of,
    headers_of,
    headers_with,
    message_of,
    moment,
    type_of,
)
from volt_eventlog.sizes import GROWTH, STATE_CHECK_BYTES, STATE_MAX_BYTES, check_size
from volt_eventlog.spans import BatchSpans
from volt_eventlog.transaction import Outbox

Staged = tuple[str, int, bytes, bytes | None, list[Header]]
"""Topic name, partition, key, value and headers of a record that is ready to be written."""

REBUILDING: Header = ("volt_fold", b"rebuilding")
DEAD_BYTES = 512 * 1024
DEAD_HEADER = 4096
DEAD_HEADERS = 64
"""What is kept of a record that cannot be read: a dead letter must never be too large for the broker."""


class Said(msgspec.Struct, frozen=True):
    """A body for a key, encoded once for all topics that it goes to: readings are an event, and telemetry."""

    body: msgspec.Struct | None
    key: str
    raw_key: bytes
    value: bytes | None
    shared: Shared


class StateTooLarge(Exception):
    """A key's state is over 256 KiB; the batch is done again with the key parked at its first message."""

    def __init__(self, key: str, size: int) -> None:
        super().__init__(f"the state of {key} would be {size} bytes, over {STATE_MAX_BYTES}")
        self.key = key


class Batch:
    """Works on an overlay of the committed states; nothing outside it changes before `Task` commits."""

    def __init__(
        self,
        decider: Decider,
        kafka: Kafka,
        snapshots: SnapshotCodec,
        keys: Keys,
        tables: Tables,
        partition: int,
        partitions: Mapping[str, int],
        condemned: Mapping[str, str],
        positions: dict[str, int],
    ) -> None:
        self._decider = decider
        self._kafka = kafka
        self._snapshots = snapshots
        self._keys = keys
        self._tables = tables
        self._partition = partition
        self._partitions = partitions
        self._condemned = condemned
        self._source = f"/{decider.lane}/{partition}".encode()
        self._events = kafka.name(decider.events)
        self.positions = positions
        self.outbox = Outbox()
        self.changed: dict[str, Kept] = {}
        self.sizes: dict[str, int] = {}
        """Of the changed keys' snapshots, at most, once the batch is closed."""
        self.events = 0
        self.published: list[tuple[Topic, str, bytes | None]] = []
        self.inputs: dict[str, datetime] = {}
        self.woken: set[str] = set()
        self.parked: list[tuple[str, str]] = []
        self.counts: dict[tuple[str, str], int] = {}
        self._event_bytes: dict[str, int] = {}
        self.spans = BatchSpans(decider.lane)
        self._cause: dict[str, tuple[str, datetime]] = {}

    def kept(self, key: str) -> Kept:
        """The key's state as this batch has it so far."""
        kept = self.changed.get(key)
        return kept if kept is not None else self._keys.states.get(key, NOTHING)

    def take(self, topic: Topic, record: Any) -> None:
        """Decide on one record."""
        self.positions[topic.name] = record.offset + 1
        tag = type_of(record)
        if tag in self._decider.ignores:
            self._count("ignored", tag or "")
            return
        try:
            message = message_of(topic, record, self._decider.lane)
        except Unusable as wrong:
            self._bury(topic, record, str(wrong))
            return
        self.inputs[message.key] = message.at
        self.decide(message)

    def decide(self, message: Message) -> None:
        """Decide on one message: by the decider, or by the runner where the key is parked or shall be released."""
        kept = self.kept(message.key)
        self._cause[message.key] = (message.id, message.at)
        if isinstance(message.body, ReleaseKey):
            self._release(message, kept)
        elif kept.parked is not None:
            self._skip(message, kept)
        else:
            self._run(message, kept)

    def wake(self, key: str, now: datetime) -> None:
        """Decide on the key's deadline, if after all that this batch holds it has still come."""
        self.woken.add(key)
        kept = self.kept(key)
        if kept.state is None or kept.parked is not None:
            return
        deadline = self._decider.deadline(kept.state, self.inputs.get(key) or self._keys.last_input(key))
        if deadline is not None and deadline.at <= now:
            self._tick(key, deadline, now)

    def _tick(self, key: str, deadline: Deadline, now: datetime) -> None:
        tick = Tick(key, deadline.name, deadline.at, now, self._decider.lane)
        self._cause[key] = (derive(key, tick.cause), now)
        self._run(tick, self.kept(key))

    def publish_anew(self, key: str) -> None:
        """Write all public rows of the key though nothing has happened to it."""
        for topic, row in self._keys.public(key, self.kept(key)).items():
            self.publish(topic, key, row)

    def mark_rebuilding(self, *, finished: bool) -> None:
        """Say in the state topic that it is not whole, or that it is again: a rebuild takes several transactions."""
        value = None if finished else b"{}"
        key = UNFINISHED.encode()
        self.outbox.add(self._kafka.name(self._decider.state), self._partition, key, value, [REBUILDING])

    def close(self) -> None:
        """Add the public rows of all keys that changed, and see that no state has become too large.

        Raises:
            StateTooLarge: one of them is over the limit.
        """
        for key, kept in self.changed.items():
            self.sizes[key] = self._size(key, kept)
            if key in self._cause:
                for topic, row in self._keys.unpublished(key, kept):
                    self.publish(topic, key, row)

    def _size(self, key: str, kept: Kept) -> int:
        """At most so large is the key's snapshot. To encode every state in every batch costs more than all the rest."""
        estimate = self._keys.sizes.get(key, 0) + GROWTH * self._event_bytes.get(key, 0)
        if estimate <= STATE_CHECK_BYTES:
            return estimate
        size = len(self._snapshots.encode(kept) or b"")
        # A condemned key whose state was too large before has had no message at which it could be parked.
        if size > STATE_MAX_BYTES and kept.parked is None and key not in self._condemned:
            raise StateTooLarge(key, size)
        return size

    def publish(self, topic: Topic, key: str, row: bytes | None) -> None:
        """Add one public row, or its tombstone."""
        cause, at = self._cause.get(key, (key, moment(0)))
        headers = headers_of(
            topic.types[0],
            id=derive(cause, f"{self._decider.lane}/{topic.name}"),
            source=self._source,
            subject=key.encode(),
            time=at,
            causation_id=cause,
        )
        place = partition_of(key, self._partitions[topic.name])
        self.outbox.add(self._kafka.name(topic), place, key.encode(), row, headers)
        self.published.append((topic, key, row))

    def catch_up(self, piece: Slice) -> None:
        """Decide on what a released key missed; it takes part again when nothing is left."""
        key, failures = piece.key, len(self.parked)
        for index, message in enumerate(piece.messages):
            self._cause[key] = (message.id, message.at)
            self._run(message, self.kept(key), piece.resume_from(index))
            if len(self.parked) > failures:
                return
        at = piece.messages[-1].at if piece.messages else datetime.now(UTC)
        event = KeyCaughtUp(at=at) if piece.last else KeyCatchingUp(resume_at=piece.resume_at, at=at)
        cause = derive(key, f"{self._decider.lane}/caught up/{sorted(piece.resume_at.items())}")
        kept = self.kept(key)
        marked = Record(self._decider.events, key, event, ((DEADLINE, b"caught up"),))
        self._stage(key, kept, folded(self._decider, kept, event), [self._own(marked, cause, at)])

    def _run(self, message: Message | Tick, kept: Kept, resume: dict[str, int] | None = None) -> None:
        key = message.key
        self.spans.begin(message)
        try:  # whatever a decider raises parks its key and is written into the event
            if key in self._condemned:
                raise RuntimeError(self._condemned[key])
            after, staged = self._decided(message, kept)
        except Exception as failure:
            self._park(message, kept, failure, resume)
            return
        self._stage(key, kept, after, staged)
        self._count("handled", "tick" if isinstance(message, Tick) else message.envelope.type)

    def _decided(self, message: Message | Tick, kept: Kept) -> tuple[Kept, list[Staged]]:
        decided = self._decider.decide(kept.state, message, self._tables)
        if not isinstance(decided, Decided):
            return self._staged(message, kept, decided)
        staged = self._written(message, decided.outputs)
        if any(isinstance(output, Event) for output in decided.outputs):
            kept = Kept(decided.state, kept.parked)
        return kept, staged

    def _staged(self, message: Message | Tick, kept: Kept, outputs: Sequence[Output]) -> tuple[Kept, list[Staged]]:
        for output in outputs:
            if isinstance(output, Event):
                kept = folded(self._decider, kept, output)
        return kept, self._written(message, outputs)

    def _written(self, message: Message | Tick, outputs: Sequence[Output]) -> list[Staged]:
        staged: list[Staged] = []
        said: Said | None = None
        for index, output in enumerate(outputs):
            record = Record(self._decider.events, message.key, output) if isinstance(output, Event) else output
            if said is None or said.body is not record.body or said.key != record.key:
                said = self._said(message, record, said)
            staged.append(self._encoded(message, said, record, index))
        return staged

    def _stage(self, key: str, before: Kept, after: Kept, staged: list[Staged]) -> None:
        for entry in staged:
            self.outbox.add(*entry)
            if entry[0] == self._events:
                self.events += 1
                self._event_bytes[key] = self._event_bytes.get(key, 0) + len(entry[3] or b"")
        if after is not before:
            self.changed[key] = after

    def _said(self, message: Message | Tick, record: Record, before: Said | None) -> Said:
        """A record's body encoded, and what its headers share with those of all records that say the same."""
        cause, correlation, at = _origin(message)
        body, key = record.body, record.key.encode()
        shared = Shared(
            source=(SOURCE, self._source),
            subject=(SUBJECT, key),
            time=(TIME, time_header(time_of(body, at))),
            chain=chain_of(cause, correlation) if before is None else before.shared.chain,
        )
        return Said(body, record.key, key, None if body is None else codec.encode(body), shared)

    def _encoded(self, message: Message | Tick, said: Said, record: Record, index: int) -> Staged:
        topic, body = record.topic, record.body
        output_id, command_id = self._ids(message, body, index)
        headers = headers_with(
            said.shared,
            topic.types[0] if body is None else type(body),
            output_id,
            command_id,
            self.spans.traceparent(topic.name),
            record.headers if isinstance(message, Message) else (*record.headers, _deadline(message)),
        )
        check_size(topic.name, said.raw_key, said.value, headers)
        place = self._partition if topic is self._decider.events else self._place(topic, record.key)
        return self._kafka.name(topic), place, said.raw_key, said.value, headers

    def _ids(self, message: Message | Tick, body: msgspec.Struct | None, index: int) -> tuple[str, str | None]:
        """The output's own id, and the id of the command that it is or whose outcome it is."""
        if isinstance(body, Outcome):
            return derive(body.command_id, f"{self._decider.lane}/outcome"), body.command_id
        output_id = message.output_id(index)
        return output_id, output_id if isinstance(body, Command) else None

    def _place(self, topic: Topic, key: str) -> int:
        return partition_of(key, self._partitions[topic.name])

    def _park(self, message: Message | Tick, kept: Kept, failure: Exception, resume: dict[str, int] | None) -> None:
        cause, _, at = _origin(message)
        if resume is None:
            resume = dict(self.positions)
            if isinstance(message, Message):
                resume[message.topic.name] = message.offset
        what = "".join(traceback.format_exception(failure))[-2000:]
        event = KeyParked(cause=cause, error=what, message_type=_type(message), resume_at=resume, at=at)
        self.parked.append((message.key, what))
        # Not an id by index: after a release the same message is decided again and its outputs bear those.
        own_id = derive(cause, f"{self._decider.lane}/parked/{sorted(self.positions.items())}")
        extra = () if isinstance(message, Message) else (_deadline(message),)
        after = folded(self._decider, kept, event)
        record = Record(self._decider.events, message.key, event, extra)
        self._stage(message.key, kept, after, [self._own(record, own_id, at, cause)])
        if isinstance(message, Message) and isinstance(message.body, Command):
            self._refuse(message, after, "this key is parked after a failure; it has to be released first")

    def _skip(self, message: Message, kept: Kept) -> None:
        self._count("parked", message.envelope.type)
        if isinstance(message.body, Command):
            self._refuse(message, kept, "this key is parked after a failure; it has to be released first")

    def _refuse(self, message: Message, kept: Kept, sentence: str) -> None:
        outcome = CommandRefused(
            command_id=message.id, outcome="rejected", sentence=sentence, actor=message.body.actor.text, at=message.at
        )
        after, staged = self._staged(message, kept, [outcome])
        self._stage(message.key, kept, after, staged)

    def _release(self, message: Message, kept: Kept) -> None:
        if kept.parked is None:
            self._refuse(message, kept, "this key is not parked")
            return
        body: ReleaseKey = message.body
        released = KeyReleased(actor=body.actor.text, at=message.at)
        done = CommandRefused(command_id=message.id, outcome="accepted", actor=body.actor.text, at=message.at)
        after, staged = self._staged(message, kept, [released, done])
        self._stage(message.key, kept, after, staged)

    def _own(self, record: Record, own_id: str, at: datetime, cause: str | None = None) -> Staged:
        """A runner's own event."""
        assert record.body is not None
        headers = headers_of(
            type(record.body),
            id=own_id,
            source=self._source,
            subject=record.key.encode(),
            time=at,
            causation_id=cause,
            extra=record.headers,
        )
        topic = self._kafka.name(record.topic)
        return topic, self._partition, record.key.encode(), codec.encode(record.body), headers

    def _bury(self, topic: Topic, record: Any, why: str) -> None:
        place = f"{record.topic}-{record.partition}@{record.offset}"
        headers: list[Header] = [("volt_error", why[:2000].encode()), ("volt_position", place.encode())]
        headers += [(name, value) for name, value in record.headers if value is not None and len(value) <= DEAD_HEADER]
        value = record.value
        if value is not None and len(value) > DEAD_BYTES:
            headers.append(("volt_cut", str(len(value)).encode()))
            value = value[:DEAD_BYTES]
        key = (record.key or b"-")[:DEAD_HEADER]
        self.outbox.add(self._kafka.name(self._decider.dead), 0, key, value, headers[:DEAD_HEADERS])
        self._count("dead", type_of(record) or "unknown")

    def _count(self, what: str, tag: str) -> None:
        self.counts[(what, tag)] = self.counts.get((what, tag), 0) + 1


def _origin(message: Message | Tick) -> tuple[str, str | None, datetime]:
    if isinstance(message, Tick):
        cause = derive(message.key, message.cause)
        return cause, cause, message.at
    return message.id, message.envelope.correlation_id or message.id, message.at


def _deadline(tick: Tick) -> Header:
    """Says that no record caused this, but time: the deadline's name and the time it was given."""
    return DEADLINE, f"{tick.name}@{tick.at.isoformat()}".encode()


def _type(message: Message | Tick) -> str:
    return f"tick {message.name}" if isinstance(message, Tick) else message.envelope.type


def time_of(body: Any, otherwise: datetime) -> datetime:
    """When a fact happened: its own time where it has one."""
    fact_time = getattr(body, "time", None)
    if fact_time is not None:
        at: datetime = fact_time.at
        return at
    own = getattr(body, "at", None)
    return own if isinstance(own, datetime) else otherwise
