"""What was heard from a station, neutral of its version: what the readers of frames hand to the rules."""

from decimal import Decimal
from typing import Literal

import msgspec

from volt_contracts.fact import FactTime
from volt_contracts.gateway import Decision, Verdict, VerdictSource
from volt_contracts.station import ChargingState, ConnectorStatus, Reading


class Signed(msgspec.Struct, frozen=True):
    """Signed meter data, byte for byte, and what stands in it in clear."""

    data: str
    encoding: str
    context: str
    method: str | None = None
    public_key: str | None = None
    meter_serial: str | None = None
    pagination: str | None = None


class Moment(msgspec.Struct, frozen=True):
    """What was measured at one moment."""

    time: FactTime
    reading: Reading
    signed: tuple[Signed, ...] = ()
    suspect: tuple[str, ...] = ()
    mark: str = ""
    """By which a repetition is told, once it was asked for."""


class Boot(msgspec.Struct, frozen=True):
    """What a station says of itself when it boots."""

    time: FactTime
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


class Status(msgspec.Struct, frozen=True):
    """A connector's status."""

    time: FactTime
    evse: int
    connector: int
    status: ConnectorStatus
    as_sent: str
    charging_state: ChargingState | None = None
    error_code: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    info: str | None = None


class Token(msgspec.Struct, frozen=True):
    """A token that was presented, and the verdict that went out."""

    ref: str | None = None
    type: str | None = None
    verdict: Verdict | None = None
    source: VerdictSource | None = None
    group_ref: str | None = None


NO_TOKEN = Token()


def token(ref: str | None, type_: str | None, decision: Decision | None) -> Token:
    """The token of a frame with what was decided on it."""
    if decision is None:
        return Token(ref, type_)
    return Token(ref or decision.token_ref, type_, decision.verdict, decision.verdict_source, decision.group_ref)


class Meter(msgspec.Struct, frozen=True):
    """Readings of an EVSE. `protocol_id`: the transaction that they name, None for none; `claimed`: they name one,
    be it one that nobody knows; `numbered`: it is an id that a central system may have given."""

    evse: int
    connector: int | None
    moments: tuple[Moment, ...]
    protocol_id: str | None = None
    claimed: bool = False
    numbered: bool = False


class Start(msgspec.Struct, frozen=True):
    """StartTransaction of 1.6. `identity`: all that tells it from other starts, as sent, but with the token's ref."""

    time: FactTime
    evse: int
    connector: int
    protocol_id: str
    identity: str
    token: Token
    register_wh: Decimal | None
    reservation_id: int | None = None
    decision: Decision | None = None


class Stop(msgspec.Struct, frozen=True):
    """StopTransaction of 1.6. `protocol_id` is None when the id is one that names no transaction; `as_sent` has it."""

    time: FactTime
    protocol_id: str | None
    as_sent: str
    register_wh: Decimal | None
    token_ref: str | None
    reason: str | None
    moments: tuple[Moment, ...] = ()
    use_last_sample: bool = False
    tolerated_drop: tuple[Decimal, str] | None = None
    """How far below the start register is rounding, and the quirk that says so."""


class Event(msgspec.Struct, frozen=True):
    """TransactionEvent of 2.x."""

    kind: Literal["Started", "Updated", "Ended"]
    time: FactTime
    protocol_id: str
    seq_no: int | None
    trigger: str | None
    evse: int | None
    connector: int | None
    charging_state: ChargingState | None
    token: Token
    remote_start_id: int | None
    reservation_id: int | None
    reason: str | None
    moments: tuple[Moment, ...]
    decision: Decision | None
