"""Which transaction a message belongs to, when it names none, a wrong one, or one that nobody knows."""

from collections.abc import Iterable
from datetime import datetime

from volt_contracts.fact import FactTime
from volt_station.domain import marks
from volt_station.domain.heard import Stop
from volt_station.domain.limits import AFTER_END
from volt_station.domain.state import Ended, Running, Station


def by_protocol_id(state: Station, protocol_id: str) -> Running | Ended | None:
    """The latest start that bears the id. A running one is preferred: 31 bits do collide."""
    for running in reversed(state.running.values()):
        if running.protocol_id == protocol_id:
            return running
    for stub in reversed(state.ended):
        if stub.protocol_id == protocol_id:
            return stub
    return None


def by_window(state: Station, evse: int, time: FactTime) -> str | None:
    """The uid of the transaction that ran on the EVSE at that time, or had just ended then.

    EVSE 0 is the station's main meter, and also stands for an EVSE that is not known: nothing is attributed to it.
    """
    if evse <= 0:
        return None
    timed = time.clock != "unset"
    for running in reversed(state.running.values()):
        if running.evse == evse and not (timed and running.clocked and time.at < running.started_at):
            return running.uid
    if not timed:
        return None
    for stub in reversed(state.ended):
        if stub.evse == evse and stub.started_at <= time.at <= stub.ended_at + AFTER_END:
            return stub.uid
    return None


def of_stop(state: Station, stop: Stop) -> Running | Ended | None:
    """The transaction that a 1.6 stop ends, or has ended already (then the stop is a repetition, or a second one)."""
    named = None if stop.protocol_id is None else by_protocol_id(state, stop.protocol_id)
    meant = named or _unnamed(state, stop)
    repeated = _repeated(state.ended, stop, None if named is None else stop.protocol_id)
    if repeated is None:
        return meant
    return meant if _began_since(meant, repeated) and stop.time.clock == "unset" else repeated


def _repeated(stubs: Iterable[Ended], stop: Stop, protocol_id: str | None) -> Ended | None:
    """The stub that such a stop has made; of a transaction with this id, if the id is one that is known."""
    mark = stop_mark(stop)
    return next((stub for stub in stubs if stub.stop == mark and protocol_id in (None, stub.protocol_id)), None)


def _began_since(meant: Running | Ended | None, repeated: Ended) -> bool:
    """A station repeats a stop before it sends another start: what began since is ended by a stop of its own."""
    return isinstance(meant, Running) and meant.started_at > repeated.noted_at


def _unnamed(state: Station, stop: Stop) -> Running | None:
    """The one open transaction that can be meant, by time, token and register. Rather none than a wrong one."""
    meant = [running for running in state.running.values() if _can_end(running, stop)]
    if len(meant) > 1 and stop.token_ref is not None:
        meant = [running for running in meant if running.token_ref == stop.token_ref]
    if len(meant) > 1:
        meant = [running for running in meant if _fits_register(running, stop)]
    return meant[0] if len(meant) == 1 else None


def _can_end(running: Running, stop: Stop) -> bool:
    timed = stop.time.clock != "unset" and running.clocked
    if timed and running.started_at > stop.time.at:
        return stop.time.clock != "good" and _fits_for_sure(running, stop)
    same_token = stop.token_ref is None or stop.token_ref == running.token_ref
    return same_token or _fits_register(running, stop)


def _fits_for_sure(running: Running, stop: Stop) -> bool:
    """Whether token and register say so although the time does not: the clock was set back in between."""
    known = stop.token_ref is not None and stop.register_wh is not None and running.register_wh is not None
    return known and stop.token_ref == running.token_ref and _fits_register(running, stop)


def _fits_register(running: Running, stop: Stop) -> bool:
    return running.register_wh is None or stop.register_wh is None or running.register_wh <= stop.register_wh


def frames_since(state: Station, evse: int, since: datetime | None) -> tuple[str, ...]:
    """The frames of this EVSE whose readings were of no transaction, from that moment on (None: all)."""
    place = state.evses.get(evse)
    if place is None:
        return ()
    return tuple(one.frame for one in place.waiting if since is None or one.at >= since)


def stop_mark(stop: Stop) -> str:
    """The mark that the stub of the transaction will bear once this stop has ended it."""
    return marks.of_stop(stop.time.sent, stop.token_ref, stop.reason)
