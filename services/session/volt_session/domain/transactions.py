"""A station's transactions, joined to visits: started, updated, ended, and gaps in their sequence."""

from datetime import datetime

from volt_contracts.session import SessionMetered, TransactionJoined, TransactionLeft
from volt_contracts.station import SequenceGap, TransactionEnded, TransactionStarted, TransactionUpdated
from volt_eventlog.message import Message
from volt_session.domain.curve import energy_at
from volt_session.domain.decision import Decision
from volt_session.domain.ending import NO_STATUS, end_if_over
from volt_session.domain.energy import known
from volt_session.domain.order import OUT_OF_ORDER, is_ours, state_time
from volt_session.domain.plug import moved, note_state
from volt_session.domain.revising import revise_ended
from volt_session.domain.session import Ended, Open, Running, Stopped, finalised_with, transaction_of
from volt_session.domain.tokens import authorize, note_use
from volt_session.domain.visits import found_at, late, visit_for


def started(d: Decision, message: Message) -> None:
    """TransactionStarted: the transaction joins a visit. The same one again brings what was not on record before."""
    fact: TransactionStarted = message.body
    found = transaction_of(d.state, fact.transaction_uid)
    if found is None and finalised_with(d.state, fact.transaction_uid):
        late(d, fact, fact.transaction_uid, "transaction_started")
        return
    before = visit_for(d, fact) if found is None else found[0]
    if found is None or _says_more(found[1], fact):
        joined = _joined(before, fact)
        d.emit(joined)
        if joined.evse:
            found_at(d, before.session_id, joined.evse, fact.time.at)
    authorize(d, before.session_id, fact)
    if fact.charging_state is not None:
        note_state(d, d.visit(before.session_id), fact.charging_state, fact.time)
    found_number(d, fact.transaction_uid, fact.seq_no)
    revise_ended(d, before, "late_start")


def updated(d: Decision, message: Message) -> None:
    """TransactionUpdated: its charging state, its token, its EVSE, or a number that was missing."""
    fact: TransactionUpdated = message.body
    found = transaction_of(d.state, fact.transaction_uid)
    if found is None:
        late(d, fact, fact.transaction_uid, "transaction_updated")
        return
    before, transaction = found
    if fact.evse and fact.evse != before.evse and len(before.transactions) == 1:
        d.emit(moved(before, transaction, fact.evse, fact.connector or before.connector))
        found_at(d, before.session_id, fact.evse, fact.time.at)
    authorize(d, before.session_id, fact)
    if fact.charging_state is not None:
        visit = d.visit(before.session_id)
        note_state(d, visit, fact.charging_state, fact.time, state_time(visit, fact), fact.suspended_by)
    found_number(d, fact.transaction_uid, fact.seq_no)
    revise_ended(d, before, "late_update")


def ended(d: Decision, message: Message) -> None:
    """TransactionEnded: it leaves its visit, which is over when the car had left already."""
    fact: TransactionEnded = message.body
    found = transaction_of(d.state, fact.transaction_uid)
    if found is None and finalised_with(d.state, fact.transaction_uid):
        late(d, fact, fact.transaction_uid, "transaction_ended")
        return
    before, transaction = found or _adopt(d, fact)
    if isinstance(transaction, Stopped) and not _adds(transaction, fact):
        return
    d.emit(
        TransactionLeft(
            session_id=before.session_id,
            transaction_uid=fact.transaction_uid,
            ended_at=fact.time.at,
            register_wh=known(fact.register_wh),
            reason=fact.reason,
            token_ref=fact.token_ref,
            missing=fact.missing,
            suspect=fact.suspect,
            status_until=None if is_ours(fact.time) else d.now + NO_STATUS,
        )
    )
    _meter_stop(d, before, fact)
    if isinstance(transaction, Running):
        note_use(d, transaction.token_ref, transaction.uid, running=False, at=fact.time.at)
    visit = d.visit(before.session_id)
    if isinstance(visit, Open):
        end_if_over(d, visit, _left_before(visit, fact))
    revise_ended(d, before, "late_stop")


def _left_before(visit: Open, fact: TransactionEnded) -> datetime | None:
    """When the connector said that the car has left, if the stop came shortly after that.

    Then "connected" and a higher register, which it brings, are what was true just before. By a clock that is off, how
    much later it was made is not known; that it charged on, readings before the stop would have said.
    """
    freed_at = visit.freed_at
    if freed_at is None or fact.time.is_history:
        return None
    if fact.time.clock == "good" and fact.time.at - freed_at > OUT_OF_ORDER:
        return None
    points = (point for transaction in visit.transactions for point in transaction.points)
    return None if any(freed_at < point.at < fact.time.at for point in points) else freed_at


def gap(d: Decision, message: Message) -> None:
    """SequenceGap after the end of a transaction; of one that runs its end says what is missing."""
    fact: SequenceGap = message.body
    found = transaction_of(d.state, fact.transaction_uid)
    if found is None:
        return
    before, transaction = found
    if isinstance(transaction, Running):
        return
    words = {f"seq:{number}" for number in fact.missing} - set(transaction.missing)
    if words:
        d.emit(_left_again(before, transaction, tuple(sorted({*transaction.missing, *words}))))
        revise_ended(d, before, "sequence_gap")


def found_number(d: Decision, uid: str, seq_no: int | None) -> None:
    """A number that was missing of an ended transaction has come."""
    found = transaction_of(d.state, uid)
    if found is None:
        return
    visit, transaction = found
    if isinstance(transaction, Running) or f"seq:{seq_no}" not in transaction.missing:
        return
    d.emit(_left_again(visit, transaction, tuple(word for word in transaction.missing if word != f"seq:{seq_no}")))


def _joined(visit: Open | Ended, fact: TransactionStarted) -> TransactionJoined:
    moved = visit.evse == 0 and fact.evse != 0
    return TransactionJoined(
        session_id=visit.session_id,
        transaction_uid=fact.transaction_uid,
        protocol_id=fact.protocol_id,
        hardware_epoch=fact.hardware_epoch,
        started_at=fact.time.at,
        register_wh=known(fact.register_wh),
        adopted=fact.adopted,
        evse=fact.evse if moved else None,
        connector=fact.connector if moved else None,
        suspect=fact.suspect,
    )


def _left_again(visit: Open | Ended, transaction: Stopped, missing: tuple[str, ...]) -> TransactionLeft:
    at_stop = (point.register_wh for point in transaction.points if point.at == transaction.ended_at)
    return TransactionLeft(
        session_id=visit.session_id,
        transaction_uid=transaction.uid,
        ended_at=transaction.ended_at,
        register_wh=next(at_stop, None) if transaction.stop_register_known else None,
        reason=transaction.reason,
        token_ref=transaction.stop_token_ref,
        missing=missing,
    )


def _adopt(d: Decision, fact: TransactionEnded) -> tuple[Open | Ended, Running | Stopped]:
    """The end of a transaction that nothing is on record of."""
    start = TransactionStarted(
        time=fact.time,
        transaction_uid=fact.transaction_uid,
        protocol_id=fact.protocol_id,
        hardware_epoch=d.state.hardware_epoch,
        evse=fact.evse,
        connector=fact.connector,
        adopted=True,
    )
    visit = visit_for(d, start)
    d.emit(_joined(visit, start))
    found = transaction_of(d.state, fact.transaction_uid)
    assert found is not None
    return visit, found[1]


def _says_more(transaction: Running | Stopped, fact: TransactionStarted) -> bool:
    if fact.adopted:
        return False
    return transaction.adopted or (transaction.start_wh is None and known(fact.register_wh) is not None)


def _adds(transaction: Stopped, fact: TransactionEnded) -> bool:
    register = known(fact.register_wh) is not None and not transaction.stop_register_known
    reason = fact.reason is not None and transaction.reason is None
    return register or reason or (fact.token_ref is not None and transaction.stop_token_ref is None)


def _meter_stop(d: Decision, visit: Open | Ended, fact: TransactionEnded) -> None:
    register_wh = known(fact.register_wh)
    if register_wh is None:
        return
    d.emit(
        SessionMetered(
            session_id=visit.session_id,
            at=fact.time.at,
            energy_wh=energy_at(d.visit(visit.session_id), fact.time.at),
            transaction_uid=fact.transaction_uid,
            register_wh=register_wh,
        )
    )
