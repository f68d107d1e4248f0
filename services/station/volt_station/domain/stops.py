"""How a 1.6 transaction ends: by a StopTransaction, which may be a repetition, or bear an id that means nothing."""

from decimal import Decimal

from volt_contracts.station import LateFact, TransactionEnded, TransactionStarted
from volt_station.domain import attribution, readings, transactions
from volt_station.domain.heard import Stop
from volt_station.domain.state import Ended, Running, Station
from volt_station.domain.turn import Source, Turn

_ROUNDED = ("register_rounded",)
_WENT_BACK = ("register_went_back",)


def stopped(turn: Turn, stop: Stop, source: Source) -> None:
    """A stop. What it ends is found by its id or by circumstances; else the transaction is adopted at its end."""
    found = attribution.of_stop(turn.state, stop)
    if found is None:
        found = _adopt(turn, stop, source)
    if isinstance(found, Running):
        _end(turn, found, stop, source)
    elif found.stop != attribution.stop_mark(stop):
        turn.say(
            LateFact(
                time=stop.time,
                frame=source.frame,
                decoder=source.decoder,
                suspect=source.suspect,
                about=found.uid,
                what="a second stop of a transaction that had ended",
            )
        )


def _adopt(turn: Turn, stop: Stop, source: Source) -> Running | Ended:
    """The transaction of which nothing but this stop is known; its stub, when the very same stop was here before."""
    identity = f"stop|{stop.as_sent}|{stop.time.sent}|{stop.token_ref}|{stop.register_wh}"
    uid = transactions.uid(turn, identity, 0)
    for stub in turn.state.ended:
        if stub.uid == uid:
            return stub
    evse = _where(turn.state)
    event = TransactionStarted(
        time=stop.time,
        frame=source.frame,
        decoder=source.decoder,
        suspect=source.suspect,
        transaction_uid=uid,
        protocol_id=stop.protocol_id or stop.as_sent,
        hardware_epoch=turn.state.hardware.epoch,
        evse=evse,
        connector=1 if evse else 0,
        token_ref=stop.token_ref,
        adopted=True,
    )
    transactions.say_started(turn, event)
    return turn.state.running[uid]


def _where(state: Station) -> int:
    """The only EVSE that it can have been on, 0 when that cannot be told: a 1.6 stop does not name it."""
    known = [number for number in state.evses if number > 0]
    if len(known) == 1:
        return known[0]
    taken = {running.evse for running in state.running.values()}
    busy = [
        number
        for number in known
        if number not in taken and any(one.status == "Occupied" for one in state.evses[number].connectors.values())
    ]
    return busy[0] if len(busy) == 1 else 0


def _end(turn: Turn, running: Running, stop: Stop, source: Source) -> None:
    readings.of_transaction(turn, running, stop.moments, source)
    running = turn.state.running[running.uid]
    register, suspect = _register(running, stop)
    if suspect == _ROUNDED and stop.tolerated_drop is not None:
        source = source.applying(stop.tolerated_drop[1])
    missing = [] if running.start else ["start"]
    if register is None:
        missing.append("register")
    turn.say(
        TransactionEnded(
            time=stop.time,
            frame=source.frame,
            decoder=source.decoder,
            suspect=(*source.suspect, *suspect),
            transaction_uid=running.uid,
            protocol_id=running.protocol_id,
            evse=running.evse,
            connector=running.connector,
            register_wh=register,
            reason=stop.reason,
            token_ref=stop.token_ref,
            missing=tuple(missing),
        )
    )


def _register(running: Running, stop: Stop) -> tuple[Decimal | None, tuple[str, ...]]:
    """The register at the end, and what is odd about it."""
    if stop.register_wh is None:
        return (running.register_wh if stop.use_last_sample else None), ("register_unknown",)
    start = running.began_wh
    if start is not None and stop.register_wh < start:
        if stop.tolerated_drop is not None and start - stop.register_wh <= stop.tolerated_drop[0]:
            return start, _ROUNDED
        return stop.register_wh, _WENT_BACK
    if running.register_wh is not None and stop.register_wh < running.register_wh:
        return stop.register_wh, _WENT_BACK
    return stop.register_wh, ()
