"""OCPP 1.6J: StartTransaction, MeterValues, StopTransaction. The transaction id comes with the answer to the start, so
whatever follows is completed only when it is sent."""

from collections.abc import Mapping

from ocpp.v16 import call, datatypes, enums

from volt_simulator.connector import Status
from volt_simulator.dialect import Draft, Handler, Moment, Registration, Verdict
from volt_simulator.meter import Sample
from volt_simulator.traits import Traits
from volt_simulator.transaction import StopReason, Transaction, Trigger
from volt_simulator.v16_commands import COMMANDS
from volt_simulator.wire import Payload, Request, payload_of, request

KNOWN_ACTIONS = frozenset(str(action.value) for action in enums.Action)
# A stop by these is one by the driver with the card in hand (OCPP 1.6 §6.49: idTag is optional).
STOPPED_WITH_CARD = frozenset({StopReason.LOCAL})


class Ocpp16:
    """The voice of a 1.6 station."""

    version = "1.6"
    subprotocol = "ocpp1.6"
    commands: Mapping[str, Handler] = COMMANDS
    known_actions = KNOWN_ACTIONS

    def __init__(self, traits: Traits) -> None:
        self._traits = traits

    def boot(self, cause: str) -> Request:
        """BootNotification; 1.6 does not say why."""
        serial = f"VS{self._traits.station}"[-25:]
        return request(
            call.BootNotification(
                charge_point_vendor="Voltsim",
                charge_point_model=self._traits.model,
                charge_point_serial_number=serial,
                charge_box_serial_number=serial,
                firmware_version="1.6.4",
                meter_serial_number=f"M{serial}"[-25:],
                meter_type="Voltsim Wh",
            )
        )

    def registration(self, answer: Payload) -> Registration:
        """Reads the answer to a boot; what cannot be read is a rejection."""
        interval = answer.get("interval")
        return Registration(str(answer.get("status")), interval if isinstance(interval, int) else 0)

    def heartbeat(self) -> Request:
        """Heartbeat."""
        return request(call.Heartbeat())

    def firmware(self, status: str, attempt: int) -> Request:
        """FirmwareStatusNotification, which has no number in 1.6."""
        return request(call.FirmwareStatusNotification(status))

    def status_name(self, status: Status) -> str:
        """1.6 has every status."""
        return status.value

    def status(self, evse: int, name: str, stamp: str) -> Request:
        """StatusNotification; connector 0 is the station as a whole."""
        return request(call.StatusNotification(evse, enums.ChargePointErrorCode.no_error, name, stamp))

    def authorize(self, token: str, token_type: str) -> Request:
        """Authorize."""
        return request(call.Authorize(token))

    def token_status(self, answer: Payload) -> str | None:
        """The status in `idTagInfo`."""
        info = answer.get("idTagInfo")
        return str(info.get("status")) if isinstance(info, dict) else None

    def opened(self, transaction: Transaction, trigger: Trigger, moment: Moment, sample: Sample) -> Draft:
        """StartTransaction."""
        payload = payload_of(call.StartTransaction(transaction.evse, transaction.token, sample.energy_wh, moment.stamp))
        return Draft("StartTransaction", lambda: payload, is_vital=True)

    def updated(self, transaction: Transaction, trigger: Trigger, moment: Moment, sample: Sample) -> Draft | None:
        """1.6 tells of charging states by StatusNotification only."""
        return None

    def metered(self, transaction: Transaction, trigger: Trigger, moment: Moment, sample: Sample) -> Draft:
        """MeterValues of the transaction."""
        context = "Trigger" if trigger is Trigger.TRIGGER else "Sample.Periodic"
        value = _meter_value(moment.stamp, sample, context)
        payload = payload_of(call.MeterValues(transaction.evse, [value]))
        return Draft("MeterValues", lambda: _with_id(transaction, payload), is_reading=True)

    def closed(self, transaction: Transaction, moment: Moment, sample: Sample) -> Draft:
        """StopTransaction."""
        reason = transaction.reason
        with_card = reason in STOPPED_WITH_CARD
        stop = call.StopTransaction(
            meter_stop=sample.energy_wh,
            timestamp=moment.stamp,
            transaction_id=0,
            reason=None if reason is None else reason.value,
            id_tag=transaction.token if with_card else None,
            transaction_data=self._transaction_data(moment, sample),
        )
        payload = payload_of(stop)
        return Draft("StopTransaction", lambda: _with_id(transaction, payload), is_vital=True)

    def verdict(self, answer: Payload) -> Verdict:
        """The transaction id of a start, the token's status of a start or stop."""
        transaction_id = answer.get("transactionId")
        return Verdict(transaction_id if isinstance(transaction_id, int) else None, self.token_status(answer))

    def idle_reading(self, evse: int, stamp: str, sample: Sample) -> Request:
        """MeterValues without a transaction."""
        return request(call.MeterValues(evse, [_meter_value(stamp, sample, "Trigger")]))

    def _transaction_data(self, moment: Moment, sample: Sample) -> list[object] | None:
        if not self._traits.sends_transaction_data:
            return None
        register = _sampled(str(sample.energy_wh), "Energy.Active.Import.Register", "Wh", "Transaction.End")
        return [datatypes.MeterValue(moment.stamp, [register])]


def _with_id(transaction: Transaction, payload: Payload) -> Payload | None:
    if transaction.csms_id is None:
        return None
    return payload | {"transactionId": transaction.csms_id}


def _meter_value(stamp: str, sample: Sample, context: str) -> object:
    values = [
        _sampled(str(sample.energy_wh), "Energy.Active.Import.Register", "Wh", context),
        _sampled(str(sample.power_w), "Power.Active.Import", "W", context),
        _sampled(sample.current_a, "Current.Import", "A", context),
        _sampled(str(sample.voltage_v), "Voltage", "V", context),
    ]
    if sample.soc is not None:
        values.append(_sampled(str(sample.soc), "SoC", "Percent", context))
    return datatypes.MeterValue(stamp, values)


def _sampled(value: str, measurand: str, unit: str, context: str) -> object:
    return datatypes.SampledValue(value=value, measurand=measurand, unit=unit, context=context)
