"""Spans of frames: the milestones of a charge always, readings at a ratio."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from unit.gateway.gateway_station import gateway, key_of, station

from volt_eventlog import tracing
from volt_gateway.tracing import is_milestone


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What is exported, from a provider of the test's own."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def test_milestones_are_the_steps_of_a_charge() -> None:
    assert is_milestone("StartTransaction", {})
    assert is_milestone("TransactionEvent", {"eventType": "Started"})
    assert is_milestone("TransactionEvent", {"eventType": "Ended"})
    assert not is_milestone("TransactionEvent", {"eventType": "Updated"})
    assert not is_milestone("MeterValues", {})


async def test_a_milestone_is_one_trace_from_its_arrival_to_its_record(spans: InMemorySpanExporter) -> None:
    async with gateway(trace_ratio=0.0) as gate, station(gate.port) as charger:
        await charger.call("StatusNotification", {"connectorId": 0, "errorCode": "NoError", "status": "Available"})
        assert not spans.get_finished_spans()
        await charger.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        send, receive = spans.get_finished_spans()
        assert (receive.name, receive.kind, receive.parent) == ("receive BootNotification", SpanKind.SERVER, None)
        assert (send.name, send.kind) == ("send gateway.frames", SpanKind.PRODUCER)
        assert receive.context is not None
        assert send.context is not None
        assert send.parent is not None
        assert send.parent.span_id == receive.context.span_id
        assert receive.attributes is not None
        assert receive.attributes[tracing.TENANT] == "demo"
        assert receive.attributes[tracing.STATION] == key_of("CP1").split("/")[1]
        header = dict(gate.log.records[-1].headers)["traceparent"]
        assert header == f"00-{send.context.trace_id:032x}-{send.context.span_id:016x}-01".encode()


async def test_what_is_refused_is_traced(spans: InMemorySpanExporter) -> None:
    async with gateway(trace_ratio=0.0) as gate, station(gate.port) as charger:
        assert (await charger.call("StatusNotification", {}))[0] == 4
        assert {span.name for span in spans.get_finished_spans()} == {
            "receive StatusNotification", "send gateway.frames",
        }  # fmt: skip


async def test_readings_are_traced_at_the_ratio(spans: InMemorySpanExporter) -> None:
    taken = {"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "1"}]}
    reading = {"connectorId": 1, "meterValue": [taken]}
    async with gateway(trace_ratio=1.0) as gate, station(gate.port) as charger:
        await charger.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        spans.clear()
        await charger.call("MeterValues", reading)
        assert {span.name for span in spans.get_finished_spans()} == {"receive MeterValues", "send gateway.frames"}
        assert gate.log.records[-1].message.decision is None
