"""Calls to stations: one at a time, reported step by step, with every way in which they can fail."""

from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import msgspec
from unit.gateway.gateway_station import Gateway, Station, gateway, station, until

from volt_contracts import codec
from volt_contracts.envelope import LINK, Envelope, to_headers
from volt_contracts.gateway import NO_PAYLOAD, CallReport, CloseLink, Exchange, Grant, SendCall, Unreadable
from volt_contracts.network import TenantSettings
from volt_gateway.links import GONE_KEPT

TRACE = b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"
NOW = datetime.now(UTC)


class Record:
    """A record of `gateway.downlink`."""

    def __init__(self, message: SendCall | CloseLink, link: bytes | None = None, value: bytes | None = None) -> None:
        envelope = Envelope(
            id="cause", type=codec.type_name(type(message)), source="station/0", subject="demo/x", time=NOW,
            correlation_id="corr", traceparent=TRACE, extra=((LINK, link or message.link_id.encode()),),
        )  # fmt: skip
        self.headers = to_headers(envelope)
        self.value = value or codec.encode(message)


def order(gate: Gateway, name: str = "c1", action: str = "Reset", payload: Any = None, **fields: Any) -> SendCall:
    """A call for the first link."""
    link = next(iter(gate.wire.links.by_id.values()))
    given: dict[str, Any] = {
        "command_id": name, "link_id": link.link_id, "message_id": f"x-{name}", "protocol": link.version.value,
        "action": action, "payload": msgspec.Raw(msgspec.json.encode(payload or {"type": "Soft"})),
        "not_after": datetime.now(UTC) + timedelta(seconds=30),
    }  # fmt: skip
    return SendCall(**given | fields)


def send(gate: Gateway, call: SendCall) -> None:
    gate.wire.downlink.take(Record(call))


def reports(gate: Gateway) -> list[tuple[str, str, str | None]]:
    return [(one.command_id, one.report, one.error) for one in gate.log.of(CallReport)]


async def connected(gate: Gateway, charger: Station) -> None:
    await charger.call("Heartbeat", {})
    assert gate.wire.links.by_id


async def test_a_call_is_sent_and_its_result_reported() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await connected(gate, charger)
        send(gate, order(gate))
        assert await charger.hears() == [2, "x-c1", "Reset", {"type": "Soft"}]
        charger.send('[3,"x-c1",{"status":"Accepted"}]')
        await until(lambda: reports(gate) == [("c1", "sent", None), ("c1", "result", None)])
        sent, result = gate.log.of(CallReport)
        assert msgspec.json.decode(sent.call) == {"type": "Soft"}
        assert msgspec.json.decode(result.answer) == {"status": "Accepted"}
        assert result.call == NO_PAYLOAD
        assert result.sent_at == sent.sent_at is not None
        headers = dict(gate.log.records[-1].headers)
        assert (headers["ce_causationid"], headers["ce_correlationid"]) == (b"cause", b"corr")
        assert headers["traceparent"] == TRACE


async def test_sent_is_on_record_before_the_call_is_on_the_wire() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await connected(gate, charger)
        gate.log.holding = True
        send(gate, order(gate))
        await charger.call("Heartbeat", {})
        assert reports(gate) == [("c1", "sent", None)]
        gate.log.release()
        assert (await charger.hears())[1] == "x-c1"


async def test_one_call_is_out_at_a_time_and_inbound_does_not_wait_for_it() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await connected(gate, charger)
        for name in ("c1", "c2", "c3"):
            send(gate, order(gate, name))
        assert (await charger.hears())[1] == "x-c1"
        await charger.call("StatusNotification", {"connectorId": 0, "errorCode": "NoError", "status": "Available"})
        assert charger.heard.empty()
        charger.send('[3,"x-c1",{}]')
        assert (await charger.hears())[1] == "x-c2"
        charger.send('[4,"x-c2","NotSupported","not here",{}]')
        assert (await charger.hears())[1] == "x-c3"
        said = gate.log.of(CallReport)[3]
        assert (said.report, said.error) == ("error", "NotSupported")
        assert msgspec.json.decode(said.answer)["errorDescription"] == "not here"


async def test_a_broken_answer_ends_the_call_that_waits_for_it() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await connected(gate, charger)
        send(gate, order(gate))
        await charger.hears()
        charger.send('[3,"x-c1"]')
        await until(lambda: ("c1", "error", "FormationViolation") in reports(gate))
        assert len(gate.log.of(Unreadable)) == 1


async def test_an_overdue_answer_is_reported_and_a_late_one_too() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await connected(gate, charger)
        send(gate, order(gate, "c1", answer_within_s=5))
        send(gate, order(gate, "c2"))
        await charger.hears()
        gate.wire.downlink.sweep(monotonic() + 4)
        assert len(reports(gate)) == 1
        gate.wire.downlink.sweep(monotonic() + 6)
        assert (await charger.hears())[1] == "x-c2"
        charger.send('[3,"x-c1",{"status":"Accepted"}]')
        await until(lambda: len(reports(gate)) == 4)
        assert reports(gate)[1:] == [("c1", "no_answer", None), ("c2", "sent", None), ("c1", "result", None)]


async def test_what_cannot_be_sent_in_time_is_not_sent() -> None:
    async with gateway(downlink_queue=1) as gate, station(gate.port) as charger:
        await connected(gate, charger)
        send(gate, order(gate, "late", not_after=NOW - timedelta(seconds=1)))
        assert reports(gate) == [("late", "not_sent", "too_late")]
        for name in ("c1", "c2", "c3"):
            send(gate, order(gate, name))
        assert ("c3", "not_sent", "queue_full") in reports(gate)


async def test_when_the_link_goes_its_calls_have_an_end() -> None:
    async with gateway() as gate:
        async with station(gate.port) as charger:
            await connected(gate, charger)
            send(gate, order(gate, "c1"))
            send(gate, order(gate, "c2"))
            await charger.hears()
            third = order(gate, "c3")
        await until(lambda: not gate.wire.links.by_id)
        assert reports(gate)[1:] == [("c1", "no_answer", "link_gone"), ("c2", "not_sent", "link_gone")]
        send(gate, third)
        assert reports(gate)[-1] == ("c3", "not_sent", "link_gone")
        assert len(gate.wire.links.gone) <= GONE_KEPT


async def test_foreign_and_unreadable_records_are_skipped() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await connected(gate, charger)
        call = order(gate)
        gate.wire.downlink.take(Record(call, link=b"another gateway's", value=b"not even JSON"))
        gate.wire.downlink.take(Record(call, value=b"not even JSON"))
        await charger.call("Heartbeat", {})
        assert not reports(gate)


async def test_a_grant_is_held_before_the_call_is_sent() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await connected(gate, charger)
        grant = Grant(token_ref="r", command_id="c1", valid_until=datetime.now(UTC) + timedelta(minutes=1))
        payload = {"idTag": "R1", "connectorId": 1}
        send(gate, order(gate, action="RemoteStartTransaction", payload=payload, grant=grant))
        assert next(iter(gate.wire.links.by_id.values())).grants == (grant,)
        assert (await charger.hears())[3] == payload


async def test_secrets_in_calls_and_answers_are_not_recorded() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await connected(gate, charger)
        payload = {"key": "AuthorizationKey", "value": "0123456789abcdef"}
        send(gate, order(gate, action="ChangeConfiguration", payload=payload))
        assert (await charger.hears())[3] == payload
        assert b"0123456789abcdef" not in bytes(gate.log.of(CallReport)[0].call)


async def test_a_pending_station_may_send_what_it_was_asked_for() -> None:
    async with gateway() as gate:
        gate.tenant(TenantSettings(name="P", unknown_stations="pending", security_profile=0))
        async with station(gate.port, protocols="ocpp2.0.1") as charger:
            boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
            status = {
                "timestamp": "2026-01-01T00:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1,
            }  # fmt: skip
            await charger.call("BootNotification", boot)
            assert (await charger.call("StatusNotification", status))[2] == "SecurityError"
            trigger = {"requestedMessage": "StatusNotification"}
            send(gate, order(gate, action="TriggerMessage", payload=trigger))
            await charger.hears()
            assert await charger.call("StatusNotification", status) == {}
            assert (await charger.call("Heartbeat", {}))[2] == "SecurityError"
        assert [one.error for one in gate.log.of(Exchange)] == [None, "SecurityError", None]
