"""The charger's twin in neutral words: what a station did, whatever OCPP version and vendor it speaks.

Statuses, verdicts, triggers and charging states are those of OCPP 2.x; what 1.6 says differently is mapped, and the
station's own word stays beside it (`*_as_sent`).
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from volt_contracts.fact import Fact
from volt_contracts.gateway import Grant, Registration, Verdict, VerdictSource
from volt_contracts.message import Command, Event, Outcome, Row

ConnectorStatus = Literal["Available", "Occupied", "Reserved", "Unavailable", "Faulted", "Unknown"]
ChargingState = Literal["Idle", "EVConnected", "Charging", "SuspendedEV", "SuspendedEVSE"]
SuspendedBy = Literal["ev", "evse", "unknown"]
LimitedBy = Literal["ev", "station", "profile", "unknown"]


class LinkUp(Fact, frozen=True, kw_only=True, tag="station.link_up.v1"):
    """The station is connected on a new link."""

    link_id: str
    link_seq: int
    gateway_id: str
    identity: str
    protocol: str
    known: bool
    security_profile: int
    remote_address: str


class LinkLost(Fact, frozen=True, kw_only=True, tag="station.link_lost.v1"):
    """The station's current link ended, or nothing was heard on it for 2.5 times the time a link may be quiet."""

    link_id: str
    cause: Literal["closed", "silent", "superseded"]
    code: int | None = None


class Booted(Fact, frozen=True, kw_only=True, tag="station.booted.v1"):
    """BootNotification, and the registration that it was answered with."""

    registration: Registration
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    box_serial: str | None = None
    meter_serial: str | None = None
    meter_type: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    reason: str | None = None
    hardware_epoch: int = 0


class HardwareChanged(Fact, frozen=True, kw_only=True, tag="station.hardware_changed.v1"):
    """Another serial or meter under the same identity: registers and transaction ids start a new epoch."""

    hardware_epoch: int
    what: tuple[Literal["serial", "meter"], ...]
    before: dict[str, str | None]
    after: dict[str, str | None]


class RegistrationChanged(Event, frozen=True, kw_only=True, tag="station.registration_changed.v1"):
    """The station was accepted, put on hold or rejected, by a command or by policy."""

    registration: Registration
    reason: str
    at: datetime


class ConnectorStatusChanged(Fact, frozen=True, kw_only=True, tag="station.connector_status_changed.v1"):
    """StatusNotification. One that is not `live` came late and changes history only; `resumed`: first on its link."""

    evse: int
    connector: int
    status: ConnectorStatus
    status_as_sent: str
    charging_state: ChargingState | None = None
    error_code: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    info: str | None = None
    live: bool = True
    resumed: bool = False


class TokenPresented(Fact, frozen=True, kw_only=True, tag="station.token_presented.v1"):
    """Authorize, and the verdict that went out."""

    token_ref: str
    token_type: str | None = None
    verdict: Verdict
    verdict_source: VerdictSource
    group_ref: str | None = None


class TransactionStarted(Fact, frozen=True, kw_only=True, tag="station.transaction_started.v1"):
    """A transaction began. `protocol_id` is its id on the wire: 1.6's integer as text, or 2.x's transactionId."""

    transaction_uid: str
    protocol_id: str
    hardware_epoch: int
    evse: int
    connector: int
    token_ref: str | None = None
    token_type: str | None = None
    verdict: Verdict | None = None
    verdict_source: VerdictSource | None = None
    group_ref: str | None = None
    register_wh: Decimal | None = None
    trigger: str | None = None
    charging_state: ChargingState | None = None
    remote_start_id: int | None = None
    command_id: str | None = None
    """The command whose grant it used."""
    reservation_id: int | None = None
    seq_no: int | None = None
    adopted: bool = False
    """Seen for the first time in the middle or at its end: its start is not on record."""


class TransactionUpdated(Fact, frozen=True, kw_only=True, tag="station.transaction_updated.v1"):
    """Something about a running transaction changed: charging state, token, EVSE, offered power."""

    transaction_uid: str
    evse: int | None = None
    connector: int | None = None
    seq_no: int | None = None
    trigger: str | None = None
    charging_state: ChargingState | None = None
    suspended_by: SuspendedBy | None = None
    token_ref: str | None = None
    token_type: str | None = None
    verdict: Verdict | None = None
    verdict_source: VerdictSource | None = None
    offered_w: Decimal | None = None
    limited_by: LimitedBy | None = None
    remote_start_id: int | None = None
    command_id: str | None = None


class SequenceGap(Event, frozen=True, kw_only=True, tag="station.sequence_gap.v1"):
    """Numbers of a 2.x transaction are missing: the station was asked for them (GetTransactionStatus)."""

    transaction_uid: str
    missing: tuple[int, ...]
    at: datetime


class TransactionEnded(Fact, frozen=True, kw_only=True, tag="station.transaction_ended.v1"):
    """A transaction is over. `missing` names what is not on record: `start`, `register`, or `seq:N`."""

    transaction_uid: str
    protocol_id: str
    evse: int
    connector: int
    register_wh: Decimal | None = None
    reason: str | None = None
    token_ref: str | None = None
    trigger: str | None = None
    seq_no: int | None = None
    missing: tuple[str, ...] = ()


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sampled value, in the base unit of its measurand (Wh, W, A, V, Hz, %, Celsius, varh, var)."""

    measurand: str
    value: Decimal
    unit: str
    phase: str | None = None
    location: str | None = None
    as_sent: str | None = None
    """The word for the measurand or unit that the station used, when it is none of the specification's."""


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The values of one moment. `register_wh` is the total of Energy.Active.Import.Register, quirks applied."""

    at: datetime
    context: str = "Sample.Periodic"
    register_wh: Decimal | None = None
    export_wh: Decimal | None = None
    power_w: Decimal | None = None
    soc_percent: Decimal | None = None
    values: tuple[Value, ...] = ()


class ReadingsTaken(Fact, frozen=True, kw_only=True, tag="station.readings_taken.v1"):
    """Meter values in frame order. In `station.events` when inside a visit or transaction; all of them in telemetry."""

    evse: int
    connector: int | None = None
    transaction_uid: str | None = None
    seq_no: int | None = None
    readings: tuple[Reading, ...]


class ReadingsAttributed(Event, frozen=True, kw_only=True, tag="station.readings_attributed.v1"):
    """Readings that came before the start of their transaction belong to it. `frames` are the ids of their frames."""

    transaction_uid: str
    evse: int
    frames: tuple[str, ...]
    at: datetime


class SignedMeterData(Row, frozen=True, kw_only=True, tag="station.signed_meter_data.v1"):
    """Signed meter data, byte for byte, kept for ten years in `station.evidence`."""

    transaction_uid: str | None
    evse: int
    data: str
    encoding: str
    method: str | None = None
    public_key: str | None = None
    key_source: Literal["sent", "registered", "none"] = "none"
    context: str
    meter_serial: str | None = None
    pagination: str | None = None
    verification: Literal["ok", "bad", "unverified"] = "unverified"
    at: datetime


class LateFact(Fact, frozen=True, kw_only=True, tag="station.late_fact.v1"):
    """A fact about something that is no longer kept in the twin's state: for review, it changes nothing."""

    about: str
    what: str


class CommandSent(Event, frozen=True, kw_only=True, tag="station.command_sent.v1"):
    """A command was translated and handed to the gateway that holds the link."""

    command_id: str
    command: str
    message_id: str
    link_id: str
    action: str
    answer_until: datetime
    """After this the outcome is `unknown` (or `expired` when it was never sent)."""
    lossy: tuple[str, ...] = ()
    remote_start_id: int | None = None
    grant: Grant | None = None
    actor: str
    at: datetime


class CommandProgressed(Event, frozen=True, kw_only=True, tag="station.command_progressed.v1"):
    """The gateway has sent it, or one of its several calls was answered."""

    command_id: str
    message_id: str
    sent_at: datetime | None = None
    results: tuple[dict[str, str], ...] = ()
    at: datetime


class CommandFinished(Outcome, frozen=True, kw_only=True, tag="station.command_finished.v1"):
    """The one outcome of a command to a station, with the station's own word for it."""

    command: str
    status: str | None = None
    status_info: str | None = None
    results: tuple[dict[str, str], ...] = ()
    """Per variable or key: component, variable, value, status."""
    sent_at: datetime | None = None
    lossy: tuple[str, ...] = ()
    """What the station's version cannot express of what was asked."""
    at: datetime


class LateResult(Fact, frozen=True, kw_only=True, tag="station.late_result.v1"):
    """A station's answer that came after its command had an outcome."""

    command_id: str
    status: str | None = None


# Commands, neutral, in the words of 2.x.


class StationCommand(Command, frozen=True, kw_only=True):
    """Sent to one station; refused while it is not registered, `expired` when it is not connected."""


class RequestStart(StationCommand, frozen=True, kw_only=True, tag="station.request_start.v1"):
    """Start a transaction. Never sent later than 30 s after its request unless `not_after` says so."""

    id_token: str
    """The clear value, as the station shall present it; 1.6 takes 20 characters."""
    token_type: str = "Central"
    token_ref: str
    evse: int | None = None
    remote_start_id: int


class RequestStop(StationCommand, frozen=True, kw_only=True, tag="station.request_stop.v1"):
    """Stop a running transaction."""

    transaction_uid: str


class Reset(StationCommand, frozen=True, kw_only=True, tag="station.reset.v1"):
    """Restart the station: `Immediate` (1.6 Hard) or `OnIdle` (1.6 Soft)."""

    kind: Literal["Immediate", "OnIdle"] = "OnIdle"
    evse: int | None = None


class UnlockConnector(StationCommand, frozen=True, kw_only=True, tag="station.unlock_connector.v1"):
    """Release the plug."""

    evse: int
    connector: int = 1


class ChangeAvailability(StationCommand, frozen=True, kw_only=True, tag="station.change_availability.v1"):
    """Take a station, EVSE or connector in or out of service."""

    operational: bool
    evse: int | None = None
    connector: int | None = None


class TriggerMessage(StationCommand, frozen=True, kw_only=True, tag="station.trigger_message.v1"):
    """Ask for a message now, named as in 2.x (BootNotification, Heartbeat, MeterValues, StatusNotification, …)."""

    message: str
    evse: int | None = None
    connector: int | None = None


class Variable(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A variable of the device model, or with component None a configuration key of 1.6."""

    variable: str
    component: str | None = None
    instance: str | None = None
    evse: int | None = None
    value: str | None = None


class GetVariables(StationCommand, frozen=True, kw_only=True, tag="station.get_variables.v1"):
    """Read variables; empty: all configuration keys (1.6 only)."""

    variables: tuple[Variable, ...] = ()


class SetVariables(StationCommand, frozen=True, kw_only=True, tag="station.set_variables.v1"):
    """Write variables. 1.6 writes one key a call, in order; the outcome lists each."""

    variables: tuple[Variable, ...]


class GetTransactionStatus(StationCommand, frozen=True, kw_only=True, tag="station.get_transaction_status.v1"):
    """Ask a 2.x station whether messages of a transaction are still queued."""

    transaction_uid: str | None = None


class SetRegistration(StationCommand, frozen=True, kw_only=True, tag="station.set_registration.v1"):
    """Accept, hold or reject a station: `registration_changed` and an outcome, nothing on the wire."""

    registration: Registration


class RecentStart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A start and what it was answered: a retry gets the same, on whatever gateway it arrives."""

    wire_id: int
    verdict: Verdict
    transaction_uid: str
    ended: bool = False
    started_at: datetime | None = None


class StationProfile(Row, frozen=True, kw_only=True, tag="station.profile.v1"):
    """Public row of `station.profiles`: what a gateway must know of a station to answer it."""

    registration: Registration | None = None
    protocol: str | None = None
    hardware_epoch: int = 0
    vendor: str | None = None
    model: str | None = None
    firmware: str | None = None
    quirks: tuple[str, ...] = ()
    quirk_set_version: str | None = None
    boot_seen: bool = False
    recent_starts: tuple[RecentStart, ...] = ()
    grants: tuple[Grant, ...] = ()
    running: tuple[str, ...] = ()
    """Protocol ids of the transactions that are open."""
