"""Records of `gateway.frames` as charges of many stations leave them, made in memory: for deciders without a broker."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec

from volt_contracts import codec
from volt_contracts.envelope import Header
from volt_contracts.gateway import Decision, Exchange, FrameEvent, LinkOpened
from volt_contracts.ids import derive, entity_key, station_uid
from volt_eventlog.records import headers_of

TENANT = "demo"
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
READING_EVERY = timedelta(minutes=1)
READINGS = 40
TOKEN_REF = "0" * 32


@dataclass(frozen=True, slots=True)
class LogRecord:
    """What a consumer hands over; `timestamp` is the broker's, in milliseconds."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: tuple[Header, ...]
    timestamp: int


class Teller:
    """One station's frames, told one after the other; `offsets` is shared by all stations of the partition."""

    def __init__(self, number: int, offsets: "count[int]") -> None:
        identity = f"FOLD-{number}"
        self._key = entity_key(TENANT, station_uid(TENANT, identity))
        self._identity = identity
        self._offsets = offsets
        self._at = BEGIN
        self._link_seq = -1
        self._register = 1000
        self._transactions = count(number * 100_000 + 1)

    def connect(self) -> Iterator[LogRecord]:
        """A link and a boot."""
        opened = LinkOpened(
            link_id=self._key, gateway_id="gateway/0", identity=self._identity, protocol="ocpp1.6", path="/ocpp",
            remote_address="127.0.0.1", known=True, security_profile=0, opened_at=self._at,
        )  # fmt: skip
        record = self._record(opened)
        self._link_seq = record.offset
        yield record
        boot = {"chargePointVendor": "Load", "chargePointModel": "L1", "firmwareVersion": "1"}
        yield self._call("BootNotification", boot, {}, Decision(registration="accepted"))

    def charge(self) -> Iterator[LogRecord]:
        """From plug to unplug."""
        transaction = next(self._transactions)
        yield from self.start(transaction)
        for _ in range(READINGS):
            yield self.reading(transaction)
        stop = {"transactionId": transaction, "meterStop": self._register, "timestamp": self._now()}
        yield self._call("StopTransaction", stop, {})
        yield self._status("Finishing")
        yield self._status("Available")

    def start(self, transaction: int) -> Iterator[LogRecord]:
        """Plug, token, start."""
        self._at += READING_EVERY
        yield self._status("Preparing")
        accepted = Decision(verdict="Accepted", verdict_source="authorizations", token_ref=TOKEN_REF)
        answer = {"idTagInfo": {"status": "Accepted"}}
        yield self._call("Authorize", {"idTag": "-"}, answer, accepted)
        start = {"connectorId": 1, "idTag": "-", "meterStart": self._register, "timestamp": self._now()}
        decision = msgspec.structs.replace(accepted, transaction_id=transaction)
        yield self._call("StartTransaction", start, {**answer, "transactionId": transaction}, decision)
        yield self._status("Charging")

    def reading(self, transaction: int) -> LogRecord:
        """MeterValues with five values."""
        self._at += READING_EVERY
        self._register += 183
        sampled = [
            {"value": str(self._register), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
            {"value": "10980.0", "measurand": "Power.Active.Import", "unit": "W"},
            *({"value": "15.9", "measurand": "Current.Import", "unit": "A", "phase": f"L{n}"} for n in (1, 2, 3)),
        ]
        values = [{"timestamp": self._now(), "sampledValue": sampled}]
        return self._call("MeterValues", {"connectorId": 1, "transactionId": transaction, "meterValue": values}, {})

    def _status(self, status: str) -> LogRecord:
        said = {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": self._now()}
        return self._call("StatusNotification", said, {})

    def _call(
        self, action: str, call: Mapping[str, object], answer: Mapping[str, object], decision: Decision | None = None
    ) -> LogRecord:
        self._at += timedelta(milliseconds=1)
        refs = {} if decision is None or decision.token_ref is None else {"/idTag": decision.token_ref}
        exchange = Exchange(
            link_id=self._key, link_seq=self._link_seq, protocol="ocpp1.6", message_id="m", action=action,
            call=msgspec.Raw(msgspec.json.encode(call)), answer=msgspec.Raw(msgspec.json.encode(answer)),
            received_at=self._at, decision=decision, token_refs=refs,
        )  # fmt: skip
        return self._record(exchange)

    def _record(self, event: FrameEvent) -> LogRecord:
        offset = next(self._offsets)
        headers = headers_of(
            type(event), id=derive(self._key, str(offset)), source=b"gateway/0", subject=self._key.encode(),
            time=self._at, traceparent=b"00-" + b"1" * 32 + b"-" + b"1" * 16 + b"-00",
        )  # fmt: skip
        at_ms = int(self._at.timestamp() * 1000)
        return LogRecord("gateway.frames", 0, offset, self._key.encode(), codec.encode(event), tuple(headers), at_ms)

    def _now(self) -> str:
        return self._at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
