"""One line of plain words for every kind of record in a timeline. Never a clear value: frames' payloads stay out."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from volt_contracts import accounts, addresses, drivers, eventlog, gateway, imports, network, session, station
from volt_contracts.message import Outcome


def sentence(body: Any) -> str:
    """What the record says; the type's own words where this table has none."""
    write = SENTENCES.get(type(body))
    if write is not None:
        return write(body)
    return type(body).__name__


def command_name(command: str | None) -> str:
    """What people call a command: `station.reset.v1` is `reset`, `StopSession` is `stop session`."""
    words = _TAG.sub(r"\1", command or "command").replace("_", " ")
    return _WORD.sub(" ", words).lower()


def _exchange(body: gateway.Exchange) -> str:
    answer = body.error or ("no answer" if body.answer is None else "answered")
    decision = body.decision
    if decision is not None:
        answer = ", ".join(word for word in (decision.registration, decision.verdict, _id(decision)) if word) or answer
    broken = " (departs from the schema)" if body.violations else ""
    return f"{body.action} → {answer}{broken}"


def _id(decision: gateway.Decision) -> str | None:
    return None if decision.transaction_id is None else f"transaction {decision.transaction_id}"


_TAG = re.compile(r"^[a-z.]+\.([a-z_]+)\.v\d+$")
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_GLANCE = Decimal("0.001")
_LARGE = Decimal(10) ** 18

_REPORTS = {
    "sent": "{action} sent to the station",
    "result": "{action} answered by the station",
    "error": "{action} answered with error {error}",
    "no_answer": "{action}: no answer from the station",
    "not_sent": "{action} not sent: {error}",
}


def _report(body: gateway.CallReport) -> str:
    return _REPORTS[body.report].format(action=body.action, error=body.error or "unknown")


def _status(body: station.ConnectorStatusChanged) -> str:
    error = f", error {body.error_code}" if body.error_code and body.error_code != "NoError" else ""
    late = "" if body.live else " (told late)"
    return f"{_connector(body.evse, body.connector)} is {body.status_as_sent}{error}{late}"


def _started(body: station.TransactionStarted) -> str:
    verdict = f", {body.verdict}" if body.verdict else ""
    where = _connector(body.evse, body.connector)
    return f"Transaction {_wire_id(body.protocol_id)} started at {where}{verdict}{_at(body)}"


def _at(body: station.TransactionStarted | station.TransactionEnded) -> str:
    return "" if body.register_wh is None else f", register {_wh(body.register_wh)}"


def _updated(body: station.TransactionUpdated) -> str:
    words = [body.charging_state, body.trigger, body.verdict]
    return "Transaction updated: " + (", ".join(word for word in words if word) or "no change of state")


def _ended(body: station.TransactionEnded) -> str:
    reason = f", {body.reason}" if body.reason else ""
    missing = f", missing {', '.join(body.missing)}" if body.missing else ""
    return f"Transaction {_wire_id(body.protocol_id)} ended{reason}{_at(body)}{missing}"


def _readings(body: station.ReadingsTaken) -> str:
    last = body.readings[-1] if body.readings else None
    if last is None:
        return "Readings without values"
    shown = [
        None if last.register_wh is None else _wh(last.register_wh),
        None if last.power_w is None else f"{_plain(last.power_w)} W",
        None if last.soc_percent is None else f"{_plain(last.soc_percent)} %",
    ]
    count = "Reading" if len(body.readings) == 1 else f"{len(body.readings)} readings"
    values = ", ".join(value for value in shown if value)
    return f"{count}: {values or 'other values'}"


def _handed(body: station.CommandSent) -> str:
    return f"{_begin(body.command)} handed to the gateway as {body.action}"


def _finished(body: Any) -> str:
    why = f": {body.sentence}" if body.sentence else ""
    new = body.status and body.status.lower() != body.outcome and body.status not in why
    said = f" ({body.status})" if new else ""
    return f"{_begin(body.command)} {_word(body)}{said}{why}"


def _begin(command: str) -> str:
    return command_name(command).capitalize()


def _refused(body: Outcome) -> str:
    return f"Command {_word(body)}" + (f": {body.sentence}" if body.sentence else "")


def _word(body: Outcome) -> str:
    return body.outcome.replace("_", " ")


def _authorized(body: session.SessionAuthorized) -> str:
    shown = body.authorization
    return f"Token {short(shown.token_ref)} ({shown.source}): {shown.verdict}"


def _metered(body: session.SessionMetered) -> str:
    power = "" if body.power_w is None else f", {_plain(body.power_w / 1000)} kW"
    return f"{_kwh(body.energy_wh)} so far{power}"


def _session_ended(body: session.SessionEnded) -> str:
    missing = "" if body.complete else f", missing {', '.join(body.missing) or 'something'}"
    return f"Visit ended by {body.closed_by} with {_kwh(body.summary.energy_wh)}{missing}"


def _finalised(body: session.SessionFinalised) -> str:
    return f"Visit final with {_kwh(body.summary.energy_wh)}" + ("" if body.complete else ", not complete")


_STATES = {
    "Charging": "Charging",
    "SuspendedEV": "Paused by the car",
    "SuspendedEVSE": "Paused by the station",
    "EVConnected": "Plugged in, not charging",
    "Idle": "Idle",
}


def _charging(body: session.ChargingStateChanged) -> str:
    return _STATES[body.charging_state]


def _hardware(body: station.HardwareChanged) -> str:
    return f"New {' and '.join(body.what)}: hardware epoch {body.hardware_epoch}"


def _booted(body: station.Booted) -> str:
    made = " ".join(word for word in (body.vendor, body.model, body.firmware) if word)
    return f"Booted: {made or 'unnamed hardware'}, {body.registration}"


def _connector(evse: int, connector: int) -> str:
    if evse == 0:
        return "Station"
    return f"Connector {evse}" if connector in {0, 1} else f"Connector {evse}.{connector}"


def _wh(value: Decimal) -> str:
    return f"{_plain(value)} Wh"


def _kwh(value: Decimal) -> str:
    return f"{_plain(value / 1000)} kWh"


def _plain(value: Decimal) -> str:
    """At most three decimals, for a glance; the record holds the exact value."""
    if not value.is_finite():
        return str(value)
    return f"{value.quantize(_GLANCE).normalize():f}" if abs(value) < _LARGE else f"{value:f}"


def _time(value: datetime) -> str:
    return value.strftime("%H:%M:%S")


def _wire_id(identifier: str) -> str:
    """A transaction's id on the wire; 2.x takes UUIDs, whose beginning is enough here."""
    return identifier if len(identifier) <= 12 else f"{identifier[:8]}…"


def short(ref: str) -> str:
    """The first eight characters of an id: enough to tell two apart on a page."""
    return ref[:8]


SENTENCES: Mapping[type[Any], Callable[[Any], str]] = {
    gateway.Exchange: _exchange,
    gateway.Unreadable: lambda body: f"Unreadable frame of {body.size} characters: {body.sentence}",
    gateway.CallReport: _report,
    gateway.LinkOpened: lambda body: f"Connected from {body.remote_address} with {body.protocol}",
    gateway.LinkRefused: lambda body: f"Connection refused: {body.sentence}",
    gateway.LinkSuperseded: lambda _: "Link superseded by a newer one",
    gateway.LinkSilent: lambda body: f"Link silent since {_time(body.silent_since)}",
    gateway.LinkBack: lambda _: "Silent link speaks again",
    gateway.LinkClosed: lambda body: f"Link closed by {body.by} (code {body.code})",
    gateway.LinkAlive: lambda _: "Link alive",
    station.LinkUp: lambda body: f"Online on {body.gateway_id} with {body.protocol}",
    station.LinkLost: lambda body: f"Offline: link {body.cause}",
    station.Booted: _booted,
    station.HardwareChanged: _hardware,
    station.RegistrationChanged: lambda body: f"Registration {body.registration}: {body.reason}",
    station.ConnectorStatusChanged: _status,
    station.TokenPresented: lambda body: f"Token {short(body.token_ref)} presented: {body.verdict}",
    station.TransactionStarted: _started,
    station.TransactionUpdated: _updated,
    station.SequenceGap: lambda body: f"Messages missing: {', '.join(map(str, body.missing))}",
    station.TransactionEnded: _ended,
    station.ReadingsTaken: _readings,
    station.ReadingsAttributed: lambda body: f"Earlier readings of {len(body.frames)} frames belong to it",
    station.LateFact: lambda body: f"Late: {body.what}",
    station.CommandSent: _handed,
    station.CommandProgressed: lambda body: "Sent to the station" if body.sent_at else "One of its calls was answered",
    station.CommandFinished: _finished,
    station.LateResult: lambda body: f"Answer after the outcome: {body.status or 'no status'}",
    network.StationAdopted: lambda body: f"Adopted as {body.identity}, {body.registration}",
    network.StationRegistered: lambda body: f"Registered as {body.identity} by {body.actor}",
    network.TransferBegan: lambda body: f"Offered to {body.to.tenant} by {body.actor}",
    network.TransferRefused: lambda body: f"Stays: {body.sentence}",
    network.StationMoved: lambda body: f"Belongs to {body.to.tenant} now",
    network.TenantConfigured: lambda body: f"Settings of {body.settings.name} changed by {body.actor}",
    network.OrganisationConfigured: lambda body: f"Organisation {body.organisation.name} described by {body.actor}",
    network.LocationConfigured: lambda body: f"Location {body.location.name} described by {body.actor}",
    addresses.IdentityClaimed: lambda body: f"Identity {body.identity} claimed by {body.actor}",
    addresses.IdentityReleased: lambda body: f"Identity {body.identity} released by {body.actor}",
    addresses.RouteConfigured: lambda body: f"Address {body.host or ''}{body.path} leads to {body.tenant}",
    addresses.RouteRemoved: lambda body: f"Address given up by {body.actor}",
    imports.ImportRecorded: lambda body: f"{body.file.name} imported by {body.actor}, {body.file.rows} rows",
    network.NetworkCommandFinished: lambda body: f"{_begin(body.command)} {_word(body)}",
    drivers.DriversCommandFinished: lambda body: f"{_begin(body.command)} {_word(body)}",
    session.SessionStarted: lambda body: f"Visit began: {body.opened_by}",
    session.SessionAuthorized: _authorized,
    session.TransactionJoined: lambda body: f"Transaction {_wire_id(body.protocol_id)} joined",
    session.TransactionLeft: lambda body: "Transaction left" + (f": {body.reason}" if body.reason else ""),
    session.SessionMetered: _metered,
    session.ChargingStateChanged: _charging,
    session.SessionEnded: _session_ended,
    session.SessionRevised: lambda body: f"Revision {body.revision}: {body.reason}",
    session.SessionFinalised: _finalised,
    session.TokenNoted: lambda body: f"Token {short(body.token_ref)} noted: {body.verdict}",
    session.LateSessionFact: lambda body: f"Late: {body.what}",
    session.SessionCommandFinished: _finished,
    session.SessionCommandAccepted: lambda body: f"{_begin(body.command)} passed on to the station",
    drivers.TokenRegistered: lambda body: f"Token {short(body.token_ref)} is {body.status}, says {body.actor}",
    drivers.TokenErased: lambda body: f"Token {short(body.token_ref)} erased by {body.actor}",
    accounts.AccountRegistered: lambda body: f"Account described by {body.actor}",
    accounts.AccountClosed: lambda body: f"Account closed by {body.actor}",
    accounts.AccountErased: lambda body: f"Person erased by {body.actor}",
    accounts.TokenJoined: lambda body: f"Token {short(body.token_ref)} belongs to it",
    eventlog.KeyParked: lambda body: f"Parked: {body.error}",
    eventlog.KeyReleased: lambda body: f"Released by {body.actor}",
    eventlog.KeyCatchingUp: lambda _: "Catching up",
    eventlog.KeyCaughtUp: lambda _: "Caught up",
    eventlog.CommandRefused: _refused,
}
