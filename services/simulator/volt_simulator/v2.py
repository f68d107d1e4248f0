"""OCPP 2.0.1 and 2.1: everything about a transaction is a TransactionEvent with the station's own id and a seqNo."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from volt_simulator.connector import Status
from volt_simulator.dialect import Draft, Handler, Moment, Registration, Verdict
from volt_simulator.measuring import REGISTER, measured
from volt_simulator.meter import Sample
from volt_simulator.ocmf import FORMAT, METHOD
from volt_simulator.traits import Traits
from volt_simulator.transaction import StopReason, Transaction, Trigger
from volt_simulator.v2_commands import COMMANDS
from volt_simulator.wire import Payload, Request, payload_of, request
from volt_simulator.words2 import Words

# triggerReason and stoppedReason of a TransactionEvent(Ended) (OCPP 2.0.1 part 2, E06 and §3.70, §3.82).
ENDED_BY: Mapping[StopReason, tuple[str, str]] = {
    StopReason.LOCAL: ("StopAuthorized", "Local"),
    StopReason.EV_DISCONNECTED: ("EVCommunicationLost", "EVDisconnected"),
    StopReason.REMOTE: ("RemoteStop", "Remote"),
    StopReason.DEAUTHORIZED: ("Deauthorized", "DeAuthorized"),
    StopReason.UNLOCK: ("UnlockCommand", "Other"),
    StopReason.SOFT_RESET: ("ResetCommand", "ImmediateReset"),
    StopReason.HARD_RESET: ("ResetCommand", "ImmediateReset"),
    StopReason.POWER_LOSS: ("AbnormalCondition", "PowerLoss"),
    StopReason.EMERGENCY_STOP: ("AbnormalCondition", "EmergencyStop"),
    StopReason.REBOOT: ("AbnormalCondition", "Reboot"),
}
TELLS_TOKEN = frozenset({Trigger.AUTHORIZED, Trigger.REMOTE_START})
STATUS_NAMES = {Status.AVAILABLE: "Available", Status.UNAVAILABLE: "Unavailable"}


class Ocpp2:
    """The voice of a 2.x station."""

    commands: Mapping[str, Handler]

    def __init__(self, traits: Traits, words: Words) -> None:
        self.version = words.version
        self.subprotocol = words.subprotocol
        self.known_actions = words.actions
        self.commands = {action: partial(handle, words) for action, handle in COMMANDS.items()}
        self._traits = traits
        self._words = words

    def boot(self, cause: str) -> Request:
        """BootNotification with the reason."""
        station = self._words.types.ChargingStationType(
            vendor_name=self._traits.vendor,
            model=self._traits.model,
            serial_number=self._traits.serial,
            firmware_version=self._traits.firmware,
        )
        return request(self._words.call.BootNotification(charging_station=station, reason=cause))

    def registration(self, answer: Payload) -> Registration:
        """Reads the answer to a boot; what cannot be read is a rejection."""
        interval = answer.get("interval")
        return Registration(str(answer.get("status")), interval if isinstance(interval, int) else 0)

    def heartbeat(self) -> Request:
        """Heartbeat."""
        return request(self._words.call.Heartbeat())

    def firmware(self, status: str, attempt: int) -> Request:
        """FirmwareStatusNotification."""
        return request(self._words.call.FirmwareStatusNotification(status=status, request_id=attempt))

    def status_name(self, status: Status) -> str:
        """2.x says Occupied for all that 1.6 tells apart."""
        return STATUS_NAMES.get(status, "Occupied")

    def status(self, evse: int, plug: int, name: str, stamp: str) -> Request:
        """StatusNotification of one connector of an EVSE."""
        return request(
            self._words.call.StatusNotification(timestamp=stamp, connector_status=name, evse_id=evse, connector_id=plug)
        )

    def authorize(self, token: str, token_type: str) -> Request:
        """Authorize."""
        return request(self._words.call.Authorize(id_token=self._token(token, token_type)))

    def token_status(self, answer: Payload) -> str | None:
        """The status in `idTokenInfo`."""
        info = answer.get("idTokenInfo")
        return str(info.get("status")) if isinstance(info, dict) else None

    def opened(self, transaction: Transaction, trigger: Trigger, moment: Moment, sample: Sample) -> Draft:
        """TransactionEvent(Started)."""
        # A station with two EVSEs that opens by the card does not know yet which of them it will be (E03).
        knows_evse = transaction.charging_state != "Idle" or self._traits.evses == 1
        payload = self._event(
            "Started",
            transaction,
            trigger.value,
            moment,
            meter_value=[self._register(moment, sample, "Transaction.Begin")],
            id_token=self._token_of(transaction),
            evse=self._evse(transaction) if knows_evse else None,
        )
        return Draft("TransactionEvent", lambda: payload, is_vital=True)

    def updated(self, transaction: Transaction, trigger: Trigger, moment: Moment, sample: Sample) -> Draft | None:
        """TransactionEvent(Updated) about cable, token or charging state."""
        tells_token = trigger in TELLS_TOKEN
        payload = self._event(
            "Updated",
            transaction,
            trigger.value,
            moment,
            id_token=self._token_of(transaction) if tells_token else None,
            evse=None if transaction.evse_told else self._evse(transaction),
        )
        return Draft("TransactionEvent", lambda: payload)

    def metered(self, transaction: Transaction, trigger: Trigger, moment: Moment, sample: Sample) -> Draft:
        """TransactionEvent(Updated) with readings."""
        context = "Trigger" if trigger is Trigger.TRIGGER else "Sample.Periodic"
        value = self._meter_value(moment.stamp, sample, context)
        payload = self._event("Updated", transaction, trigger.value, moment, meter_value=[value])
        return Draft("TransactionEvent", lambda: payload)

    def closed(self, transaction: Transaction, moment: Moment, sample: Sample) -> Draft:
        """TransactionEvent(Ended)."""
        reason = transaction.reason or StopReason.LOCAL
        trigger, stopped = ENDED_BY[reason]
        transaction.charging_state = "Idle" if reason is StopReason.EV_DISCONNECTED else "EVConnected"
        with_card = reason is StopReason.LOCAL
        payload = self._event(
            "Ended",
            transaction,
            trigger,
            moment,
            stopped_reason=stopped,
            meter_value=[self._register(moment, sample, "Transaction.End")],
            id_token=self._token_of(transaction) if with_card else None,
            evse=None if transaction.evse_told else self._evse(transaction),
        )
        return Draft("TransactionEvent", lambda: payload, is_vital=True)

    def verdict(self, answer: Payload) -> Verdict:
        """The token's status, if the event bore a token."""
        return Verdict(None, self.token_status(answer))

    def idle_reading(self, evse: int, stamp: str, sample: Sample) -> Request:
        """MeterValues, which 2.x has outside transactions only."""
        value = self._meter_value(stamp, sample, "Trigger")
        return request(self._words.call.MeterValues(evse_id=evse, meter_value=[value]))

    def _event(
        self,
        kind: str,
        transaction: Transaction,
        trigger: str,
        moment: Moment,
        stopped_reason: str | None = None,
        meter_value: list[object] | None = None,
        id_token: object | None = None,
        evse: object | None = None,
    ) -> Payload:
        transaction.evse_told = transaction.evse_told or evse is not None
        # 2.1 tells in which mode energy flows; here it is never V2X.
        mode = {"operation_mode": "ChargingOnly"} if self.version == "2.1" else {}
        info = self._words.types.TransactionType(
            transaction_id=transaction.own_id,
            charging_state=transaction.charging_state,
            stopped_reason=stopped_reason,
            remote_start_id=transaction.remote_start_id,
            **mode,
        )
        call = self._words.call.TransactionEvent(
            event_type=kind,
            timestamp=moment.stamp,
            trigger_reason=trigger,
            seq_no=transaction.next_sequence(),
            transaction_info=info,
            meter_value=meter_value,
            offline=moment.offline,
            evse=evse,
            id_token=id_token,
        )
        return payload_of(call)

    def _token_of(self, transaction: Transaction) -> Any:
        return None if transaction.token is None else self._token(transaction.token, transaction.token_type)

    def _token(self, token: str, token_type: str) -> Any:
        return self._words.types.IdTokenType(id_token=token, type=token_type)

    def _evse(self, transaction: Transaction) -> Any:
        return self._words.types.EVSEType(id=transaction.evse, connector_id=transaction.plug)

    def _register(self, moment: Moment, sample: Sample, context: str) -> object:
        value = self._sampled(sample.energy_wh, REGISTER, "Wh", context)
        if sample.signed is not None:
            value.signed_meter_value = self._signed(sample)
        return self._words.types.MeterValueType(timestamp=moment.stamp, sampled_value=[value])

    def _signed(self, sample: Sample) -> Any:
        return self._words.types.SignedMeterValueType(
            signed_meter_data=sample.signed,
            signing_method=METHOD,
            encoding_method=FORMAT,
            public_key=sample.public_key,
        )

    def _meter_value(self, stamp: str, sample: Sample, context: str) -> object:
        found = measured(sample, self._traits.measures)
        values = [self._sampled(one.value, one.measurand, one.unit, context, one.phase) for one in found]
        return self._words.types.MeterValueType(timestamp=stamp, sampled_value=values)

    def _sampled(self, value: int | str, measurand: str, unit: str, context: str, phase: str | None = None) -> Any:
        types = self._words.types
        return types.SampledValueType(
            value=float(value) if isinstance(value, str) else value,
            context=context,
            measurand=measurand,
            unit_of_measure=types.UnitOfMeasureType(unit=unit),
            phase=phase,
        )
