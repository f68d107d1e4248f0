"""OCPP 1.6J: StartTransaction, MeterValues, StopTransaction. The transaction id comes with the answer to the start, so
whatever follows is completed only when it is sent."""

from collections.abc import Mapping

from ocpp.v16 import call, datatypes, enums

from volt_simulator.connector import Status
from volt_simulator.dialect import Draft, Handler, Moment, Registration, Verdict
from volt_simulator.measuring import REGISTER, measured
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
        traits = self._traits
        return request(
            call.BootNotification(
                charge_point_vendor=traits.vendor,
                charge_point_model=traits.model,
                charge_point_serial_number=traits.serial,
                charge_box_serial_number=traits.serial,
                firmware_version=traits.firmware,
                meter_serial_number=f"M{traits.serial}"[-25:],
                meter_type=f"{traits.vendor} Wh",
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

    def status(self, evse: int, plug: int, name: str, stamp: str) -> Request:
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
        value = self._meter_value(moment.stamp, sample, context)
        payload = payload_of(call.MeterValues(transaction.evse, [value]))
        return Draft("MeterValues", lambda: _with_id(transaction, payload))

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
            transaction_data=self._transaction_data(transaction, moment, sample),
        )
        payload = payload_of(stop)
        return Draft("StopTransaction", lambda: _with_id(transaction, payload), is_vital=True)

    def verdict(self, answer: Payload) -> Verdict:
        """The transaction id of a start, the token's status of a start or stop."""
        transaction_id = answer.get("transactionId")
        return Verdict(transaction_id if isinstance(transaction_id, int) else None, self.token_status(answer))

    def idle_reading(self, evse: int, stamp: str, sample: Sample) -> Request:
        """MeterValues without a transaction."""
        return request(call.MeterValues(evse, [self._meter_value(stamp, sample, "Trigger")]))

    def _transaction_data(self, transaction: Transaction, moment: Moment, sample: Sample) -> list[object] | None:
        if sample.signed is not None:
            return _signed_data(transaction, moment, sample.signed)
        if not self._traits.sends_transaction_data:
            return None
        register = _sampled(str(sample.energy_wh), REGISTER, "Wh", "Transaction.End")
        return [datatypes.MeterValue(moment.stamp, [register])]

    def _meter_value(self, stamp: str, sample: Sample, context: str) -> object:
        found = measured(sample, self._traits.measures)
        return datatypes.MeterValue(
            stamp, [_sampled(str(one.value), one.measurand, one.unit, context, one.phase) for one in found]
        )


def _with_id(transaction: Transaction, payload: Payload) -> Payload | None:
    if transaction.csms_id is None:
        return None
    return payload | {"transactionId": transaction.csms_id}


def _signed_data(transaction: Transaction, moment: Moment, end: str) -> list[object]:
    """Signed values have a format of their own (§7.45); the begin is told again with the end."""
    marked = {"Transaction.Begin": transaction.signed_begin, "Transaction.End": end}
    return [
        datatypes.MeterValue(
            moment.stamp,
            [datatypes.SampledValue(value=value, format="SignedData", measurand=REGISTER, context=context)],
        )
        for context, value in marked.items()
        if value is not None
    ]


def _sampled(value: str, measurand: str, unit: str, context: str, phase: str | None = None) -> object:
    return datatypes.SampledValue(value=value, measurand=measurand, unit=unit, context=context, phase=phase)
