"""What is kept of a station's visits between two facts.

A visit is open, ended (provisionally) or finalised; a transaction of it runs or has stopped; a command awaits its
outcome or has one. Everything here is the fold of `session.events` and of nothing else.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from volt_contracts.message import Actor, OutcomeWord
from volt_contracts.station import ChargingState, SuspendedBy

ClosedBy = Literal["station", "timer", "operator"]
SUSPENDED_BY: Mapping[ChargingState, SuspendedBy] = {"SuspendedEV": "ev", "SuspendedEVSE": "evse"}


class Point(msgspec.Struct, frozen=True, array_like=True):
    """What the register of a transaction's meter showed at one moment."""

    at: datetime
    register_wh: Decimal


class Change(msgspec.Struct, frozen=True, array_like=True):
    """The charging state from this moment on."""

    at: datetime
    charging_state: ChargingState


class Transaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A transaction of a visit, with its registers and the token that it runs on."""

    uid: str
    protocol_id: str
    hardware_epoch: int = 0
    started_at: datetime
    adopted: bool = False
    """Its start is not on record."""
    start_wh: Decimal | None = None
    low: Point | None = None
    """The lowest register and the latest moment at which it was shown: energy began to flow there."""
    high: Point | None = None
    """The highest register and the first moment at which it was shown: energy ceased to flow there."""
    points: tuple[Point, ...] = ()
    """The first and the last reading of every stretch between quarter hours and changes of the charging state."""
    token_ref: str | None = None
    authorized_at: datetime | None = None
    refused: bool = False
    stop_after: datetime | None = None
    """When it is told to stop if it still charges then; None as well once it was told."""


class Running(Transaction, frozen=True, kw_only=True, omit_defaults=True, tag="running"):
    """No stop of it is on record."""


class Stopped(Transaction, frozen=True, kw_only=True, omit_defaults=True, tag="stopped"):
    """It is over. `missing` holds what the station's twin misses of it, such as `seq:4`."""

    ended_at: datetime
    stop_register_known: bool = False
    reason: str | None = None
    stop_token_ref: str | None = None
    missing: tuple[str, ...] = ()
    status_until: datetime | None = None
    """Where its end is not of our time: until when a status may come that says whether the car is still there."""


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From plug to unplug at one EVSE."""

    session_id: str
    evse: int
    connector: int
    started_at: datetime
    plugged_at: datetime | None = None
    """Only the connector's status says this: without it nobody will say either that the car has left."""
    unplugged_at: datetime | None = None
    freed_at: datetime | None = None
    """Since when the connector says that the car has left, whatever its transaction has said since."""
    stop_until: datetime | None = None
    """Where the car left at a time that is not ours: until when the stop of its transaction is waited for."""
    network_version: int = 0
    resumed: bool = False
    """The car was there already when the station's link came back."""
    session_register: bool = False
    """The meter counts each transaction from zero."""
    transactions: tuple[Running | Stopped, ...] = ()
    changes: tuple[Change, ...] = ()
    loose: tuple[Point, ...] = ()
    """Readings before the first transaction, kept until one claims them."""
    suspect: tuple[str, ...] = ()
    revision: int = 0


class Open(Visit, frozen=True, kw_only=True, omit_defaults=True, tag="open"):
    """It goes on. With `unplugged_at` the car has left while a transaction has no stop on record."""


class Ended(Visit, frozen=True, kw_only=True, omit_defaults=True, tag="ended"):
    """It is over, provisionally: later facts revise it until `finalise_at`."""

    ended_at: datetime
    finalise_at: datetime


class Finalised(msgspec.Struct, frozen=True, array_like=True):
    """All that is kept of a finalised visit, so that a late fact can be told from an unknown one."""

    session_id: str
    ended_at: datetime
    transactions: tuple[str, ...]


class Pending(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="pending"):
    """A command that was passed on to the station."""

    command_id: str
    station_command_id: str
    command: str
    until: datetime
    session_id: str | None = None
    remote_start_id: int | None = None
    token_ref: str | None = None
    evse: int | None = None
    actor: Actor | None = None


class Done(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="done"):
    """A command that has its outcome; said again, field by field, when the same command comes again."""

    command_id: str
    command: str
    outcome: OutcomeWord
    at: datetime
    station_command_id: str | None = None
    sentence: str | None = None
    status: str | None = None
    session_id: str | None = None
    remote_start_id: int | None = None
    token_ref: str | None = None
    evse: int | None = None
    actor: Actor | None = None


class Presented(msgspec.Struct, frozen=True, array_like=True):
    """A token that was presented a moment ago; for which visit, the next start says."""

    token_ref: str
    at: datetime


class SessionState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All visits of one station that are not finalised, and what little is kept of the others."""

    visits: tuple[Open | Ended, ...] = ()
    finalised: tuple[Finalised, ...] = ()
    commands: tuple[Pending | Done, ...] = ()
    presented: tuple[Presented, ...] = ()
    hardware_epoch: int = 0
    """As the latest transaction said it."""


NOTHING = SessionState()


def transaction_of(state: SessionState, uid: str) -> tuple[Open | Ended, Running | Stopped] | None:
    """The transaction with this uid and the visit that it belongs to."""
    for visit in reversed(state.visits):
        for transaction in visit.transactions:
            if transaction.uid == uid:
                return visit, transaction
    return None


def visit_of(state: SessionState, session_id: str) -> Open | Ended | None:
    """The visit with this id, unless it is finalised."""
    for visit in state.visits:
        if visit.session_id == session_id:
            return visit
    return None


def finalised_with(state: SessionState, uid: str) -> Finalised | None:
    """The finalised visit that a transaction belonged to."""
    return next((stub for stub in state.finalised if uid in stub.transactions), None)


def running(visit: Visit) -> tuple[Running, ...]:
    """The transactions of a visit that have no stop on record."""
    return tuple(transaction for transaction in visit.transactions if isinstance(transaction, Running))


def at_evse(state: SessionState, evse: int) -> list[Open | Ended]:
    """The visits of an EVSE in the order of their start."""
    return sorted((visit for visit in state.visits if visit.evse == evse), key=lambda visit: visit.started_at)


def current(state: SessionState, evse: int) -> Open | None:
    """The visit that goes on at an EVSE: the latest one, unless it has ended. Earlier ones are of the past."""
    visits = at_evse(state, evse)
    latest = visits[-1] if visits else None
    return latest if isinstance(latest, Open) else None


def next_begin(state: SessionState, visit: Visit) -> datetime | None:
    """When the next visit began at the same EVSE; none follows while the EVSE is not known."""
    if visit.evse == 0:
        return None
    visits = at_evse(state, visit.evse)
    place = [other.session_id for other in visits].index(visit.session_id)
    return visits[place + 1].started_at if place + 1 < len(visits) else None
