"""The fold of transactions: running ones, and the stubs that are left of ended ones for 7 days or the last 50."""

from msgspec.structs import replace

from volt_contracts.station import ReadingsTaken, TransactionEnded, TransactionStarted, TransactionUpdated
from volt_station.domain import marks
from volt_station.domain.limits import RUNNING, STUBS, STUBS_FOR
from volt_station.domain.numbers import with_number
from volt_station.domain.state import Ended, Numbers, Running, Station, seconds_of


def started(state: Station, event: TransactionStarted) -> Station:
    """A new transaction, or the start of one that had to be adopted. The grant that it used is used up."""
    if event.command_id is not None:
        grants = tuple(grant for grant in state.grants if grant.command_id != event.command_id)
        state = replace(state, grants=grants)
    uid = event.transaction_uid
    for position, stub in enumerate(state.ended):
        if stub.uid == uid:
            return _with_stub(state, position, _start_found(stub, event))
    known = state.running.get(uid)
    if known is not None:
        return replace(state, running={**state.running, uid: _started_late(known, event)})
    running = {**state.running, uid: _running(event)}
    while len(running) > RUNNING:
        del running[next(iter(running))]
    return replace(state, running=running, starts=state.starts + 1)


def _running(event: TransactionStarted) -> Running:
    return Running(
        uid=event.transaction_uid,
        protocol_id=event.protocol_id,
        evse=event.evse,
        connector=event.connector,
        started_at=event.time.at,
        clocked=event.time.clock != "unset",
        start="" if event.adopted else marks.of_start(event),
        token_ref=event.token_ref,
        verdict=event.verdict,
        began_wh=event.register_wh,
        register_wh=event.register_wh,
        register_at=None if event.register_wh is None else event.time.at,
        charging_state=event.charging_state,
        state_is_old=event.charging_state is not None and event.time.is_history,
        numbers=_numbers(None, event.seq_no),
    )


def _started_late(known: Running, event: TransactionStarted) -> Running:
    return replace(
        known,
        protocol_id=event.protocol_id or known.protocol_id,
        evse=event.evse or known.evse,
        connector=event.connector or known.connector,
        started_at=event.time.at,
        clocked=event.time.clock != "unset",
        start=known.start if event.adopted else marks.of_start(event),
        token_ref=event.token_ref or known.token_ref,
        verdict=event.verdict or known.verdict,
        began_wh=event.register_wh if known.began_wh is None else known.began_wh,
        charging_state=known.charging_state or event.charging_state,
        numbers=_numbers(known.numbers, event.seq_no),
    )


def _start_found(stub: Ended, event: TransactionStarted) -> Ended:
    began = seconds_of(event.time.at)
    return replace(
        stub,
        protocol_id=event.protocol_id or stub.protocol_id,
        began=began,
        lasted=stub.began + stub.lasted - began,
        start=stub.start if event.adopted else marks.of_start(event),
        verdict=event.verdict or stub.verdict,
        numbers=_numbers(stub.numbers, event.seq_no),
        token_ref=stub.token_ref if event.adopted else None,
    )


def updated(state: Station, event: TransactionUpdated) -> Station:
    """What changed about a running transaction; of an ended one only the number counts."""
    known = state.running.get(event.transaction_uid)
    if known is None:
        return _numbered(state, event.transaction_uid, event.seq_no)
    if event.command_id is not None:
        state = replace(state, grants=tuple(one for one in state.grants if one.command_id != event.command_id))
    now = replace(
        known,
        evse=known.evse if event.evse is None else event.evse,
        connector=known.connector if event.connector is None else event.connector,
        charging_state=event.charging_state or known.charging_state,
        state_is_old=known.state_is_old if event.charging_state is None else event.time.is_history,
        token_ref=event.token_ref or known.token_ref,
        verdict=event.verdict or known.verdict,
        offered_w=known.offered_w if event.offered_w is None else event.offered_w,
        numbers=_numbers(known.numbers, event.seq_no),
    )
    return replace(state, running={**state.running, known.uid: now})


def metered(state: Station, event: ReadingsTaken) -> Station:
    """The latest register of the transaction that the readings belong to, and their number where they have one."""
    uid = event.transaction_uid
    if uid is None:
        return state
    if uid not in state.running:
        return _numbered(state, uid, event.seq_no)
    return replace(state, running=read_out(state, event))


def read_out(state: Station, event: ReadingsTaken) -> dict[str, Running]:
    """The running transactions; the one that the readings belong to has its latest register now. A higher one is later,
    whatever the clock says."""
    known = None if event.transaction_uid is None else state.running.get(event.transaction_uid)
    if known is None:
        return state.running
    register, at = known.register_wh, known.register_at
    for reading in event.readings:
        if reading.register_wh is None:
            continue
        if at is None or reading.at >= at or (register is not None and reading.register_wh > register):
            register, at = reading.register_wh, reading.at
    now = replace(known, register_wh=register, register_at=at)
    if event.seq_no is not None:
        now = replace(now, numbers=with_number(known.numbers, event.seq_no))
    return {**state.running, known.uid: now}


def ended(state: Station, event: TransactionEnded) -> Station:
    """A running transaction shrinks to a stub; old stubs leave, by the time at which this end was heard of."""
    known = state.running.get(event.transaction_uid)
    if known is None:
        return _numbered(state, event.transaction_uid, event.seq_no)
    began, over = seconds_of(known.started_at), seconds_of(event.time.at)
    stub = Ended(
        uid=known.uid,
        protocol_id=known.protocol_id,
        evse=known.evse or event.evse,
        began=began,
        lasted=over - began,
        heard_after=seconds_of(event.time.received_at) - over,
        start=known.start,
        stop=marks.of_stop(event.time.sent, event.token_ref, event.reason),
        verdict=known.verdict,
        numbers=_numbers(known.numbers, event.seq_no),
        token_ref=None if known.start else known.token_ref,
        ran=event.time.clock != "unset" or known.start != _start_at(state, known, event.time.sent),
    )
    # Whole seconds, not `noted_at`: making fifty times cost more than all the rest of the fold of a visit.
    horizon = seconds_of(event.time.received_at - STUBS_FOR)
    kept = tuple([one for one in state.ended if one.began + one.lasted + one.heard_after > horizon])
    running = {uid: one for uid, one in state.running.items() if uid != known.uid}
    return replace(state, running=running, ended=(*kept, stub)[-STUBS:])


def _start_at(state: Station, known: Running, sent: str | None) -> str:
    """The mark that its start would bear with this timestamp."""
    return marks.start(state.hardware.epoch, known.evse, sent, known.token_ref, known.began_wh)


def _numbers(numbers: Numbers | None, number: int | None) -> Numbers | None:
    return numbers if number is None else with_number(numbers, number)


def _numbered(state: Station, uid: str, number: int | None) -> Station:
    if number is None:
        return state
    for position, stub in enumerate(state.ended):
        if stub.uid == uid:
            return _with_stub(state, position, replace(stub, numbers=with_number(stub.numbers, number)))
    return state


def _with_stub(state: Station, position: int, stub: Ended) -> Station:
    return replace(state, ended=(*state.ended[:position], stub, *state.ended[position + 1 :]))
