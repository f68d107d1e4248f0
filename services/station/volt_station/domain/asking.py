"""What the twin asks of a station on its own account: the boot that never came, the numbers that are missing."""

from datetime import datetime
from typing import Any

from volt_contracts.codec import type_name
from volt_contracts.message import Actor
from volt_contracts.station import GetTransactionStatus, TriggerMessage
from volt_station.domain import commands
from volt_station.domain.commands import Call, Order
from volt_station.domain.limits import COMMANDS, SENT_WITHIN
from volt_station.domain.state import Connected
from volt_station.domain.turn import Turn

BOOT = Actor(kind="system", id="boot")
SEQUENCE = Actor(kind="system", id="sequence")


def for_boot(turn: Turn, at: datetime) -> None:
    """A station that never booted on record is asked to (OCPP 1.6 §5.17, 2.0.1 part 2 F06)."""
    _ask(turn, TriggerMessage, BOOT, Call("TriggerMessage", {"requestedMessage": "BootNotification"}), at)


def for_transaction(turn: Turn, protocol_id: str, at: datetime) -> None:
    """A transaction with gaps: are messages of it still queued (OCPP 2.0.1 part 2, E14)? Asked once at a time."""
    tag = type_name(GetTransactionStatus)
    pending = turn.state.pending
    if len(pending) < COMMANDS and not any(one.command == tag for one in pending.values()):
        _ask(turn, GetTransactionStatus, SEQUENCE, Call("GetTransactionStatus", {"transactionId": protocol_id}), at)


def _ask(turn: Turn, command: type[Any], actor: Actor, call: Call, at: datetime) -> None:
    link = turn.state.link
    if isinstance(link, Connected):
        order = Order(turn.id_after(), type_name(command), actor, at, at + SENT_WITHIN)
        commands.hand_over(turn, link.line, order, (call,))
