"""Which side may send which action in which version, and the actions that carry revenue."""

from volt_ocpp.codes import ErrorCode
from volt_ocpp.versions import Version

REVENUE = frozenset({"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"})
"""Calls that are never refused for what is in them: a station repeats a refused one a few times and then throws the
energy away."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STATION_V16 = _words("""
    Authorize BootNotification DataTransfer DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat
    LogStatusNotification MeterValues SecurityEventNotification SignCertificate SignedFirmwareStatusNotification
    StartTransaction StatusNotification StopTransaction
""")
_CSMS_V16 = _words("""
    CancelReservation CertificateSigned ChangeAvailability ChangeConfiguration ClearCache ClearChargingProfile
    DataTransfer DeleteCertificate ExtendedTriggerMessage GetCompositeSchedule GetConfiguration GetDiagnostics
    GetInstalledCertificateIds GetLocalListVersion GetLog InstallCertificate RemoteStartTransaction
    RemoteStopTransaction ReserveNow Reset SendLocalList SetChargingProfile SignedUpdateFirmware TriggerMessage
    UnlockConnector UpdateFirmware
""")

_STATION_V201 = _words("""
    Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification Get15118EVCertificate
    GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit NotifyCustomerInformation
    NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport
    NotifyReport PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate
    SecurityEventNotification SignCertificate StatusNotification TransactionEvent
""")
_CSMS_V201 = _words("""
    CancelReservation CertificateSigned ChangeAvailability ClearCache ClearChargingProfile ClearDisplayMessage
    ClearVariableMonitoring CostUpdated CustomerInformation DataTransfer DeleteCertificate GetBaseReport
    GetChargingProfiles GetCompositeSchedule GetDisplayMessages GetInstalledCertificateIds GetLocalListVersion GetLog
    GetMonitoringReport GetReport GetTransactionStatus GetVariables InstallCertificate PublishFirmware
    RequestStartTransaction RequestStopTransaction ReserveNow Reset SendLocalList SetChargingProfile SetDisplayMessage
    SetMonitoringBase SetMonitoringLevel SetNetworkProfile SetVariableMonitoring SetVariables TriggerMessage
    UnlockConnector UnpublishFirmware UpdateFirmware
""")

_STATION_V21 = _STATION_V201 | _words("""
    BatterySwap ClosePeriodicEventStream GetCertificateChainStatus NotifyDERAlarm NotifyDERStartStop
    NotifyPriorityCharging NotifySettlement OpenPeriodicEventStream PullDynamicScheduleUpdate ReportDERControl
    VatNumberValidation
""")
_CSMS_V21 = _CSMS_V201 | _words("""
    AFRRSignal AdjustPeriodicEventStream ChangeTransactionTariff ClearDERControl ClearTariffs GetDERControl
    GetPeriodicEventStream GetTariffs NotifyAllowedEnergyTransfer NotifyWebPaymentStarted RequestBatterySwap
    SetDERControl SetDefaultTariff UpdateDynamicSchedule UsePriorityCharging
""")

_FROM_STATION = {Version.V16: _STATION_V16, Version.V201: _STATION_V201, Version.V21: _STATION_V21}
_FROM_CSMS = {Version.V16: _CSMS_V16, Version.V201: _CSMS_V201, Version.V21: _CSMS_V21}
_SENDS: dict[Version, frozenset[str]] = {
    Version.V16: frozenset(),
    Version.V201: frozenset(),
    Version.V21: frozenset({"NotifyPeriodicEventStream"}),
}


def actions_from_station(version: Version) -> frozenset[str]:
    """The actions that a station may CALL."""
    return _FROM_STATION[version]


def actions_from_csms(version: Version) -> frozenset[str]:
    """The actions that the central system may CALL."""
    return _FROM_CSMS[version]


def sends_from_station(version: Version) -> frozenset[str]:
    """The actions that a station may SEND without ever getting an answer (OCPP 2.1 part 4 §4.2.5)."""
    return _SENDS[version]


def refusal_of(version: Version, action: str) -> ErrorCode | None:
    """The CALLERROR code for an action that a station may not call, else None.

    NotImplemented: this version does not know the action. NotSupported: it does, but not in this direction.
    """
    if action in _FROM_STATION[version]:
        return None
    if action in _FROM_CSMS[version] or action in _SENDS[version]:
        return ErrorCode.NOT_SUPPORTED
    return ErrorCode.NOT_IMPLEMENTED
