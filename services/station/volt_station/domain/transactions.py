"""How a transaction begins: a start, a repetition of one, or the late start of one that had to be adopted.

The transaction uid is made here: `uuid5(station, tenant, hardware epoch, start with the token's reference, n)`.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from volt_contracts.fact import FactTime
from volt_contracts.gateway import Grant
from volt_contracts.ids import derive
from volt_contracts.station import ReadingsAttributed, TransactionStarted, TransactionUpdated
from volt_station.domain import attribution, marks
from volt_station.domain.heard import Start, Token
from volt_station.domain.limits import GRANT_FOR
from volt_station.domain.state import Ended, Running, Station
from volt_station.domain.turn import Source, Turn

_GRANT_GRACE = timedelta(seconds=30)


def uid(turn: Turn, identity: str, n: int) -> str:
    """The uid of a transaction of this station: the same for the same start, token by reference."""
    cause = turn.cause
    return derive(cause.entity, f"transaction/{cause.tenant}/{turn.state.hardware.epoch}/{identity}/{n}")


def runs(time: FactTime) -> bool:
    """Whether the clock runs, right or wrong: then the same moment twice is a repetition, and else it may be stuck."""
    return time.clock != "unset"


def started(turn: Turn, start: Start, source: Source) -> None:
    """A start, a repetition of one, or the start of a transaction that had to be adopted."""
    event = _start_event(turn, start, source)
    mark = marks.of_start(event)
    running = next((one for one in turn.state.running.values() if one.start == mark), None)
    if running is not None:
        repeated(turn, running, start.token, event)
        return
    if any(stub.start == mark and _is_repeated(stub, start) for stub in turn.state.ended):
        return
    say_started(turn, event)


def _is_repeated(stub: Ended, start: Start) -> bool:
    """Whether a start like that of an ended transaction is a repetition of it.

    A clock that went on meanwhile would show another time, a register that counts the meter's life another value.
    Where both stand still it is taken for another one: a card that charges again and again at such a station.
    """
    return runs(start.time) or stub.ran or bool(start.register_wh)


def repeated(turn: Turn, known: Running, token: Token, event: TransactionStarted) -> None:
    """A repetition changes nothing; but when it got another verdict than the first time, that went out too."""
    if token.verdict is None or token.verdict == known.verdict:
        return
    turn.say(
        TransactionUpdated(
            time=event.time,
            frame=event.frame,
            decoder=event.decoder,
            suspect=(*event.suspect, "verdict_changed"),
            transaction_uid=known.uid,
            token_ref=token.ref,
            token_type=token.type,
            verdict=token.verdict,
            verdict_source=token.source,
        )
    )


def _start_event(turn: Turn, start: Start, source: Source) -> TransactionStarted:
    adopted = _adopted_before(turn.state, start)
    n = 0 if runs(start.time) else turn.state.starts
    command_id, remote_start_id = _command_of(turn.state, start)
    return TransactionStarted(
        time=start.time,
        frame=source.frame,
        decoder=source.decoder,
        suspect=source.suspect,
        transaction_uid=uid(turn, start.identity, n) if adopted is None else adopted.uid,
        protocol_id=start.protocol_id,
        hardware_epoch=turn.state.hardware.epoch,
        evse=start.evse,
        connector=start.connector,
        token_ref=start.token.ref,
        token_type=start.token.type,
        verdict=start.token.verdict,
        verdict_source=start.token.source,
        group_ref=start.token.group_ref,
        register_wh=start.register_wh,
        remote_start_id=remote_start_id,
        command_id=command_id,
        reservation_id=start.reservation_id,
    )


def say_started(turn: Turn, event: TransactionStarted) -> None:
    """A transaction, and the readings that came before it and are its own."""
    since = None if event.adopted or event.time.clock == "unset" else event.time.at
    frames = attribution.frames_since(turn.state, event.evse, since)
    turn.say(event)
    if frames:
        turn.say(
            ReadingsAttributed(
                transaction_uid=event.transaction_uid, evse=event.evse, frames=frames, at=event.time.received_at
            )
        )


def _adopted_before(state: Station, start: Start) -> Running | Ended | None:
    """The adopted transaction whose start this is: it cannot have begun after the transaction was first seen."""
    if start.time.clock == "unset":
        return None
    for running in state.running.values():
        if not running.start and running.evse in (0, start.evse) and start.time.at <= running.started_at:
            same_token = running.token_ref is None or running.token_ref == start.token.ref
            if same_token and _not_above(start.register_wh, running.register_wh):
                return running
    for stub in state.ended:
        same_token = stub.token_ref is not None and stub.token_ref == start.token.ref
        if not stub.start and same_token and stub.evse in (0, start.evse) and start.time.at <= stub.ended_at:
            return stub
    return None


def _not_above(start_wh: Decimal | None, register_wh: Decimal | None) -> bool:
    return start_wh is None or register_wh is None or start_wh <= register_wh


def _command_of(state: Station, start: Start) -> tuple[str | None, int | None]:
    """The remote start that this one answers: by the grant that it was accepted from, or by token, EVSE and window."""
    granted = None if start.decision is None else start.decision.grant
    if granted is not None:
        return granted.command_id, granted.remote_start_id
    for grant in state.grants:
        here = grant.evse is None or grant.evse == start.evse
        if grant.token_ref == start.token.ref and here and _is_in_window(grant, start.time.at):
            return grant.command_id, grant.remote_start_id
    return None, None


def _is_in_window(grant: Grant, at: datetime) -> bool:
    """A start from before the request, which comes late, is not the one that was asked for."""
    return grant.valid_until - GRANT_FOR - _GRANT_GRACE <= at <= grant.valid_until + _GRANT_GRACE
