"""The commands of OCPP 1.6 that a simulated station obeys, and its configuration keys (§9)."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ocpp.v16 import call_result, datatypes, enums

from volt_simulator import profile_commands, profile_payloads, remote
from volt_simulator.connector import Start
from volt_simulator.dialect import Handler
from volt_simulator.transaction import StopReason
from volt_simulator.wire import Payload, Reply, payload_of

if TYPE_CHECKING:
    from volt_simulator.station import Station

# Key → field of Configuration; everything else the station has is fixed.
WRITABLE = {
    "HeartbeatInterval": "heartbeat_s",
    "MeterValueSampleInterval": "meter_interval_s",
    "ConnectionTimeOut": "connection_timeout_s",
    "TransactionMessageAttempts": "message_attempts",
    "TransactionMessageRetryInterval": "message_interval_s",
    "StopTransactionOnInvalidId": "stops_on_invalid_id",
    "AuthorizeRemoteTxRequests": "authorizes_remote_starts",
    "LocalAuthorizeOffline": "authorizes_offline",
    "WebSocketPingInterval": "websocket_ping_s",
}
REBOOT_REQUIRED = frozenset({"WebSocketPingInterval"})
FIXED = {
    "ClockAlignedDataInterval": "0",
    "ConnectorPhaseRotation": "Unknown",
    "GetConfigurationMaxKeys": "50",
    "LocalPreAuthorize": "false",
    "MeterValuesAlignedData": "",
    "ResetRetries": "1",
    "StopTransactionOnEVSideDisconnect": "true",
    "StopTxnAlignedData": "",
    "StopTxnSampledData": "Energy.Active.Import.Register",
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "ChargingScheduleMaxPeriods": str(profile_payloads.MOST_PERIODS),
    "MaxChargingProfilesInstalled": "100",
    "SupportedFeatureProfiles": "Core,RemoteTrigger,SmartCharging",
    "UnlockConnectorOnEVSideDisconnect": "true",
}


def remote_start(station: "Station", payload: Payload) -> Reply:
    """RemoteStartTransaction (§5.11)."""
    profile = payload.get("chargingProfile")
    order = Start(payload["idTag"], None, profile=profile_payloads.of_start_16(station, profile))
    started = profile_payloads.fits_a_start(profile) and remote.start(station, order, payload.get("connectorId"))
    return Reply(payload_of(call_result.RemoteStartTransaction("Accepted" if started else "Rejected")))


def remote_stop(station: "Station", payload: Payload) -> Reply:
    """RemoteStopTransaction (§5.12)."""
    stopped = remote.stop(station, payload["transactionId"])
    return Reply(payload_of(call_result.RemoteStopTransaction("Accepted" if stopped else "Rejected")))


def reset(station: "Station", payload: Payload) -> Reply:
    """Reset (§5.14): soft tells of its stops before it restarts, hard afterwards."""
    soft = payload["type"] == "Soft"
    reason = StopReason.SOFT_RESET if soft else StopReason.HARD_RESET
    answer = payload_of(call_result.Reset("Accepted"))
    return Reply(answer, lambda: remote.reset(station, reason, graceful=soft))


def unlock(station: "Station", payload: Payload) -> Reply:
    """UnlockConnector (§5.18): a running transaction ends first."""
    connector = remote.connector_of(station, payload["connectorId"])
    if connector is None:
        return Reply(payload_of(call_result.UnlockConnector("NotSupported")))
    if station.traits.faults.stuck_connector:
        return Reply(payload_of(call_result.UnlockConnector("UnlockFailed")))
    return Reply(payload_of(call_result.UnlockConnector("Unlocked")), lambda: remote.unlock(station, connector))


def change_availability(station: "Station", payload: Payload) -> Reply:
    """ChangeAvailability (§5.2); connector 0 means all."""
    number = payload["connectorId"]
    chosen = [connector for connector in station.connectors if number in (0, connector.evse)]
    if not chosen:
        return Reply(payload_of(call_result.ChangeAvailability("Rejected")))
    waits = remote.change_availability(station, chosen, payload["type"] == "Operative")
    return Reply(payload_of(call_result.ChangeAvailability("Scheduled" if waits else "Accepted")))


def get_configuration(station: "Station", payload: Payload) -> Reply:
    """GetConfiguration (§5.8); no keys means all."""
    found = _configuration(station)
    asked = payload.get("key") or list(found)
    known = [
        datatypes.KeyValue(key=key, readonly=key not in WRITABLE, value=found[key]) for key in asked if key in found
    ]
    unknown = [key for key in asked if key not in found]
    return Reply(payload_of(call_result.GetConfiguration(known or None, unknown or None)))


def change_configuration(station: "Station", payload: Payload) -> Reply:
    """ChangeConfiguration (§5.3)."""
    status = _change(station, payload["key"], payload["value"])
    return Reply(payload_of(call_result.ChangeConfiguration(status)))


def trigger(station: "Station", payload: Payload) -> Reply:
    """TriggerMessage (§5.17): the message follows the answer."""
    act = TRIGGERS.get(payload["requestedMessage"])
    number = payload.get("connectorId")
    if act is None:
        return Reply(payload_of(call_result.TriggerMessage("NotImplemented")))
    if number is not None and number != 0 and remote.connector_of(station, number) is None:
        return Reply(payload_of(call_result.TriggerMessage("Rejected")))
    return Reply(payload_of(call_result.TriggerMessage("Accepted")), lambda: act(station, number))


def say_readings(station: "Station", number: int | None) -> None:
    """MeterValues of a running transaction bear its id (§4.7)."""
    station.say_readings(number)
    station.say_idle_readings([one for one in station.chosen(number) if one.transaction is None])


def _configuration(station: "Station") -> dict[str, str]:
    found = {key: _shown(getattr(station.configuration, field)) for key, field in WRITABLE.items()}
    own = {
        "NumberOfConnectors": str(len(station.connectors)),
        "ChargeProfileMaxStackLevel": str(station.traits.stack_levels - 1),
        "MeterValuesSampledData": station.traits.measurands,
    }
    signer = station.connectors[0].signer
    # Where a driver finds the key to check signed values with; the specification names no key for it.
    return found | FIXED | own | ({} if signer is None else {"MeterPublicKey": signer.public_key})


def _shown(value: float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(int(value))


def _change(station: "Station", key: str, value: str) -> str:
    if key not in WRITABLE:
        return "Rejected" if key in _configuration(station) else "NotSupported"
    is_switch = isinstance(getattr(station.configuration, WRITABLE[key]), bool)
    if is_switch and value.lower() in ("true", "false"):
        station.configure(WRITABLE[key], value.lower() == "true")
    elif not is_switch and value.isdecimal() and len(value) < 10:
        station.configure(WRITABLE[key], int(value))
    else:
        return "Rejected"
    return "RebootRequired" if key in REBOOT_REQUIRED else "Accepted"


TRIGGERS: Mapping[str, Callable[["Station", int | None], None]] = {
    "BootNotification": lambda station, number: station.boot(),
    "Heartbeat": lambda station, number: station.say_heartbeat(),
    "MeterValues": say_readings,
    "StatusNotification": lambda station, number: station.say_statuses(number),
}

COMMANDS: Mapping[str, Handler] = {
    enums.Action.remote_start_transaction.value: remote_start,
    enums.Action.remote_stop_transaction.value: remote_stop,
    enums.Action.reset.value: reset,
    enums.Action.unlock_connector.value: unlock,
    enums.Action.change_availability.value: change_availability,
    enums.Action.get_configuration.value: get_configuration,
    enums.Action.change_configuration.value: change_configuration,
    enums.Action.trigger_message.value: trigger,
    enums.Action.set_charging_profile.value: profile_commands.set_16,
    enums.Action.clear_charging_profile.value: profile_commands.clear_16,
    enums.Action.get_composite_schedule.value: profile_commands.composite_16,
}
