"""Meter readings → the energy of the visit at each of them that counts."""

from decimal import Decimal

from volt_contracts.session import SessionMetered
from volt_contracts.station import Reading, ReadingsAttributed, ReadingsTaken
from volt_eventlog.message import Message
from volt_session.domain.curve import energy_at
from volt_session.domain.decision import Decision
from volt_session.domain.energy import ZERO, counted, counts, known
from volt_session.domain.revising import revise_ended
from volt_session.domain.session import Ended, Open, Point, Running, Stopped, current, transaction_of
from volt_session.domain.transactions import found_number
from volt_session.domain.visit import with_transaction
from volt_session.domain.visits import late


def taken(d: Decision, message: Message) -> None:
    """ReadingsTaken: those of a transaction count; one that is not new changes nothing and is not told again."""
    fact: ReadingsTaken = message.body
    if fact.transaction_uid is None:
        _hold(d, fact)
        return
    found = transaction_of(d.state, fact.transaction_uid)
    if found is None:
        late(d, fact, fact.transaction_uid, "readings_taken")
        return
    for reading in fact.readings:
        _count(d, fact.transaction_uid, reading, fact.suspect)
    if fact.seq_no is not None:
        found_number(d, fact.transaction_uid, fact.seq_no)
    revise_ended(d, found[0], "late_readings")


def attributed(d: Decision, message: Message) -> None:
    """ReadingsAttributed: readings that came before the start of their transaction are its own now."""
    fact: ReadingsAttributed = message.body
    found = transaction_of(d.state, fact.transaction_uid)
    if found is None:
        return
    for point in found[0].loose:
        _count(d, fact.transaction_uid, Reading(at=point.at, register_wh=point.register_wh), ())
    revise_ended(d, found[0], "late_readings")


def _count(d: Decision, uid: str, reading: Reading, suspect: tuple[str, ...]) -> None:
    register_wh = known(reading.register_wh)
    found = transaction_of(d.state, uid)
    if register_wh is None or found is None or not counts(found[1], reading.at):
        return
    visit, transaction = found
    after = counted(transaction, Point(reading.at, register_wh), visit.changes)
    if after is transaction:
        return
    d.emit(
        SessionMetered(
            session_id=visit.session_id,
            at=reading.at,
            energy_wh=_energy(visit, after, reading),
            power_w=reading.power_w,
            soc_percent=reading.soc_percent,
            transaction_uid=uid,
            register_wh=register_wh,
            suspect=suspect,
        )
    )


def _energy(visit: Open | Ended, after: Running | Stopped, reading: Reading) -> Decimal:
    return energy_at(with_transaction(visit, after.uid, lambda _before: after), reading.at)


def _hold(d: Decision, fact: ReadingsTaken) -> None:
    """A reading of no transaction may be of one whose start is yet to come."""
    visit = current(d.state, fact.evse)
    if visit is None or visit.transactions:
        return
    for reading in fact.readings:
        register_wh = known(reading.register_wh)
        if register_wh is not None and Point(reading.at, register_wh) not in d.visit(visit.session_id).loose:
            d.emit(
                SessionMetered(
                    session_id=visit.session_id,
                    at=reading.at,
                    energy_wh=ZERO,
                    power_w=reading.power_w,
                    soc_percent=reading.soc_percent,
                    register_wh=register_wh,
                )
            )
