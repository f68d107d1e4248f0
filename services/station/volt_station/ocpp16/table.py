"""OCPP 1.6 in three tables: calls that say something, commands that can be said, answers beyond a status."""

from collections.abc import Mapping

from volt_contracts import station
from volt_station.answers import ReadAnswer
from volt_station.domain.commands import Write
from volt_station.frame import Hear
from volt_station.ocpp16 import (
    authorize,
    boot_notification,
    change_availability,
    change_configuration,
    get_configuration,
    meter_values,
    remote_start_transaction,
    remote_stop_transaction,
    reset,
    start_transaction,
    status_notification,
    stop_transaction,
    trigger_message,
    unlock_connector,
)

CALLS: Mapping[str, Hear] = {
    "Authorize": authorize.hear,
    "BootNotification": boot_notification.hear,
    "MeterValues": meter_values.hear,
    "StartTransaction": start_transaction.hear,
    "StatusNotification": status_notification.hear,
    "StopTransaction": stop_transaction.hear,
}

COMMANDS: Mapping[type, Write] = {
    station.RequestStart: remote_start_transaction.write,
    station.RequestStop: remote_stop_transaction.write,
    station.Reset: reset.write,
    station.UnlockConnector: unlock_connector.write,
    station.ChangeAvailability: change_availability.write,
    station.TriggerMessage: trigger_message.write,
    station.GetVariables: get_configuration.write,
    station.SetVariables: change_configuration.write,
}

ANSWERS: Mapping[str, ReadAnswer] = {"GetConfiguration": get_configuration.read}
