"""OCPP 2 in three tables: calls that say something, commands that can be said, answers beyond a status."""

from collections.abc import Mapping

from volt_contracts import station
from volt_station.answers import ReadAnswer
from volt_station.domain.commands import Write
from volt_station.frame import Hear
from volt_station.ocpp2 import (
    authorize,
    boot_notification,
    change_availability,
    get_transaction_status,
    get_variables,
    meter_values,
    notify_event,
    request_start_transaction,
    request_stop_transaction,
    reset,
    set_variables,
    status_notification,
    transaction_event,
    trigger_message,
    unlock_connector,
)

CALLS: Mapping[str, Hear] = {
    "Authorize": authorize.hear,
    "BootNotification": boot_notification.hear,
    "MeterValues": meter_values.hear,
    "NotifyEvent": notify_event.hear,
    "StatusNotification": status_notification.hear,
    "TransactionEvent": transaction_event.hear,
}

COMMANDS: Mapping[type, Write] = {
    station.RequestStart: request_start_transaction.write,
    station.RequestStop: request_stop_transaction.write,
    station.Reset: reset.write,
    station.UnlockConnector: unlock_connector.write,
    station.ChangeAvailability: change_availability.write,
    station.TriggerMessage: trigger_message.write,
    station.GetVariables: get_variables.write,
    station.SetVariables: set_variables.write,
    station.GetTransactionStatus: get_transaction_status.write,
}

ANSWERS: Mapping[str, ReadAnswer] = {
    "GetVariables": get_variables.read,
    "SetVariables": set_variables.read,
    "GetTransactionStatus": get_transaction_status.read,
}
