"""What a station of 1.6 or 2.x makes of its cars: frames, each at the moment at which it is made."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from unit.session.outage_world import Stay, World

from volt_contracts.gateway import Decision

Stamp = Callable[[int], str | None]
"""A true moment → the station's text for it."""


@dataclass(frozen=True)
class Frame:
    """A call as the station holds it. `stay` is None for what is of no car."""

    made: int
    action: str
    payload: dict[str, Any]
    evse: int
    stay: Stay | None = None
    kind: str = "status"
    decision: Decision | None = None
    offline: bool = False

    @property
    def queued(self) -> bool:
        """Whether the protocol wants it kept while there is no link (1.6 §3.7.1; 2.0.1 E04, E08)."""
        return self.kind != "status"


def wire_id(evse: int, sent: str | None, token: str, meter: int) -> int:
    """As the gateway makes it: the same for the same start."""
    return 1 + crc32(f"{evse}|{sent}|{token}|{meter}".encode()) % (2**31 - 2)


def told(world: World, stamp: Stamp) -> list[Frame]:
    """All frames of a world in the order in which they are made."""
    voice = _charge16 if world.protocol == "ocpp1.6" else _charge2
    frames = [frame for stay in world.stays for frame in voice(stay, stamp)]
    return sorted(frames, key=lambda frame: frame.made)


def status(world: World, evse: int, at: int, stamp: Stamp) -> Frame:
    """The connector's present status."""
    word = _word(world, evse, at)
    if world.protocol == "ocpp1.6":
        return _status16(evse, at, word, stamp)
    return _status2(evse, at, "Available" if word == "Available" else "Occupied", stamp)


def _word(world: World, evse: int, at: int) -> str:
    for stay in world.stays:
        if stay.evse == evse and stay.plug <= at < stay.unplug:
            if at < stay.charge.start:
                return "Preparing"
            return "Charging" if at < stay.charge.stop else "Finishing"
    return "Available"


def _charge16(stay: Stay, stamp: Stamp) -> Iterator[Frame]:
    charge, evse = stay.charge, stay.evse
    first = stamp(charge.start)
    number = wire_id(evse, first, stay.token, charge.first_wh)
    yield _status16(evse, stay.plug, "Preparing", stamp, stay)
    start = {"connectorId": evse, "idTag": "CARD", "meterStart": charge.first_wh} | _time(first)
    decision = Decision(
        verdict="Accepted", verdict_source="authorizations", token_ref=stay.token, transaction_id=number
    )
    yield Frame(charge.start, "StartTransaction", start, evse, stay, "start", decision)
    yield _status16(evse, charge.start, "Charging", stamp, stay)
    for at, wh in charge.readings:
        sampled = {"value": str(wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
        value = _time(stamp(at)) | {"sampledValue": [sampled]}
        payload = {"connectorId": evse, "transactionId": number, "meterValue": [value]}
        yield Frame(at, "MeterValues", payload, evse, stay, "reading")
    stop = {"transactionId": number, "idTag": "CARD", "meterStop": charge.last_wh, "reason": "Local"}
    yield Frame(charge.stop, "StopTransaction", stop | _time(stamp(charge.stop)), evse, stay, "stop")
    yield _status16(evse, charge.stop, "Finishing", stamp, stay)
    yield _status16(evse, stay.unplug, "Available", stamp, stay)


def _status16(evse: int, at: int, word: str, stamp: Stamp, stay: Stay | None = None) -> Frame:
    payload = {"connectorId": evse, "errorCode": "NoError", "status": word} | _time(stamp(at))
    return Frame(at, "StatusNotification", payload, evse, stay)


def _charge2(stay: Stay, stamp: Stamp) -> Iterator[Frame]:
    charge, evse = stay.charge, stay.evse
    yield _status2(evse, stay.plug, "Occupied", stamp, stay)
    token = {"idToken": {"idToken": "CARD", "type": "ISO14443"}, "evse": {"id": evse, "connectorId": 1}}
    accepted = Decision(verdict="Accepted", verdict_source="authorizations", token_ref=stay.token)
    begin = token | _metered(charge.first_wh, "Transaction.Begin", stamp(charge.start))
    yield _event(stay, "Started", 0, charge.start, stamp, begin, decision=accepted, state="EVConnected")
    seq = 1
    charging = min([charge.start + 1, charge.stop])
    yield _event(stay, "Updated", seq, charging, stamp, {}, trigger="ChargingStateChanged", state="Charging")
    for at, wh in charge.readings:
        seq += 1
        periodic = _metered(wh, "Sample.Periodic", stamp(at))
        yield _event(stay, "Updated", seq, at, stamp, periodic, trigger="MeterValuePeriodic")
    end = _metered(charge.last_wh, "Transaction.End", stamp(charge.stop))
    yield _event(stay, "Ended", seq + 1, charge.stop, stamp, end, trigger="StopAuthorized", state="EVConnected")
    yield _status2(evse, stay.unplug, "Available", stamp, stay)


def _event(
    stay: Stay,
    event: str,
    seq: int,
    at: int,
    stamp: Stamp,
    more: dict[str, Any],
    *,
    trigger: str = "Authorized",
    state: str | None = None,
    decision: Decision | None = None,
) -> Frame:
    info = {"transactionId": stay.tx} | ({} if state is None else {"chargingState": state})
    payload = {"eventType": event, "seqNo": seq, "triggerReason": trigger, "transactionInfo": info}
    kind = {"Started": "start", "Updated": "reading", "Ended": "stop"}[event]
    return Frame(at, "TransactionEvent", payload | more | _time(stamp(at)), stay.evse, stay, kind, decision)


def _metered(wh: int, context: str, sent: str | None) -> dict[str, Any]:
    sample = {"value": wh, "context": context, "measurand": "Energy.Active.Import.Register"}
    return {"meterValue": [_time(sent) | {"sampledValue": [sample]}]}


def _status2(evse: int, at: int, word: str, stamp: Stamp, stay: Stay | None = None) -> Frame:
    payload = {"evseId": evse, "connectorId": 1, "connectorStatus": word} | _time(stamp(at))
    return Frame(at, "StatusNotification", payload, evse, stay)


def _time(sent: str | None) -> dict[str, Any]:
    return {} if sent is None else {"timestamp": sent}
