"""A transaction that a former system began: on record here as if it had been heard, so that its stop is complete."""

from volt_contracts.fact import FactTime
from volt_contracts.migration import AdoptTransaction
from volt_contracts.station import CommandFinished, Reading, ReadingsTaken, TransactionStarted
from volt_station.domain import transactions
from volt_station.domain.commands import Order, Refusal, refuse
from volt_station.domain.limits import RUNNING
from volt_station.domain.state import Ended, Running, Station, seconds_of
from volt_station.domain.turn import Turn

TRIGGER = "Migrated"


def adopt(turn: Turn, command: AdoptTransaction, order: Order) -> None:
    """AdoptTransaction → TransactionStarted, and the latest register as a reading. Nothing goes on the wire.

    One that was heard of before it was adopted, by its readings or its stop, gets its start now. One that is on record
    with this start is adopted already: an import may be repeated.
    """
    known = _heard_of(turn.state, command)
    why = _objection(turn.state, command, known, order)
    if why is not None:
        refuse(turn, order, Refusal("rejected", why))
        return
    if known is None or not known.start:
        _put_on_record(turn, command, known, order)
    turn.say(
        CommandFinished(
            command_id=order.command_id,
            outcome="accepted",
            command=order.command,
            actor=order.actor.text,
            at=order.at,
        )
    )


def _put_on_record(turn: Turn, command: AdoptTransaction, known: Running | Ended | None, order: Order) -> None:
    uid = _uid(turn, command) if known is None else known.uid
    time = FactTime(at=command.started_at, received_at=order.at, offline="reported")
    transactions.say_started(
        turn,
        TransactionStarted(
            time=time,
            transaction_uid=uid,
            protocol_id=command.protocol_id,
            hardware_epoch=turn.state.hardware.epoch,
            evse=command.evse,
            connector=command.connector,
            token_ref=command.token_ref,
            token_type=command.token_type,
            verdict=None if command.token_ref is None else "Accepted",
            register_wh=command.register_wh,
            trigger=TRIGGER,
        ),
    )
    _say_last(turn, command, uid, order)


def _say_last(turn: Turn, command: AdoptTransaction, uid: str, order: Order) -> None:
    if command.last_at is None or command.last_register_wh is None:
        return
    reading = Reading(at=command.last_at, register_wh=command.last_register_wh)
    turn.say(
        ReadingsTaken(
            time=FactTime(at=command.last_at, received_at=order.at, offline="reported"),
            evse=command.evse,
            connector=command.connector,
            transaction_uid=uid,
            readings=(reading,),
        )
    )


def _heard_of(state: Station, command: AdoptTransaction) -> Running | Ended | None:
    """The latest that bears its id."""
    heard: tuple[Running | Ended, ...] = (*reversed(state.running.values()), *reversed(state.ended))
    return next((one for one in heard if one.protocol_id == command.protocol_id), None)


def _uid(turn: Turn, command: AdoptTransaction) -> str:
    return transactions.uid(turn, f"migrated/{command.protocol_id}/{command.started_at.isoformat()}", 0)


def _objection(state: Station, command: AdoptTransaction, known: Running | Ended | None, order: Order) -> str | None:
    """The first thing that is wrong with it."""
    if command.not_after is not None and command.not_after <= order.at:
        return "the time until which it was to be carried out had passed"
    if known is not None and known.start and not _begins_alike(known, command):
        return f"the transaction {command.protocol_id} is on record with another start"
    if known is None and len(state.running) >= RUNNING:
        return f"{RUNNING} transactions of this station run already"
    return _form_objection(command, order)


def _begins_alike(known: Running | Ended, command: AdoptTransaction) -> bool:
    if isinstance(known, Running):
        return known.started_at == command.started_at
    return known.began == seconds_of(command.started_at)


def _form_objection(command: AdoptTransaction, order: Order) -> str | None:
    if not command.protocol_id.strip() or command.evse < 1 or command.connector < 1:
        return "a transaction has an id, an EVSE and a connector, both numbered from 1"
    if command.started_at > order.at:
        return "it begins in the future"
    if (command.last_at is None) is not (command.last_register_wh is None):
        return "the latest register comes with the time at which it was read"
    if command.last_at is not None and not command.started_at <= command.last_at <= order.at:
        return "the latest register was read between the start and now"
    first, last = command.register_wh, command.last_register_wh
    if (first is not None and first < 0) or (last is not None and last < (first or 0)):
        return "registers are not below 0 and do not run back"
    return None
