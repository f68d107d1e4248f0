"""The small device model of a simulated 2.x station: components and variables (OCPP 2.0.1 part 2, appendices)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from volt_simulator.clock import true_time

if TYPE_CHECKING:
    from volt_simulator.station import Station

# Names are case-insensitive (§4.4); keys are folded.
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Variable:
    """How it is read, and the field of Configuration that it sets, if it can be set at all."""

    read: Callable[["Station"], str]
    field: str | None = None
    needs_reboot: bool = False


def key(component: str, variable: str, instance: str | None = None) -> Key:
    """The place of a variable in the table; the instance is that of the variable."""
    return component.casefold(), variable.casefold(), (instance or "").casefold()


def _set_by(field: str, needs_reboot: bool = False) -> Variable:
    return Variable(lambda station: shown(getattr(station.configuration, field)), field, needs_reboot)


def _fixed(value: str) -> Variable:
    return Variable(lambda station: value)


def shown(value: float | bool) -> str:
    """A value as the wire has it."""
    return str(value).lower() if isinstance(value, bool) else str(int(value))


VARIABLES: Mapping[Key, Variable] = {
    key("OCPPCommCtrlr", "HeartbeatInterval"): _set_by("heartbeat_s"),
    key("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"): _set_by("message_attempts"),
    key("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"): _set_by("message_interval_s"),
    key("OCPPCommCtrlr", "WebSocketPingInterval"): _set_by("websocket_ping_s", needs_reboot=True),
    key("OCPPCommCtrlr", "FileTransferProtocols"): _fixed("HTTPS"),
    key("SampledDataCtrlr", "TxUpdatedInterval"): _set_by("meter_interval_s"),
    key("SampledDataCtrlr", "TxStartedMeasurands"): _fixed("Energy.Active.Import.Register"),
    key("SampledDataCtrlr", "TxEndedMeasurands"): _fixed("Energy.Active.Import.Register"),
    key("SampledDataCtrlr", "TxUpdatedMeasurands"): _fixed(
        "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"
    ),
    key("TxCtrlr", "EVConnectionTimeOut"): _set_by("connection_timeout_s"),
    key("TxCtrlr", "StopTxOnInvalidId"): _set_by("stops_on_invalid_id"),
    key("TxCtrlr", "StopTxOnEVSideDisconnect"): _fixed("true"),
    key("TxCtrlr", "TxStartPoint"): Variable(lambda station: station.traits.start_point.value),
    key("TxCtrlr", "TxStopPoint"): _fixed("EVConnected,Authorized"),
    key("AuthCtrlr", "Enabled"): _fixed("true"),
    key("AuthCtrlr", "AuthorizeRemoteStart"): _set_by("authorizes_remote_starts"),
    key("AuthCtrlr", "LocalAuthorizeOffline"): _set_by("authorizes_offline"),
    key("ClockCtrlr", "DateTime"): Variable(lambda station: station.clock.stamp(true_time())),
    key("ClockCtrlr", "TimeSource"): _fixed("Heartbeat"),
    key("SecurityCtrlr", "SecurityProfile"): _fixed("1"),
    key("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables"): _fixed("50"),
    key("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables"): _fixed("50"),
    key("ChargingStation", "Model"): Variable(lambda station: station.traits.model),
    key("ChargingStation", "VendorName"): _fixed("Voltsim"),
    key("ChargingStation", "SupplyPhases"): _fixed("1"),
}
COMPONENTS = frozenset(component for component, _, _ in VARIABLES)


def missing(component: str) -> str:
    """What is wrong with a name that is not in the table."""
    return "UnknownVariable" if component.casefold() in COMPONENTS else "UnknownComponent"


def change(station: "Station", found: Key, value: str) -> str:
    """Sets a variable that exists; the status for the answer."""
    variable = VARIABLES[found]
    if variable.field is None:
        return "Rejected"
    is_switch = isinstance(getattr(station.configuration, variable.field), bool)
    if is_switch and value.lower() in ("true", "false"):
        station.configure(variable.field, value.lower() == "true")
    elif not is_switch and value.isdecimal() and len(value) < 10:
        station.configure(variable.field, int(value))
    else:
        return "Rejected"
    return "RebootRequired" if variable.needs_reboot else "Accepted"
