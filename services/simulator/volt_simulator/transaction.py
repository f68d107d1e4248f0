"""A transaction and a visit as the station knows them; the ledger's lines are written from these."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import uuid4

from volt_simulator.ledger import Charge, TransactionEntry, VisitEntry
from volt_simulator.traits import Clock, Traits

CARD = "ISO14443"

Authorization = Literal["online", "offline", "remote", "none"]


@dataclass(frozen=True, slots=True)
class Grant:
    """A token may take energy, and on whose word. The type of a token is that of 2.x."""

    token: str
    authorization: Authorization
    remote_start_id: int | None = None
    token_type: str = CARD


class StopReason(StrEnum):
    """Why energy stopped; the versions have their own words for it."""

    LOCAL = "Local"
    EV_DISCONNECTED = "EVDisconnected"
    REMOTE = "Remote"
    DEAUTHORIZED = "DeAuthorized"
    UNLOCK = "UnlockCommand"
    SOFT_RESET = "SoftReset"
    HARD_RESET = "HardReset"
    POWER_LOSS = "PowerLoss"
    EMERGENCY_STOP = "EmergencyStop"
    REBOOT = "Reboot"


class Trigger(StrEnum):
    """What makes a 2.x station send a TransactionEvent while its transaction goes on."""

    AUTHORIZED = "Authorized"
    CABLE_PLUGGED_IN = "CablePluggedIn"
    CHARGING_STATE_CHANGED = "ChargingStateChanged"
    METER_VALUE_PERIODIC = "MeterValuePeriodic"
    REMOTE_START = "RemoteStart"
    TRIGGER = "Trigger"


@dataclass(slots=True, eq=False)
class Visit:
    """From plug to unplug."""

    number: int
    token: str | None = None
    authorized_at: datetime | None = None
    plugged_at: datetime | None = None
    unplugged_at: datetime | None = None
    transactions: int = 0
    energy_wh: int = 0
    plug_reported: bool = False
    unplug_reported: bool = False

    def entry(self, traits: Traits, evse: int) -> VisitEntry | None:
        """Its line in the ledger; a car that never plugged in has none."""
        if self.plugged_at is None:
            return None
        return VisitEntry(
            station=traits.station,
            evse=evse,
            version=traits.version,
            visit=self.number,
            token=self.token,
            transactions=self.transactions,
            energy_wh=self.energy_wh,
            authorized_at=self.authorized_at,
            plugged_at=self.plugged_at,
            unplugged_at=self.unplugged_at,
            plug_reported=self.plug_reported,
            unplug_reported=self.unplug_reported,
            clock=traits.faults.clock,
            state="running" if self.unplugged_at is None else "ended",
        )


@dataclass(slots=True, eq=False)
class Transaction:
    """One transaction. `pending` counts its messages that nobody has answered yet."""

    traits: Traits
    evse: int
    visit: int
    number: int
    started_at: datetime
    started_offline: bool
    meter_start_wh: int
    own_id: str = field(default_factory=lambda: str(uuid4()))
    csms_id: int | None = None
    token: str | None = None
    token_type: str = CARD
    authorization: Authorization = "none"
    remote_start_id: int | None = None
    meter_stop_wh: int | None = None
    ended_at: datetime | None = None
    ended_offline: bool = False
    reason: StopReason | None = None
    charge: Charge | None = None
    charging_state: str = "Idle"
    sequence: int = 0
    evse_told: bool = False
    pending: int = 0
    discarded: bool = False
    refused: bool = False
    clock: Clock = "good"
    plug: int = 1
    signed_begin: str | None = None

    @property
    def wire_id(self) -> int | str | None:
        """The id the protocol knows it by: the central system's in 1.6, the station's in 2.x."""
        return self.csms_id if self.traits.version == "1.6" else self.own_id

    def grant(self, grant: Grant) -> None:
        """Somebody is allowed to charge now."""
        self.token = grant.token
        self.token_type = grant.token_type
        self.authorization = grant.authorization
        self.remote_start_id = grant.remote_start_id

    @property
    def is_acknowledged(self) -> bool:
        """Its start and its end have reached the central system."""
        return self.ended_at is not None and self.pending == 0 and not self.discarded

    def doubt(self, clock: Clock) -> None:
        """One of its times was written with that clock; a time that was wrong stays so."""
        if self.clock == "good":
            self.clock = clock

    def next_sequence(self) -> int:
        """The seqNo of its next TransactionEvent."""
        number, self.sequence = self.sequence, self.sequence + 1
        return number

    def entry(self, sequence: int | None = None) -> TransactionEntry:
        """Its line in the ledger; with the seqNo that comes next if no other one will."""
        return TransactionEntry(
            station=self.traits.station,
            evse=self.evse,
            version=self.traits.version,
            visit=self.visit,
            transaction=self.number,
            transaction_id=self.wire_id,
            token=self.token,
            authorization=self.authorization,
            meter_start_wh=self.meter_start_wh,
            meter_stop_wh=self.meter_stop_wh,
            energy_wh=0 if self.meter_stop_wh is None else self.meter_stop_wh - self.meter_start_wh,
            started_at=self.started_at,
            ended_at=self.ended_at,
            started_offline=self.started_offline,
            ended_offline=self.ended_offline,
            reason=self.reason,
            clock=self.clock,
            register=self.traits.register.value,
            state="running" if self.ended_at is None else "ended",
            acknowledged=self.is_acknowledged,
            discarded=self.discarded,
            refused=self.refused,
            charge=self.charge if self.ended_at is None else None,
            sequence=sequence,
        )
