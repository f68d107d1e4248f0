"""One station's visits lived in memory: facts go in, outputs come out, events are folded as the runner would.

Every message, event and state goes through its JSON, as it would through the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from volt_contracts import codec
from volt_contracts.envelope import Envelope
from volt_contracts.fact import FactTime, Offline
from volt_contracts.message import Command, Event
from volt_contracts.session import SessionRevised
from volt_contracts.station import (
    ChargingState,
    ConnectorStatusChanged,
    Reading,
    ReadingsTaken,
    TokenPresented,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)
from volt_contracts.topics import NETWORK_STATION_EVENTS, SESSION_COMMANDS, STATION_EVENTS, Topic
from volt_eventlog.decider import Decider, Output, Record
from volt_eventlog.fold import Kept, SnapshotCodec
from volt_eventlog.message import Message, Tick
from volt_session.decider import SESSION
from volt_session.domain.session import Ended, Finalised, Open, SessionState
from volt_testkit.deciding import outputs_of

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = "demo/st-1"
TAG, OTHER_TAG = "tag-1", "tag-2"

E = TypeVar("E", bound=Event)


def at(minutes: float) -> datetime:
    """A moment, in minutes after noon."""
    return NOON + timedelta(minutes=minutes)


@dataclass
class Rows:
    """Public rows as a table: what a decider may look up."""

    rows: dict[tuple[str, str], msgspec.Struct] = field(default_factory=dict)

    def get(self, topic: Topic, key: str) -> Any | None:
        """The row, or None."""
        return self.rows.get((topic.name, key))

    def put(self, topic: Topic, key: str, row: msgspec.Struct) -> None:
        """The row is there from now on."""
        self.rows[(topic.name, key)] = row


@dataclass
class Life:
    """One key of a decider."""

    decider: Decider
    key: str
    tables: Rows = field(default_factory=Rows)
    kept: Kept = field(default_factory=Kept)
    events: list[Event] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    records: list[tuple[str, Record]] = field(default_factory=list)
    now: datetime = NOON
    count: int = 0

    def __post_init__(self) -> None:
        self._codec = SnapshotCodec(self.decider)

    def hear(self, topic: Topic, body: msgspec.Struct, when: datetime, *, id: str | None = None) -> list[Output]:
        """A record is read; deadlines that come before it are ticked first."""
        self.pass_time(when)
        return self.decide(topic, body, when, id=id)

    def decide(self, topic: Topic, body: msgspec.Struct, when: datetime, *, id: str | None = None) -> list[Output]:
        """The same without a look at the clock."""
        self.now = max(self.now, when)
        self.count += 1
        tag = codec.type_name(type(body))
        envelope = Envelope(id=id or f"cause-{self.count}", type=tag, source="test", subject=self.key, time=self.now)
        read = codec.decode(topic, tag, codec.encode(body))
        message = Message(topic, self.key, read, envelope, 0, self.count, self.now, self.decider.lane)
        return self._run(message)

    def pass_time(self, until: datetime) -> list[Output]:
        """All deadlines up to that moment come."""
        outputs: list[Output] = []
        while (due := self.deadline()) is not None and due.at <= until:
            self.now = max(self.now, due.at)
            outputs += self._run(Tick(self.key, due.name, due.at, self.now, self.decider.lane))
            again = self.deadline()
            assert again is None or again.at > self.now, f"the deadline {due.name} does not pass"
        self.now = max(self.now, until)
        return outputs

    def deadline(self) -> Any:
        """What the key waits for."""
        return None if self.kept.state is None else self.decider.deadline(self.kept.state, self.now)

    def _run(self, message: Message | Tick) -> list[Output]:
        before = msgspec.json.encode(self.kept)
        outputs = outputs_of(self.decider, self.kept.state, message, self.tables)
        assert msgspec.json.encode(self.kept) == before, "deciding changed the state"
        for index, output in enumerate(outputs):
            if isinstance(output, Event):
                self.ids.append(message.output_id(index))
                self._fold(output)
            else:
                self.records.append((message.output_id(index), output))
        return outputs

    def _fold(self, event: Event) -> None:
        tag = codec.type_name(type(event))
        read = codec.decode(self.decider.events, tag, codec.encode(event))
        self.events.append(read)
        self.kept = Kept(self.decider.evolve(self.kept.state, read))
        stored = self._codec.encode(self.kept)
        assert (self._codec.decode(stored) if stored is not None else Kept()) == self.kept

    def replayed(self, events: Sequence[Event] | None = None) -> Any:
        """The state that folding events from nothing gives."""
        state = None
        for event in self.events if events is None else events:
            state = self.decider.evolve(state, event)
        return state

    def size(self) -> int:
        """Bytes of the snapshot."""
        return len(self._codec.encode(self.kept) or b"")

    def all(self, kind: type[E]) -> list[E]:
        """All events of one type so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def last(self, kind: type[E]) -> E:
        """The latest event of one type."""
        return self.all(kind)[-1]

    def sent(self, kind: type[Command]) -> list[Any]:
        """The bodies of the commands of one type that went out."""
        return [record.body for _, record in self.records if isinstance(record.body, kind)]


class Story(Life):
    """One station told in minutes after noon."""

    def __init__(self, tables: Rows | None = None) -> None:
        super().__init__(SESSION, KEY, tables or Rows())

    @property
    def state(self) -> SessionState:
        """The state, empty when there is none."""
        return self.kept.state or SessionState()

    @property
    def open(self) -> list[Open]:
        """The visits that go on."""
        return [visit for visit in self.state.visits if isinstance(visit, Open)]

    @property
    def over(self) -> list[Ended]:
        """The visits that have ended and may be revised."""
        return [visit for visit in self.state.visits if isinstance(visit, Ended)]

    @property
    def final(self) -> tuple[Finalised, ...]:
        """The stubs."""
        return self.state.finalised

    def fact(self, body: msgspec.Struct, heard: float | None = None, *, id: str | None = None) -> list[Output]:
        """A fact of the station, heard at that minute (else at the fact's own time)."""
        when = at(heard) if heard is not None else body.time.at  # type: ignore[attr-defined]
        return self.hear(STATION_EVENTS, body, when, id=id)

    def decide_quickly(self, body: msgspec.Struct) -> None:
        """The same as `fact`, without the checks of encodings: for long stories."""
        self.count += 1
        tag = codec.type_name(type(body))
        envelope = Envelope(id=f"cause-{self.count}", type=tag, source="test", subject=self.key, time=self.now)
        message = Message(STATION_EVENTS, self.key, body, envelope, 0, self.count, self.now, self.decider.lane)
        for output in outputs_of(self.decider, self.kept.state, message, self.tables):
            if isinstance(output, Event):
                self.events.append(output)
                self.kept = Kept(self.decider.evolve(self.kept.state, output))

    def network(self, body: msgspec.Struct, minute: float) -> list[Output]:
        """A fact of the network."""
        return self.hear(NETWORK_STATION_EVENTS, body, at(minute))

    def command(self, body: Command, minute: float, *, id: str | None = None) -> list[Output]:
        """A command to the session."""
        return self.hear(SESSION_COMMANDS, body, at(minute), id=id)


def time(minute: float, heard: float | None = None, offline: Offline = "no") -> FactTime:
    """The times of a fact."""
    return FactTime(at=at(minute), received_at=at(minute if heard is None else heard), offline=offline)


STATUSES: Mapping[str, tuple[Any, ChargingState | None]] = {
    "Available": ("Available", None),
    "Preparing": ("Occupied", "EVConnected"),
    "Charging": ("Occupied", "Charging"),
    "SuspendedEV": ("Occupied", "SuspendedEV"),
    "SuspendedEVSE": ("Occupied", "SuspendedEVSE"),
    "Finishing": ("Occupied", "EVConnected"),
    "Occupied": ("Occupied", None),
    "Reserved": ("Reserved", None),
    "Faulted": ("Faulted", None),
    "Unavailable": ("Unavailable", None),
}


def status(
    minute: float, word: str, evse: int = 1, connector: int = 1, live: bool = True, resumed: bool = False
) -> ConnectorStatusChanged:
    """StatusNotification, in the words of 1.6 (`Occupied` is that of 2.x)."""
    neutral, charging_state = STATUSES[word]
    return ConnectorStatusChanged(
        time=time(minute, offline="no" if live else "inferred"),
        evse=evse,
        connector=connector,
        status=neutral,
        status_as_sent=word,
        charging_state=charging_state,
        live=live,
        resumed=resumed,
    )


def started(minute: float, uid: str = "tx-1", register: int | None = 1000, **said: Any) -> TransactionStarted:
    """A transaction begins, on an accepted card unless something else is said."""
    offline: Offline = said.pop("offline", "no")
    defaults: dict[str, Any] = {
        "time": time(minute, offline=offline),
        "transaction_uid": uid,
        "protocol_id": said.pop("protocol_id", "7"),
        "hardware_epoch": 0,
        "evse": 1,
        "connector": 1,
        "token_ref": TAG,
        "verdict": "Accepted",
        "verdict_source": "authorizations",
        "register_wh": None if register is None else Decimal(register),
    }
    return TransactionStarted(**{**defaults, **said})


def updated(minute: float, uid: str = "tx-1", **said: Any) -> TransactionUpdated:
    """Something about it changed."""
    offline: Offline = said.pop("offline", "no")
    return TransactionUpdated(time=time(minute, offline=offline), transaction_uid=uid, **said)


def ended(minute: float, uid: str = "tx-1", register: int | None = 9000, **said: Any) -> TransactionEnded:
    """It is over."""
    offline: Offline = said.pop("offline", "no")
    defaults: dict[str, Any] = {
        "time": time(minute, offline=offline),
        "transaction_uid": uid,
        "protocol_id": "7",
        "evse": 1,
        "connector": 1,
        "register_wh": None if register is None else Decimal(register),
        "reason": "Local",
    }
    return TransactionEnded(**{**defaults, **said})


def metered(*samples: tuple[float, int | str | None], uid: str | None = "tx-1", **said: Any) -> ReadingsTaken:
    """Readings: (minute, register in Wh)."""
    readings = tuple(
        Reading(at=at(minute), register_wh=None if register is None else Decimal(register))
        for minute, register in samples
    )
    offline: Offline = said.pop("offline", "no")
    return ReadingsTaken(
        time=time(samples[-1][0], offline=offline), evse=said.pop("evse", 1), connector=1, transaction_uid=uid,
        readings=readings, **said,
    )  # fmt: skip


def presented(minute: float, token_ref: str = TAG) -> TokenPresented:
    """A token is held up."""
    return TokenPresented(time=time(minute), token_ref=token_ref, verdict="Accepted", verdict_source="authorizations")


def changed(revised: SessionRevised) -> dict[str, tuple[object, object]]:
    """What a revision says: field → (before, after)."""
    return {
        name: (msgspec.json.decode(revised.before[name]), msgspec.json.decode(after))
        for name, after in revised.after.items()
    }
