"""The small device model of a simulated 2.x station: components and variables (OCPP 2.0.1 part 2, appendices)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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


SPELLED: Mapping[Key, Variable] = {
    ("OCPPCommCtrlr", "HeartbeatInterval", ""): _set_by("heartbeat_s"),
    ("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"): _set_by("message_attempts"),
    ("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"): _set_by("message_interval_s"),
    ("OCPPCommCtrlr", "WebSocketPingInterval", ""): _set_by("websocket_ping_s", needs_reboot=True),
    ("OCPPCommCtrlr", "FileTransferProtocols", ""): _fixed("HTTPS"),
    ("SampledDataCtrlr", "TxUpdatedInterval", ""): _set_by("meter_interval_s"),
    ("SampledDataCtrlr", "TxStartedMeasurands", ""): _fixed("Energy.Active.Import.Register"),
    ("SampledDataCtrlr", "TxEndedMeasurands", ""): _fixed("Energy.Active.Import.Register"),
    ("SampledDataCtrlr", "TxUpdatedMeasurands", ""): Variable(lambda station: station.traits.measurands),
    ("TxCtrlr", "EVConnectionTimeOut", ""): _set_by("connection_timeout_s"),
    ("TxCtrlr", "StopTxOnInvalidId", ""): _set_by("stops_on_invalid_id"),
    ("TxCtrlr", "StopTxOnEVSideDisconnect", ""): _fixed("true"),
    ("TxCtrlr", "TxStartPoint", ""): Variable(lambda station: station.traits.start_point.value),
    ("TxCtrlr", "TxStopPoint", ""): _fixed("EVConnected,Authorized"),
    ("AuthCtrlr", "Enabled", ""): _fixed("true"),
    ("AuthCtrlr", "AuthorizeRemoteStart", ""): _set_by("authorizes_remote_starts"),
    ("AuthCtrlr", "LocalAuthorizeOffline", ""): _set_by("authorizes_offline"),
    ("ClockCtrlr", "DateTime", ""): Variable(lambda station: station.clock.stamp(true_time())),
    ("ClockCtrlr", "TimeSource", ""): _fixed("Heartbeat"),
    ("SecurityCtrlr", "SecurityProfile", ""): _fixed("1"),
    ("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables"): _fixed("50"),
    ("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables"): _fixed("50"),
    ("SmartChargingCtrlr", "Enabled", ""): _fixed("true"),
    ("SmartChargingCtrlr", "ProfileStackLevel", ""): Variable(lambda station: str(station.traits.stack_levels - 1)),
    ("SmartChargingCtrlr", "RateUnit", ""): _fixed("A,W"),
    ("SmartChargingCtrlr", "PeriodsPerSchedule", ""): _fixed("100"),
    ("ChargingStation", "Model", ""): Variable(lambda station: station.traits.model),
    ("ChargingStation", "VendorName", ""): Variable(lambda station: station.traits.vendor),
    ("ChargingStation", "SupplyPhases", ""): Variable(lambda station: str(station.traits.phases)),
}
VARIABLES: Mapping[Key, Variable] = {key(*place): variable for place, variable in SPELLED.items()}
COMPONENTS = frozenset(component for component, _, _ in VARIABLES)


def report(station: "Station") -> list[dict[str, Any]]:
    """Everything there is, as NotifyReport tells it."""
    return [
        {
            "component": {"name": component},
            "variable": {"name": name} | ({"instance": instance} if instance else {}),
            "variableAttribute": [
                {
                    "type": "Actual",
                    "value": variable.read(station),
                    "mutability": "ReadOnly" if variable.field is None else "ReadWrite",
                }
            ],
        }
        for (component, name, instance), variable in SPELLED.items()
    ]


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
