"""A station's twin lived in memory: given links and frames, when one more comes, then these events.

Every output goes through its JSON as it would through the log, and after each step the twin must equal the fold of
all events so far and its own snapshot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from volt_contracts import codec
from volt_contracts.envelope import Envelope, Header
from volt_contracts.fact import Fact
from volt_contracts.gateway import (
    NO_PAYLOAD,
    CallReport,
    Decision,
    Exchange,
    LinkAlive,
    LinkBack,
    LinkClosed,
    LinkOpened,
    LinkSilent,
    SchemaViolation,
    SendCall,
)
from volt_contracts.message import Actor, Command, Event
from volt_contracts.station import StationProfile
from volt_contracts.topics import GATEWAY_FRAMES, STATION_COMMANDS, STATION_EVENTS, STATION_PROFILES, Topic
from volt_eventlog.decider import Decider, Output, Record
from volt_eventlog.fold import Kept, SnapshotCodec
from volt_eventlog.message import Message, Tick
from volt_station.decider import STATION
from volt_station.domain.state import Station
from volt_testkit.deciding import outputs_of

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = "demo/3f8a1c52-7f0e-5d1c-9a55-0a7b6f0d2c11"
OPERATOR = Actor(kind="operator", id="anna")
SNAPSHOTS = SnapshotCodec(STATION)

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Rows:
    """Public rows as a table."""

    rows: Mapping[tuple[str, str], msgspec.Struct] = field(default_factory=dict)

    def get(self, topic: Topic, key: str) -> Any | None:
        """The row, or None."""
        return self.rows.get((topic.name, key))


@dataclass(frozen=True)
class Then:
    """The outputs of one step."""

    outputs: list[Output]

    @property
    def events(self) -> list[Any]:
        """The station's events, in order."""
        return [output for output in self.outputs if isinstance(output, Event)]

    @property
    def records(self) -> list[Record]:
        """What goes to other topics, in order."""
        return [output for output in self.outputs if isinstance(output, Record)]

    def to(self, topic: Topic) -> list[Any]:
        """The bodies of the records of one topic."""
        return [record.body for record in self.records if record.topic is topic]

    def only(self, kind: type[E]) -> E:
        """The one event of this type."""
        found = [event for event in self.events if isinstance(event, kind)]
        assert len(found) == 1, f"{len(found)} {kind.__name__} in {self.names}"
        return found[0]

    def has(self, kind: type[Event]) -> bool:
        """Whether there is an event of this type."""
        return any(isinstance(event, kind) for event in self.events)

    @property
    def names(self) -> list[str]:
        """The types of the events, in order."""
        return [type(event).__name__ for event in self.events]


@dataclass
class Story:
    """One station. Times go on only when told to."""

    protocol: str = "ocpp1.6"
    decider: Decider = STATION
    tables: Rows = field(default_factory=Rows)
    now: datetime = START
    state: Station | None = None
    events: list[Event] = field(default_factory=list)
    link_id: str = ""
    link_seq: int = -1
    offset: int = 100
    sent: int = 0
    past: list[Message | Tick] = field(default_factory=list)
    handed_over: list[SendCall] = field(default_factory=list)

    def wait(self, **delta: float) -> "Story":
        """Time goes by: `wait(minutes=5)`."""
        self.now += timedelta(**delta)
        return self

    def stamp(self, **ago: float) -> str:
        """A timestamp of the station's clock, so long ago."""
        return (self.now - timedelta(**ago)).isoformat().replace("+00:00", "Z")

    # What the gateway says.

    def link(self, link_id: str = "link-1", *, known: bool = True) -> Then:
        """The station opens a link; later frames come on it."""
        then = self.frame(
            LinkOpened(
                link_id=link_id,
                gateway_id="gateway/0",
                identity="CP-1",
                protocol=self.protocol,
                path="/demo/CP-1",
                remote_address="192.0.2.7",
                known=known,
                security_profile=1,
                opened_at=self.now,
            )
        )
        self.link_id, self.link_seq = link_id, self.offset
        return then

    def call(
        self,
        action: str,
        payload: object,
        *,
        decision: Decision | None = None,
        refs: Mapping[str, str] | None = None,
        error: str | None = None,
        answer: object = None,
        violations: tuple[SchemaViolation, ...] = (),
        raw: bytes | None = None,
    ) -> Then:
        """A call of the station that was answered."""
        self.sent += 1
        return self.frame(
            Exchange(
                link_id=self.link_id,
                link_seq=self.link_seq,
                protocol=self.protocol,
                message_id=f"m{self.sent}",
                action=action,
                call=msgspec.Raw(msgspec.json.encode(payload) if raw is None else raw),
                answer=NO_PAYLOAD if answer is None else msgspec.Raw(msgspec.json.encode(answer)),
                error=error,
                received_at=self.now,
                decision=decision,
                violations=violations,
                token_refs=dict(refs or {}),
            )
        )

    def closed(self, link_id: str | None = None) -> Then:
        """A socket is gone."""
        link = link_id or self.link_id
        return self.frame(LinkClosed(link_id=link, link_seq=self.link_seq, by="station", code=1006, at=self.now))

    def silent(self) -> Then:
        """The gateway hears nothing."""
        silent = LinkSilent(link_id=self.link_id, link_seq=self.link_seq, silent_since=self.now, at=self.now)
        return self.frame(silent)

    def back(self) -> Then:
        """The gateway hears it again."""
        return self.frame(LinkBack(link_id=self.link_id, link_seq=self.link_seq, at=self.now))

    def alive(self) -> Then:
        """The link is still open."""
        return self.frame(LinkAlive(link_id=self.link_id, link_seq=self.link_seq, at=self.now))

    def report(self, call: SendCall, report: str, answer: object = None, error: str | None = None) -> Then:
        """How a call to the station went."""
        return self.frame(
            CallReport(
                link_id=self.link_id,
                link_seq=self.link_seq,
                command_id=call.command_id,
                message_id=call.message_id,
                protocol=call.protocol,
                action=call.action,
                report=report,  # type: ignore[arg-type]
                call=call.payload,
                answer=NO_PAYLOAD if answer is None else msgspec.Raw(msgspec.json.encode(answer)),
                error=error,
                sent_at=self.now,
                at=self.now,
            )
        )

    def frame(self, body: Event) -> Then:
        """Any record of `gateway.frames`."""
        return self.step(self.message(GATEWAY_FRAMES, body))

    def command(self, command: Command, id: str | None = None) -> Then:
        """A command for the station."""
        return self.step(self.message(STATION_COMMANDS, command, id=id))

    def message(self, topic: Topic, body: Any, id: str | None = None) -> Message:
        """A record as it is read from its topic."""
        self.offset += 1
        record_id = id or f"{topic.name}-{self.offset}"
        envelope = Envelope(id=record_id, type=codec.type_name(type(body)), source="/test", subject=KEY, time=self.now)
        read = through_json(topic, body)
        return Message(topic, KEY, read, envelope, 3, self.offset, self.now, STATION.lane)

    def tick(self, last_input_at: datetime | None = None) -> Then:
        """The deadline of the twin has come, if it has one by now."""
        deadline = None if self.state is None else self.decider.deadline(self.state, last_input_at or self.now)
        if deadline is None or deadline.at > self.now:
            return Then([])
        return self.step(Tick(KEY, deadline.name, deadline.at, self.now, STATION.lane))

    def step(self, message: Message | Tick) -> Then:
        """Decide, fold, and check that what was decided on is what was folded."""
        self.past.append(message)
        outputs = [read_back(output) for output in outputs_of(self.decider, self.state, message, self.tables)]
        for output in outputs:
            if isinstance(output, Event):
                self.events.append(output)
                self.state = self.decider.evolve(self.state, output)
            elif isinstance(output.body, SendCall):
                self.handed_over.append(output.body)
        assert self.state == fold(self.events)
        assert self.state == restored(self.state)
        return Then(outputs)

    @property
    def twin(self) -> Station:
        """The state; there is one once anything happened."""
        assert self.state is not None
        return self.state

    @property
    def profile(self) -> StationProfile:
        """The public row as its readers get it."""
        row = self.decider.public(KEY, self.state)[STATION_PROFILES]
        assert isinstance(row, StationProfile)
        profile: StationProfile = through_json(STATION_PROFILES, row)
        return profile


def through_json(topic: Topic, message: msgspec.Struct) -> Any:
    """The message after it was written and read."""
    return codec.decode(topic, codec.type_name(type(message)), codec.encode(message))


def read_back(output: Output) -> Output:
    """An output as its readers get it."""
    if isinstance(output, Record):
        body = None if output.body is None else through_json(output.topic, output.body)
        return Record(output.topic, output.key, body, output.headers)
    event: Event = through_json(STATION_EVENTS, output)
    return event


def fold(events: Sequence[Event]) -> Station | None:
    """The twin from its events alone."""
    state: Station | None = None
    for event in events:
        state = STATION.evolve(state, event)
    return state


def restored(state: Station | None) -> Station | None:
    """The twin after a snapshot was written and read."""
    value = SNAPSHOTS.encode(Kept(state))
    return None if value is None else SNAPSHOTS.decode(value).state


def header(record: Record, name: str) -> bytes | None:
    """One header of a record."""
    headers: dict[str, bytes] = dict(record.headers)
    return headers.get(name)


def untimed(event: Event) -> Event:
    """A fact without what a repetition may change: when it was received, and on which frame."""
    if not isinstance(event, Fact):
        return event
    time = msgspec.structs.replace(event.time, received_at=START)
    return msgspec.structs.replace(event, time=time, frame=None)


__all__ = ["KEY", "OPERATOR", "START", "Header", "Rows", "Story", "Then", "fold", "header", "restored", "untimed"]
