"""The commands of OCPP 2.0.1 and 2.1 that a simulated station obeys."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from volt_simulator import device_model, profile_commands, profile_payloads, remote
from volt_simulator.clock import true_time
from volt_simulator.connector import Connector, Start, Stop
from volt_simulator.outbox import PassingCall
from volt_simulator.transaction import StopReason
from volt_simulator.wire import Payload, Reply, payload_of, request
from volt_simulator.words2 import Words

if TYPE_CHECKING:
    from volt_simulator.station import Station

VARIABLES_PER_REPORT = 10

Handler2 = Callable[[Words, "Station", Payload], Reply]


def request_start(words: Words, station: "Station", payload: Payload) -> Reply:
    """RequestStartTransaction (F01, F02); names the transaction if the cable has already opened one."""
    evse = payload.get("evseId")
    card = payload["idToken"]
    profile = payload.get("chargingProfile")
    source = profile_payloads.of_start_2(station, profile)
    order = Start(card["idToken"], payload["remoteStartId"], card["type"], source)
    started = profile_payloads.fits_a_start(profile) and remote.start(station, order, evse)
    connector = remote.connector_of(station, evse) if evse is not None else None
    transaction = connector.transaction if started and connector is not None else None
    answer = words.result.RequestStartTransaction(
        status="Accepted" if started else "Rejected",
        transaction_id=None if transaction is None else transaction.own_id,
    )
    return Reply(payload_of(answer))


def request_stop(words: Words, station: "Station", payload: Payload) -> Reply:
    """RequestStopTransaction (F03)."""
    stopped = remote.stop(station, payload["transactionId"])
    return Reply(payload_of(words.result.RequestStopTransaction(status="Accepted" if stopped else "Rejected")))


def reset(words: Words, station: "Station", payload: Payload) -> Reply:
    """Reset (B11, B12): the whole station or one EVSE, at once or when it is idle."""
    evse = payload.get("evseId")
    if evse is not None:
        return _reset_evse(words, remote.connector_of(station, evse))
    if payload["type"] == "OnIdle" and any(connector.transaction for connector in station.connectors):
        answer = payload_of(words.result.Reset(status="Scheduled"))
        return Reply(answer, lambda: station.reboot_when_idle("ScheduledReset"))
    answer = payload_of(words.result.Reset(status="Accepted"))
    return Reply(answer, lambda: remote.reset(station, StopReason.SOFT_RESET, graceful=True))


def _reset_evse(words: Words, connector: Connector | None) -> Reply:
    if connector is None:
        return Reply(payload_of(words.result.Reset(status="Rejected")))

    def stop() -> None:
        if connector.transaction is not None:
            connector.orders.put_nowait(Stop(StopReason.SOFT_RESET, connector.transaction))

    return Reply(payload_of(words.result.Reset(status="Accepted")), stop)


def unlock(words: Words, station: "Station", payload: Payload) -> Reply:
    """UnlockConnector (F05): never during an authorized transaction."""
    connector = remote.connector_of(station, payload["evseId"])
    if connector is None or not 1 <= payload["connectorId"] <= connector.plugs:
        return Reply(payload_of(words.result.UnlockConnector(status="UnknownConnector")))
    if connector.transaction is not None and connector.transaction.token is not None:
        return Reply(payload_of(words.result.UnlockConnector(status="OngoingAuthorizedTransaction")))
    if station.traits.faults.stuck_connector:
        return Reply(payload_of(words.result.UnlockConnector(status="UnlockFailed")))
    if payload["connectorId"] != connector.plug:
        return Reply(payload_of(words.result.UnlockConnector(status="Unlocked")))
    answer = payload_of(words.result.UnlockConnector(status="Unlocked"))
    return Reply(answer, lambda: remote.unlock(station, connector))


def change_availability(words: Words, station: "Station", payload: Payload) -> Reply:
    """ChangeAvailability (G03, G04); without an EVSE, or with EVSE 0, it means all."""
    evse = payload.get("evse", {}).get("id", 0)
    chosen = [connector for connector in station.connectors if evse in (0, connector.evse)]
    if not chosen:
        return Reply(payload_of(words.result.ChangeAvailability(status="Rejected")))
    waits = remote.change_availability(station, chosen, payload["operationalStatus"] == "Operative")
    return Reply(payload_of(words.result.ChangeAvailability(status="Scheduled" if waits else "Accepted")))


def trigger(words: Words, station: "Station", payload: Payload) -> Reply:
    """TriggerMessage (F06): the message follows the answer."""
    name = payload["requestedMessage"]
    act = TRIGGERS.get(name)
    evse = payload.get("evse", {}).get("id")
    if act is None:
        return Reply(payload_of(words.result.TriggerMessage(status="NotImplemented")))
    unknown = evse is not None and remote.connector_of(station, evse) is None
    idle = name == "TransactionEvent" and not any(one.transaction for one in station.chosen(evse))
    # F06.FR.17: an accepted station does not boot on request.
    booted = name == "BootNotification" and station.outbox.registered
    if unknown or idle or booted:
        return Reply(payload_of(words.result.TriggerMessage(status="Rejected")))
    return Reply(payload_of(words.result.TriggerMessage(status="Accepted")), lambda: act(station, evse))


def get_variables(words: Words, station: "Station", payload: Payload) -> Reply:
    """GetVariables (B06)."""
    results = [_read(words, station, asked) for asked in payload["getVariableData"]]
    return Reply(payload_of(words.result.GetVariables(get_variable_result=results)))


def set_variables(words: Words, station: "Station", payload: Payload) -> Reply:
    """SetVariables (B05)."""
    results = [_write(words, station, asked) for asked in payload["setVariableData"]]
    return Reply(payload_of(words.result.SetVariables(set_variable_result=results)))


def base_report(words: Words, station: "Station", payload: Payload) -> Reply:
    """GetBaseReport (B07): the reports follow the answer."""
    if payload["reportBase"] == "SummaryInventory":
        return Reply(payload_of(words.result.GetBaseReport(status="NotSupported")))
    found = device_model.report(station)
    parts = [found[at : at + VARIABLES_PER_REPORT] for at in range(0, len(found), VARIABLES_PER_REPORT)]

    def tell() -> None:
        for number, part in enumerate(parts):
            report = words.call.NotifyReport(
                request_id=payload["requestId"],
                generated_at=station.clock.stamp(true_time()),
                seq_no=number,
                report_data=part,
                tbc=number + 1 < len(parts),
            )
            station.outbox.say(PassingCall(request(report), lambda answer: None, lambda reason: None))

    return Reply(payload_of(words.result.GetBaseReport(status="Accepted")), tell)


def transaction_status(words: Words, station: "Station", payload: Payload) -> Reply:
    """GetTransactionStatus (E14): of one transaction, or whether anything at all waits."""
    transaction_id = payload.get("transactionId")
    if transaction_id is None:
        waits = len(station.outbox.queue) > 0
        return Reply(payload_of(words.result.GetTransactionStatus(messages_in_queue=waits)))
    transaction = station.books.unfinished.get(transaction_id)
    answer = words.result.GetTransactionStatus(
        ongoing_indicator=transaction is not None and transaction.ended_at is None,
        messages_in_queue=transaction is not None and transaction.pending > 0,
    )
    return Reply(payload_of(answer))


def _place(asked: Payload) -> tuple[str, device_model.Key]:
    component, variable = asked["component"], asked["variable"]
    return component["name"], device_model.key(component["name"], variable["name"], variable.get("instance"))


def _read(words: Words, station: "Station", asked: Payload) -> Any:
    component, place = _place(asked)
    attribute, variable = asked.get("attributeType", "Actual"), device_model.VARIABLES.get(place)
    if variable is None:
        status, value = device_model.missing(component), None
    elif attribute != "Actual":
        status, value = "NotSupportedAttributeType", None
    else:
        status, value = "Accepted", variable.read(station)
    return words.types.GetVariableResultType(
        attribute_status=status,
        component=asked["component"],
        variable=asked["variable"],
        attribute_type=attribute,
        attribute_value=value,
    )


def _write(words: Words, station: "Station", asked: Payload) -> Any:
    component, place = _place(asked)
    attribute = asked.get("attributeType", "Actual")
    if place not in device_model.VARIABLES:
        status = device_model.missing(component)
    elif attribute != "Actual":
        status = "NotSupportedAttributeType"
    else:
        status = device_model.change(station, place, asked["attributeValue"])
    return words.types.SetVariableResultType(
        attribute_status=status, component=asked["component"], variable=asked["variable"], attribute_type=attribute
    )


TRIGGERS: Mapping[str, Callable[["Station", int | None], None]] = {
    "BootNotification": lambda station, evse: station.boot(),
    "Heartbeat": lambda station, evse: station.say_heartbeat(),
    "MeterValues": lambda station, evse: station.say_idle_readings(station.chosen(evse)),
    "StatusNotification": lambda station, evse: station.say_statuses(evse),
    "TransactionEvent": lambda station, evse: station.say_readings(evse),
}

COMMANDS: Mapping[str, Handler2] = {
    "RequestStartTransaction": request_start,
    "RequestStopTransaction": request_stop,
    "Reset": reset,
    "UnlockConnector": unlock,
    "ChangeAvailability": change_availability,
    "TriggerMessage": trigger,
    "GetVariables": get_variables,
    "SetVariables": set_variables,
    "GetTransactionStatus": transaction_status,
    "GetBaseReport": base_report,
    "SetChargingProfile": profile_commands.set_2,
    "ClearChargingProfile": profile_commands.clear_2,
    "GetCompositeSchedule": profile_commands.composite_2,
}
