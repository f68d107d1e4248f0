"""Transactions as 2.x tells them: numbered TransactionEvents, in any order, some of them twice or never.

Started may come last and Ended may overtake Updated; EVSE, token and remote start id come once, in whatever event
(OCPP 2.0.1 part 2, E01-E16). What is missing is named, and asked for once.
"""

from datetime import timedelta
from typing import Any

from volt_contracts.station import LateFact, SequenceGap, TransactionEnded, TransactionStarted, TransactionUpdated
from volt_station.domain import asking, attribution, marks, numbers, readings, transactions
from volt_station.domain.heard import Event, Moment, Token
from volt_station.domain.state import Ended, Numbers, Running, Station
from volt_station.domain.turn import Source, Turn

_METERED = frozenset({"MeterValuePeriodic", "MeterValueClock"})
_SAME_MOMENT = timedelta(seconds=1)
_UNIQUE_FROM = 16
"""A shorter transaction id is a counter, which a factory reset starts again; a longer one is unique for ever."""


def told(turn: Turn, event: Event, source: Source) -> None:
    """One TransactionEvent: each number of a transaction has one effect."""
    known = attribution.by_protocol_id(turn.state, event.protocol_id)
    if event.kind == "Started":
        _started(turn, event, known, source)
        return
    if known is None:
        known = _begin(turn, event, source, adopted=True)
    repeated = event.seq_no is not None and numbers.seen(known.numbers, event.seq_no)
    if event.kind == "Ended":
        _ended(turn, event, known, source)
    elif not repeated:
        _updated(turn, event, known, source)


def _started(turn: Turn, event: Event, known: Running | Ended | None, source: Source) -> None:
    if known is not None and not _is_another(turn, event, known, source):
        if known.start:
            if isinstance(known, Running):
                transactions.repeated(turn, known, event.token, _start_event(turn, event, known.uid, source))
            return
        missing = _newly_missing(known.numbers, event)
        transactions.say_started(turn, _start_event(turn, event, known.uid, source))
        readings.of_transaction(turn, _now(turn.state, known), event.moments, source, event.seq_no)
        _note_gap(turn, known.uid, missing, event)
        return
    begun = _begin(turn, event, source, adopted=False)
    readings.of_transaction(turn, begun, event.moments, source, event.seq_no)


def _is_another(turn: Turn, event: Event, known: Running | Ended, source: Source) -> bool:
    """Whether this Started is of another transaction that only bears the same id."""
    if len(event.protocol_id) >= _UNIQUE_FROM:
        return False
    runs = transactions.runs(event.time)
    if not known.start:
        return isinstance(known, Ended) and runs and event.time.at > known.ended_at
    if known.start == marks.of_start(_start_event(turn, event, known.uid, source)):
        return isinstance(known, Ended) and not runs
    return runs and abs(known.started_at - event.time.at) >= _SAME_MOMENT


def _begin(turn: Turn, event: Event, source: Source, *, adopted: bool) -> Running:
    """A transaction that was not heard of; adopted, when its start is not what is heard first."""
    taken = attribution.by_protocol_id(turn.state, event.protocol_id) is not None
    unique = len(event.protocol_id) >= _UNIQUE_FROM and not taken
    n = 0 if unique else turn.state.starts
    uid = transactions.uid(turn, f"2|{event.protocol_id}", n)
    transactions.say_started(turn, _start_event(turn, event, uid, source, adopted=adopted))
    return turn.state.running[uid]


def _start_event(turn: Turn, event: Event, uid: str, source: Source, *, adopted: bool = False) -> TransactionStarted:
    evse = event.evse or 0
    return TransactionStarted(
        time=event.time,
        frame=source.frame,
        decoder=source.decoder,
        suspect=source.suspect,
        transaction_uid=uid,
        protocol_id=event.protocol_id,
        hardware_epoch=turn.state.hardware.epoch,
        evse=evse,
        connector=event.connector or (1 if evse else 0),
        token_ref=event.token.ref,
        token_type=event.token.type,
        verdict=event.token.verdict,
        verdict_source=event.token.source,
        group_ref=event.token.group_ref,
        register_wh=None if adopted else _register(event.moments, "Transaction.Begin", 0),
        trigger=event.trigger,
        charging_state=event.charging_state,
        remote_start_id=event.remote_start_id,
        command_id=_command_of(turn.state, event),
        reservation_id=event.reservation_id,
        seq_no=None if adopted else event.seq_no,
        adopted=adopted,
    )


def _updated(turn: Turn, event: Event, known: Running | Ended, source: Source) -> None:
    missing = _newly_missing(known.numbers, event)
    changes = _changes(turn, event, known)
    metered = event.trigger in _METERED and bool(event.moments)
    if changes or (not metered and event.seq_no is not None):
        _say_updated(turn, event, known, changes, source)
    readings.of_transaction(turn, _now(turn.state, known), event.moments, source, event.seq_no)
    _note_gap(turn, known.uid, missing, event)


def _ended(turn: Turn, event: Event, known: Running | Ended, source: Source) -> None:
    """A transaction that runs is ended whatever number the end has: firmware is known that counts wrong."""
    if isinstance(known, Ended):
        if known.stop != marks.of_stop(event.time.sent, event.token.ref, event.reason):
            _say_late(turn, event, known, source)
        return
    missing = _newly_missing(known.numbers, event)
    changes = _changes(turn, event, known)
    changes.pop("token_ref", None)
    if changes:
        _say_updated(turn, event, known, changes, source)
    known = turn.state.running[known.uid]
    readings.of_transaction(turn, known, event.moments, source, event.seq_no)
    _say_ended(turn, event, turn.state.running[known.uid], source)
    _note_gap(turn, known.uid, missing, event)


def _say_ended(turn: Turn, event: Event, known: Running, source: Source) -> None:
    register = _register(event.moments, "Transaction.End", -1)
    gaps = known.numbers.missing if event.seq_no is None and known.numbers else ()
    if event.seq_no is not None:
        gaps = numbers.with_number(known.numbers, event.seq_no).missing
    missing = [] if known.start else ["start"]
    if register is None:
        missing.append("register")
    turn.say(
        TransactionEnded(
            time=event.time,
            frame=source.frame,
            decoder=source.decoder,
            suspect=source.suspect,
            transaction_uid=known.uid,
            protocol_id=known.protocol_id,
            evse=known.evse,
            connector=known.connector,
            register_wh=register,
            reason=event.reason,
            token_ref=event.token.ref,
            trigger=event.trigger,
            seq_no=event.seq_no,
            missing=(*missing, *(f"seq:{gap}" for gap in gaps)),
        )
    )


def _changes(turn: Turn, event: Event, known: Running | Ended) -> dict[str, Any]:
    """What the event says that the twin did not know: facts are completed from the transaction's state."""
    changes: dict[str, Any] = {}
    if event.evse and not known.evse:
        changes |= {"evse": event.evse, "connector": event.connector or 1}
    if isinstance(known, Ended):
        return changes
    if event.charging_state is not None and _is_news(event, known):
        changes["charging_state"] = event.charging_state
    if _brings_token(event.token, known):
        changes["token_ref"] = event.token.ref
    command_id = _command_of(turn.state, event)
    if event.remote_start_id is not None and (command_id is not None or event.seq_no is not None):
        changes |= {"remote_start_id": event.remote_start_id, "command_id": command_id}
    return changes


def _is_news(event: Event, known: Running) -> bool:
    """Whether the charging state is another one, or was only told late so far and is now true for the present."""
    if event.charging_state != known.charging_state:
        return True
    return known.state_is_old and not event.time.is_history


def _brings_token(token: Token, known: Running) -> bool:
    """Whether the token is another one, or got another verdict."""
    if token.ref is None:
        return False
    return token.ref != known.token_ref or token.verdict not in (None, known.verdict)


def _say_updated(turn: Turn, event: Event, known: Running | Ended, changes: dict[str, Any], source: Source) -> None:
    with_token = "token_ref" in changes
    state = changes.get("charging_state")
    place: tuple[int | None, int | None] = (None, None)
    if state is not None and isinstance(known, Running) and known.evse > 0:
        place = (known.evse, known.connector)
    turn.say(
        TransactionUpdated(
            time=event.time,
            frame=source.frame,
            decoder=source.decoder,
            suspect=source.suspect,
            transaction_uid=known.uid,
            evse=changes.get("evse") or place[0],
            connector=changes.get("connector") or place[1],
            seq_no=event.seq_no,
            trigger=event.trigger,
            charging_state=state,
            suspended_by={"SuspendedEV": "ev", "SuspendedEVSE": "evse"}.get(state),  # type: ignore[arg-type]
            token_ref=event.token.ref if with_token else None,
            token_type=event.token.type if with_token else None,
            verdict=event.token.verdict if with_token else None,
            verdict_source=event.token.source if with_token else None,
            remote_start_id=changes.get("remote_start_id"),
            command_id=changes.get("command_id"),
        )
    )


def _say_late(turn: Turn, event: Event, known: Ended, source: Source) -> None:
    turn.say(
        LateFact(
            time=event.time,
            frame=source.frame,
            decoder=source.decoder,
            suspect=source.suspect,
            about=known.uid,
            what="a second end of a transaction that had ended",
        )
    )


def _command_of(state: Station, event: Event) -> str | None:
    """The command whose remote start this is."""
    if event.decision is not None and event.decision.grant is not None:
        return event.decision.grant.command_id
    if event.remote_start_id is None:
        return None
    return next((one.command_id for one in state.grants if one.remote_start_id == event.remote_start_id), None)


def _register(moments: tuple[Moment, ...], context: str, otherwise: int) -> Any:
    """The register of that context; else the first or the last one that was sent."""
    found = [one.reading for one in moments if one.reading.register_wh is not None]
    if not found:
        return None
    marked = [reading for reading in found if reading.context == context]
    return (marked or found)[otherwise].register_wh


def _newly_missing(seen: Numbers | None, event: Event) -> tuple[int, ...]:
    return () if event.seq_no is None else numbers.newly_missing(seen, event.seq_no)


def _note_gap(turn: Turn, uid: str, missing: tuple[int, ...], event: Event) -> None:
    if missing:
        turn.say(SequenceGap(transaction_uid=uid, missing=missing, at=event.time.received_at))
        asking.for_transaction(turn, event.protocol_id, event.time.received_at)


def _now(state: Station, known: Running | Ended) -> Running | Ended:
    return state.running.get(known.uid, known)
