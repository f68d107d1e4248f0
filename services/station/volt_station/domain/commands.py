"""Commands on their way out: what may be sent now, what is refused, and what is handed to the gateway of the link.

The gateway keeps one call outstanding on a link and lets the others wait; the twin bounds how many may be unfinished.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from volt_contracts.codec import type_name
from volt_contracts.envelope import LINK
from volt_contracts.gateway import Grant, SendCall
from volt_contracts.message import Actor, OutcomeWord
from volt_contracts.station import (
    CommandFinished,
    CommandSent,
    RegistrationChanged,
    RequestStart,
    RequestStop,
    SetRegistration,
    StationCommand,
    TriggerMessage,
)
from volt_contracts.topics import GATEWAY_DOWNLINK
from volt_station.domain.limits import ANSWER_WITHIN, COMMANDS, GRANT_FOR, REPORTED_WITHIN, SENT_WITHIN, START_WITHIN
from volt_station.domain.state import Connected, Line, Station
from volt_station.domain.turn import Turn


class Call(NamedTuple):
    """A call in the station's own version; `lossy` names what of the command it cannot say."""

    action: str
    payload: dict[str, Any]
    lossy: tuple[str, ...] = ()


class Refusal(NamedTuple):
    """A command that cannot be put into the station's version, or not now."""

    outcome: OutcomeWord
    sentence: str


Written = tuple[Call, ...] | Refusal
Write = Callable[[Any, Station], Written]
"""Puts a command into a version; what it is about is looked up in the twin."""


class Order(NamedTuple):
    """A command as it is tracked: its id, its type, who wants it, and until when it may be sent."""

    command_id: str
    command: str
    actor: Actor
    at: datetime
    not_after: datetime
    grant: Grant | None = None
    remote_start_id: int | None = None


def order_of(command: StationCommand, command_id: str, at: datetime) -> Order:
    """The order for a command that arrived at this time."""
    within = START_WITHIN if isinstance(command, RequestStart) else SENT_WITHIN
    not_after = command.not_after or at + within
    tag = type_name(type(command))
    if not isinstance(command, RequestStart):
        return Order(command_id, tag, command.actor, at, not_after)
    grant = Grant(
        token_ref=command.token_ref,
        command_id=command_id,
        valid_until=at + GRANT_FOR,
        evse=command.evse,
        remote_start_id=command.remote_start_id,
    )
    return Order(command_id, tag, command.actor, at, not_after, grant, command.remote_start_id)


NOT_CONNECTED = Refusal("expired", "the station is not connected")


def refusal(state: Station, command: StationCommand, at: datetime) -> Refusal | None:
    """Why a command cannot be sent now, whatever the station's version."""
    if command.not_after is not None and command.not_after <= at:
        return Refusal("expired", "the time until which it was to be carried out had passed")
    if not isinstance(state.link, Connected):
        return NOT_CONNECTED
    for_boot = isinstance(command, TriggerMessage) and command.message == "BootNotification"
    if state.registration == "rejected" and not for_boot:
        return Refusal("rejected", "the station is rejected: it may only be asked for its BootNotification")
    if state.registration == "pending" and isinstance(command, RequestStart | RequestStop):
        return Refusal("rejected", "the station is not accepted yet: nothing is started or stopped on it")
    if len(state.pending) >= COMMANDS:
        return Refusal("rejected", f"{COMMANDS} commands to this station are not finished yet")
    return None


def register(turn: Turn, command: SetRegistration, order: Order) -> None:
    """Accept, hold or reject the station: nothing goes on the wire."""
    who = order.actor.text
    reason = who if order.actor.reason is None else f"{who}: {order.actor.reason}"
    turn.say(RegistrationChanged(registration=command.registration, reason=reason, at=order.at))
    turn.say(
        CommandFinished(command_id=order.command_id, outcome="accepted", command=order.command, actor=who, at=order.at)
    )


def refuse(turn: Turn, order: Order, why: Refusal) -> None:
    """The outcome of a command that is not sent."""
    turn.say(
        CommandFinished(
            command_id=order.command_id,
            outcome=why.outcome,
            sentence=why.sentence,
            command=order.command,
            actor=order.actor.text,
            at=order.at,
        )
    )


def hand_over(turn: Turn, line: Line, order: Order, calls: tuple[Call, ...]) -> None:
    """Give the calls of a command to the gateway that holds the link, which sends them one after the other."""
    for position, call in enumerate(calls):
        not_after = order.not_after + position * ANSWER_WITHIN
        message_id = turn.id_after(1)
        turn.say(
            CommandSent(
                command_id=order.command_id,
                command=order.command,
                message_id=message_id,
                link_id=line.link_id,
                action=call.action,
                answer_until=not_after + ANSWER_WITHIN + REPORTED_WITHIN,
                lossy=call.lossy,
                remote_start_id=order.remote_start_id,
                grant=order.grant,
                actor=order.actor.text,
                at=order.at,
            )
        )
        turn.write(GATEWAY_DOWNLINK, _send_call(order, call, line, message_id, not_after), _headers(line))


def _send_call(order: Order, call: Call, line: Line, message_id: str, not_after: datetime) -> SendCall:
    return SendCall(
        command_id=order.command_id,
        link_id=line.link_id,
        message_id=message_id,
        protocol=line.protocol,
        action=call.action,
        payload=msgspec.Raw(msgspec.json.encode(call.payload)),
        not_after=not_after,
        answer_within_s=int(ANSWER_WITHIN / timedelta(seconds=1)),
        grant=order.grant,
    )


def _headers(line: Line) -> list[tuple[str, bytes]]:
    return [(LINK, line.link_id.encode())]
