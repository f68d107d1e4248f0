"""The fold: what each event changes in the twin. Total: whatever the event, it never raises and reads no clock."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from volt_contracts.fact import Fact, FactTime
from volt_contracts.station import (
    Booted,
    CommandFinished,
    CommandProgressed,
    CommandSent,
    ConnectorStatusChanged,
    HardwareChanged,
    LinkLost,
    LinkUp,
    ReadingsAttributed,
    ReadingsTaken,
    RegistrationChanged,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)
from volt_station.domain import evolve_commands, evolve_transactions, lag, marks
from volt_station.domain.limits import CONNECTORS, EVSES, LATE_AFTER, SETTLED_AFTER, WAITING
from volt_station.domain.state import (
    EMPTY,
    NO_EVSE,
    Connected,
    Connector,
    Disconnected,
    Evse,
    Hardware,
    Line,
    Link,
    Silent,
    Station,
    Unseen,
    Waiting,
)

_STALE = timedelta(hours=1)
_ON_ITS_WAY = timedelta(seconds=5)
"""A link that was silent is up again with the frame that ends the silence, which was made a little earlier."""


def evolve(state: Station | None, event: Any) -> Station:
    """The twin after one more event; events that change nothing leave the very same object."""
    before = EMPTY if state is None else state
    fold = _FOLDS.get(type(event))
    if fold is None:
        return before
    after = fold(before, event)
    if type(event) in _TIMED:
        return _clocked(_caught_up(after, event) if type(event) in _IN_ORDER else after, event.time)
    return after


def _caught_up(state: Station, event: TransactionStarted | TransactionEnded) -> Station:
    """After a start or an end that was made on the link it came on, nothing from before that link is to come."""
    link, time = state.link, event.time
    if not isinstance(link, Connected) or link.caught_up or not _came_on(link, event):
        return state
    since_open = time.received_at - time.at <= LATE_AFTER and time.at > link.line.opened_at - _ON_ITS_WAY
    in_time = time.clock == "good" and time.offline == "no" and since_open
    return replace(state, link=replace(link, caught_up=True)) if in_time else state


def _came_on(link: Connected, event: Fact) -> bool:
    """Whether the frame of this event came on that link."""
    return event.frame is not None and event.frame.link_id == link.line.link_id


def _clocked(state: Station, time: FactTime) -> Station:
    """What a fact with a time of the station's shows of its clock; of a good one there is nothing to keep."""
    known = state.lag
    if known is None and time.clock == "good" and time.offline == "no":
        return state
    shown = lag.heard(known, time)
    return state if shown is known else replace(state, lag=shown)


def _link_up(state: Station, event: LinkUp) -> Station:
    line = Line(
        link_id=event.link_id,
        link_seq=event.link_seq,
        gateway_id=event.gateway_id,
        identity=event.identity,
        protocol=event.protocol,
        known=event.known,
        security_profile=event.security_profile,
        remote_address=event.remote_address,
        opened_at=event.time.at,
    )
    return replace(state, link=Connected(line))


def _link_lost(state: Station, event: LinkLost) -> Station:
    link = state.link
    if isinstance(link, Unseen | Disconnected) or link.line.link_id != event.link_id:
        return state
    if event.cause == "silent":
        return replace(state, link=Silent(link.line, told=event.frame is not None))
    return replace(state, link=Disconnected(link.line.link_id, link.line.link_seq, link.line.protocol))


def _hardware_changed(state: Station, event: HardwareChanged) -> Station:
    return replace(state, hardware=replace(state.hardware, epoch=event.hardware_epoch))


def _booted(state: Station, event: Booted) -> Station:
    known = state.hardware
    hardware = Hardware(
        epoch=event.hardware_epoch,
        vendor=event.vendor or known.vendor,
        model=event.model or known.model,
        firmware=event.firmware or known.firmware,
        serial=event.serial or known.serial,
        meter_serial=event.meter_serial or known.meter_serial,
        booted=True,
    )
    return replace(state, hardware=hardware, registration=event.registration)


def _registration_changed(state: Station, event: RegistrationChanged) -> Station:
    return replace(state, registration=event.registration)


def _with_evse(state: Station, number: int, evse: Evse) -> Station:
    if number not in state.evses and len(state.evses) >= EVSES:
        return state
    return replace(state, evses={**state.evses, number: evse})


def _status_changed(state: Station, event: ConnectorStatusChanged) -> Station:
    evse = state.evses.get(event.evse, NO_EVSE)
    connectors = evse.connectors
    if event.live and (event.connector in connectors or len(connectors) < CONNECTORS):
        connectors = {**connectors, event.connector: _told(state.link, connectors.get(event.connector), event)}
    seen = evse.seen if event.time.sent is None else marks.added(evse.seen, [marks.of_status(event)])
    waiting = evse.waiting
    if waiting and event.status == "Available":
        waiting = tuple(one for one in waiting if one.at > event.time.received_at - _STALE)
    return _with_evse(state, event.evse, Evse(connectors, seen, waiting))


def _told(link: Link, known: Connector | None, event: ConnectorStatusChanged) -> Connector:
    """A connector with its latest status."""
    time = event.time
    clocked = time.clock == "good"
    settled_at = time.at if clocked and _is_settled(link, event) else None
    return Connector(
        status=event.status,
        said=marks.of_condition(event),
        at=time.at,
        at_since=known.at_since if known is not None and known.at == time.at else time.received_at,
        heard_at=time.received_at,
        clocked=clocked,
        link_seq=-1 if event.frame is None else event.frame.link_seq,
        settled_at=settled_at or (None if known is None else known.settled_at),
    )


def _is_settled(link: Link, event: ConnectorStatusChanged | TransactionStarted) -> bool:
    """Whether what came with this event came on the present link, after all that was queued before that."""
    if not isinstance(link, Connected) or not _came_on(link, event):
        return False
    return link.caught_up or event.time.received_at - link.line.opened_at >= SETTLED_AFTER


def _readings_taken(state: Station, event: ReadingsTaken) -> Station:
    return readings_taken(state, event, marks.of_readings(event))


def readings_taken(state: Station, event: ReadingsTaken, taken: list[str]) -> Station:
    """The twin after readings with these marks, for whoever has worked them out already."""
    return _clocked(_read(state, event, taken), event.time)


def _read(state: Station, event: ReadingsTaken, taken: list[str]) -> Station:
    known = state.evses
    if event.seq_no is not None or not event.readings or (event.evse not in known and len(known) >= EVSES):
        return evolve_transactions.metered(state, event)
    evse = known.get(event.evse, NO_EVSE)
    waiting = evse.waiting
    if event.transaction_uid is None and event.frame is not None:
        waiting = (*waiting, Waiting(event.frame.id, event.time.at))[-WAITING:]
    after = Evse(evse.connectors, marks.added(evse.seen, taken), waiting)
    # One new state for both: of all events these are nine in ten.
    return replace(state, evses={**known, event.evse: after}, running=evolve_transactions.read_out(state, event))


def _readings_attributed(state: Station, event: ReadingsAttributed) -> Station:
    evse = state.evses.get(event.evse, NO_EVSE)
    waiting = tuple(one for one in evse.waiting if one.frame not in event.frames)
    return _with_evse(state, event.evse, replace(evse, waiting=waiting))


def _started(state: Station, event: TransactionStarted) -> Station:
    state = evolve_transactions.started(state, event)
    evse = state.evses.get(event.evse)
    if evse is None:
        return state
    stuck = "clock_stuck" in event.suspect or lag.shows_again(state.lag, event.time)
    if evse.seen and stuck and _is_settled(state.link, event):
        # Moment and register of a former charge may be those of this one: its readings are no repetitions.
        # Of a queue, which may come twice, they are taken for some: then only points on the way may be missing.
        evse = replace(evse, seen="")
    elif not evse.waiting:
        return state
    return _with_evse(state, event.evse, replace(evse, waiting=()))


_TIMED = frozenset({ConnectorStatusChanged, TransactionStarted, TransactionUpdated, TransactionEnded})
"""Beside readings: the facts that bear a time of the station's own."""

_IN_ORDER = frozenset({TransactionStarted, TransactionEnded})
"""What a station keeps in order while it has no link. One that had to be adopted bears the time of what came first."""

_FOLDS: dict[type, Callable[[Station, Any], Station]] = {
    LinkUp: _link_up,
    LinkLost: _link_lost,
    Booted: _booted,
    HardwareChanged: _hardware_changed,
    RegistrationChanged: _registration_changed,
    ConnectorStatusChanged: _status_changed,
    ReadingsTaken: _readings_taken,
    ReadingsAttributed: _readings_attributed,
    TransactionStarted: _started,
    TransactionUpdated: evolve_transactions.updated,
    TransactionEnded: evolve_transactions.ended,
    CommandSent: evolve_commands.sent,
    CommandProgressed: evolve_commands.progressed,
    CommandFinished: evolve_commands.finished,
}
