"""The closed list of what a quirk can make Voltlog do, and the parameters of each effect.

Effects are data: the gateway applies those of kind transport, the station service those of kind normalise.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from msgspec import Struct


class EffectKind(StrEnum):
    """Who applies an effect."""

    TRANSPORT = "transport"
    """The gateway, on the socket."""
    NORMALISE = "normalise"
    """The station service, between a frame and the facts made from it."""


class EffectName(StrEnum):
    """Every effect there is."""

    PACE_INBOUND = "pace_inbound"
    """Read the socket no faster than `PaceInbound` says instead of closing it as a flood: the station is emptying
    years of stored history."""

    STATION_ZONE = "station_zone"
    """A time without a zone is the wall clock of the station's location; clock quality `local`."""

    RECEIVE_TIME_WHEN_UNREADABLE = "receive_time_when_unreadable"
    """A time that is missing or that no calendar has is replaced by the time of reception; clock quality `unset`."""

    CLOCK_UNSET_BEFORE = "clock_unset_before"
    """A time before `ClockUnsetBefore.moment` shows a clock that was never set: the time of reception rules."""

    UNKNOWN_TRANSACTION_ID = "unknown_transaction_id"
    """These transaction ids name no transaction. The message is acknowledged and joined to one by what
    `UnknownTransactionId.join_by` lists, in that order."""

    UNKNOWN_REGISTER = "unknown_register"
    """These register values mean that the station did not know: the sample that `UnknownRegister` names is taken."""

    REGISTER_DROP = "register_drop"
    """A stop register at most so far below the start register is rounding: the energy is zero, and flagged."""

    REGISTER_KIND = "register_kind"
    """What the energy register counts; `infer` until the readings have shown it, and nothing is billed on a guess."""

    SKIP_EMPTY_SAMPLES = "skip_empty_samples"
    """A meterValue without any sampledValue is left out; the others of the frame count."""

    CONNECTOR_ZERO_IS_ONE = "connector_zero_is_one"
    """Readings sent for connector 0 belong to connector 1, on a station that has only one."""

    ALIAS_MEASURANDS = "alias_measurands"
    """Vendor names of measurands, perhaps with the phase in the name, are read as the standard ones."""

    ALIAS_PHASES = "alias_phases"
    """Phases of these measurands are read as other ones (`L1-N` of a current is `L1`)."""

    ALIAS_UNITS = "alias_units"
    """Units are read as the standard ones."""

    MEASURAND_BY_UNIT = "measurand_by_unit"
    """A sample without a measurand is no energy register when its unit says otherwise: the unit names it."""

    QUARANTINE_CONTEXTS = "quarantine_contexts"
    """Samples with these contexts are kept as sent and make no fact."""

    KEEP_RAW_MEASURANDS = "keep_raw_measurands"
    """These measurands have no standard meaning: kept under their own name in telemetry, without a suspect reason."""

    SUM_PHASES = "sum_phases"
    """Where these measurands come only per phase, the total is the sum of the phases, also of a single one."""

    ZERO_POWER_WITHOUT_TRANSACTION = "zero_power_without_transaction"
    """No power value outside a transaction means zero, not unknown."""

    UNQUOTE = "unquote"
    """Blanks and quotation marks around measurands, in samples and in configuration values, are taken off."""

    ALIAS_CONFIGURATION = "alias_configuration"
    """Words in the value of a configuration key are read as the standard ones, whatever their case."""


class NoParams(Struct, frozen=True, forbid_unknown_fields=True):
    """The effect says everything by its name."""


class PaceInbound(Struct, frozen=True, forbid_unknown_fields=True):
    """Frames per second in the long run, and how many may come at once."""

    frames_per_second: int
    burst: int


class ClockUnsetBefore(Struct, frozen=True, forbid_unknown_fields=True):
    """No station tells an earlier time truthfully. Aware."""

    moment: datetime


class UnknownTransactionId(Struct, frozen=True, forbid_unknown_fields=True):
    """`values` as they stand on the wire; null stands for a missing id as well."""

    values: tuple[int | None, ...]
    join_by: tuple[Literal["connector", "id_token", "meter_start", "time"], ...]


class UnknownRegister(Struct, frozen=True, forbid_unknown_fields=True):
    """Registers in Wh as sent, in which message they stand, and which sample of the transaction replaces them."""

    values: tuple[int, ...]
    of: Literal["start", "stop"]
    instead: Literal["first_sample", "last_sample"]


class RegisterDrop(Struct, frozen=True, forbid_unknown_fields=True):
    """The largest drop that is rounding, in Wh."""

    tolerance_wh: Decimal


class RegisterKind(Struct, frozen=True, forbid_unknown_fields=True):
    """What the register counts: the meter's life, since the last boot, or the session; `infer` = not known yet."""

    counts: Literal["lifetime", "boot", "session", "infer"]


class StandardMeasurand(Struct, frozen=True, forbid_unknown_fields=True):
    """A measurand of the specification and, where the vendor's name holds it, the phase."""

    measurand: str
    phase: str | None = None


class AliasMeasurands(Struct, frozen=True, forbid_unknown_fields=True):
    """Vendor's name → standard measurand."""

    aliases: dict[str, StandardMeasurand]


class AliasPhases(Struct, frozen=True, forbid_unknown_fields=True):
    """Phase as sent → phase meant, for these measurands."""

    measurands: tuple[str, ...]
    aliases: dict[str, str]


class AliasUnits(Struct, frozen=True, forbid_unknown_fields=True):
    """Unit as sent → standard unit."""

    aliases: dict[str, str]


class MeasurandByUnit(Struct, frozen=True, forbid_unknown_fields=True):
    """Unit → the measurand it stands for."""

    units: dict[str, str]


class Contexts(Struct, frozen=True, forbid_unknown_fields=True):
    """Reading contexts as sent."""

    contexts: tuple[str, ...]


class Measurands(Struct, frozen=True, forbid_unknown_fields=True):
    """Measurands as sent."""

    measurands: tuple[str, ...]


class AliasConfiguration(Struct, frozen=True, forbid_unknown_fields=True):
    """The key, and word as sent (lower case) → standard word."""

    key: str
    aliases: dict[str, str]


Params = (
    NoParams
    | PaceInbound
    | ClockUnsetBefore
    | UnknownTransactionId
    | UnknownRegister
    | RegisterDrop
    | RegisterKind
    | AliasMeasurands
    | AliasPhases
    | AliasUnits
    | MeasurandByUnit
    | Contexts
    | Measurands
    | AliasConfiguration
)

PARAMS: dict[EffectName, type[Params]] = {
    EffectName.PACE_INBOUND: PaceInbound,
    EffectName.STATION_ZONE: NoParams,
    EffectName.RECEIVE_TIME_WHEN_UNREADABLE: NoParams,
    EffectName.CLOCK_UNSET_BEFORE: ClockUnsetBefore,
    EffectName.UNKNOWN_TRANSACTION_ID: UnknownTransactionId,
    EffectName.UNKNOWN_REGISTER: UnknownRegister,
    EffectName.REGISTER_DROP: RegisterDrop,
    EffectName.REGISTER_KIND: RegisterKind,
    EffectName.SKIP_EMPTY_SAMPLES: NoParams,
    EffectName.CONNECTOR_ZERO_IS_ONE: NoParams,
    EffectName.ALIAS_MEASURANDS: AliasMeasurands,
    EffectName.ALIAS_PHASES: AliasPhases,
    EffectName.ALIAS_UNITS: AliasUnits,
    EffectName.MEASURAND_BY_UNIT: MeasurandByUnit,
    EffectName.QUARANTINE_CONTEXTS: Contexts,
    EffectName.KEEP_RAW_MEASURANDS: Measurands,
    EffectName.SUM_PHASES: Measurands,
    EffectName.ZERO_POWER_WITHOUT_TRANSACTION: NoParams,
    EffectName.UNQUOTE: NoParams,
    EffectName.ALIAS_CONFIGURATION: AliasConfiguration,
}
"""The parameters that each effect takes."""

_TRANSPORT = frozenset({EffectName.PACE_INBOUND})


class Effect(Struct, frozen=True):
    """One effect of a quirk; `params` is of the type that `PARAMS` names."""

    name: EffectName
    params: Params

    @property
    def kind(self) -> EffectKind:
        """Who applies it."""
        return EffectKind.TRANSPORT if self.name in _TRANSPORT else EffectKind.NORMALISE
