"""What the twin listens to: message type → function, and for calls of a station (protocol, action) → function."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from volt_contracts import gateway, migration, station
from volt_contracts.codec import type_name
from volt_eventlog.decider import Decide, Decided, Tables
from volt_eventlog.message import Message, Tick
from volt_ocpp.versions import Version
from volt_station import outbox
from volt_station.domain import commands, deadlines, links, migrated, results
from volt_station.domain.state import Connected, Silent, Station
from volt_station.domain.turn import Turn
from volt_station.frame import Frame, Hear, reference
from volt_station.ocpp2 import table as ocpp2
from volt_station.ocpp16 import change_configuration
from volt_station.ocpp16 import table as ocpp16
from volt_station.station_quirks import StationQuirks

ACTIONS: Mapping[tuple[str, str], Hear] = {
    (version.value, action): hear
    for version, actions in ((Version.V16, ocpp16.CALLS), (Version.V201, ocpp2.CALLS), (Version.V21, ocpp2.CALLS))
    for action, hear in actions.items()
}
"""Calls that say something of the twin; all others are passed over."""


class Known(msgspec.Struct, frozen=True):
    """What a message is read with beside the twin's state."""

    tables: Tables
    quirks: StationQuirks


def deciding(quirks: StationQuirks) -> Decide:
    """The twin's `decide` under these quirks."""

    def decide(state: Station | None, message: Message | Tick, tables: Tables) -> Decided:
        turn = Turn(state, message)
        if isinstance(message, Tick):
            deadlines.passed(turn, message)
            return turn.decided()
        take = INBOX.get(type(message.body))
        if take is not None:
            take(turn, message, Known(tables, quirks))
        return turn.decided()

    return decide


def _exchange(turn: Turn, message: Message, known: Known) -> None:
    """A call that was answered. One that was refused with a CALLERROR has no effect but being a sign of life."""
    body: gateway.Exchange = message.body
    _alive(turn, message, body.received_at)
    hear = ACTIONS.get((body.protocol, body.action))
    if hear is not None and body.error is None:
        hear(turn, Frame(turn.state, message, known.tables, known.quirks))


def _unreadable(turn: Turn, message: Message, _known: Known) -> None:
    _alive(turn, message, message.body.received_at)


def _opened(turn: Turn, message: Message, _known: Known) -> None:
    links.opened(turn, message.body, reference(message))


def _closed(turn: Turn, message: Message, _known: Known) -> None:
    links.closed(turn, message.body, reference(message))


def _silent(turn: Turn, message: Message, _known: Known) -> None:
    links.told_silent(turn, message.body.link_id, message.body.at, reference(message))


def _back(turn: Turn, message: Message, _known: Known) -> None:
    _alive(turn, message, message.body.at)


def _link_alive(turn: Turn, message: Message, _known: Known) -> None:
    body: gateway.LinkAlive = message.body
    links.heard(turn, body.link_id, body.at, reference(message), "gateway")


def _alive(turn: Turn, message: Message, at: datetime) -> None:
    if not isinstance(turn.state.link, Silent):
        return
    links.heard(turn, message.body.link_id, at, reference(message), "station")


def _report(turn: Turn, message: Message, known: Known) -> None:
    """How a call to the station went. Only its own answer is a sign of life of the station."""
    body: gateway.CallReport = message.body
    frame = reference(message, body.message_id, body.action, body.protocol)
    if body.report == "sent":
        results.sent(turn, body, change_configuration.key_in(body))
        return
    if body.report in ("result", "error"):
        _alive(turn, message, body.at)
    quirks = known.quirks.of(turn.state.hardware).quirks
    results.answered(turn, body, outbox.read(body, quirks), frame)


def _command(turn: Turn, message: Message, _known: Known) -> None:
    """A command: carried out once, however often its record comes."""
    body: station.StationCommand = message.body
    if message.id in turn.state.pending:
        return
    for given in turn.state.outcomes:
        if given.command_id == message.id:
            turn.say(given)
            return
    order = commands.order_of(body, message.id, message.at)
    if isinstance(body, station.SetRegistration):
        commands.register(turn, body, order)
        return
    if isinstance(body, migration.AdoptTransaction):
        migrated.adopt(turn, body, order)
        return
    link = turn.state.link
    why = commands.refusal(turn.state, body, message.at)
    if why is None and isinstance(link, Connected):
        written = outbox.write(body, turn.state, link.line.protocol)
        if not isinstance(written, commands.Refusal):
            commands.hand_over(turn, link.line, order, written)
            return
        why = written
    commands.refuse(turn, order, why or commands.NOT_CONNECTED)


INBOX: Mapping[type, Callable[[Turn, Message, Known], None]] = {
    gateway.Exchange: _exchange,
    gateway.Unreadable: _unreadable,
    gateway.LinkOpened: _opened,
    gateway.LinkClosed: _closed,
    gateway.LinkSilent: _silent,
    gateway.LinkBack: _back,
    gateway.LinkAlive: _link_alive,
    gateway.CallReport: _report,
    station.RequestStart: _command,
    station.RequestStop: _command,
    station.Reset: _command,
    station.UnlockConnector: _command,
    station.ChangeAvailability: _command,
    station.TriggerMessage: _command,
    station.GetVariables: _command,
    station.SetVariables: _command,
    station.GetTransactionStatus: _command,
    station.SetRegistration: _command,
    migration.AdoptTransaction: _command,
}

IGNORED = frozenset({type_name(gateway.LinkRefused), type_name(gateway.LinkSuperseded)})
"""What the gateway says of links that are none, or that we closed ourselves."""
