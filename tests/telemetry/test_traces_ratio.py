"""Readings are traced at the ratio that is set, each drawn once; what is refused is traced always."""

import random
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from unit.gateway.gateway_station import gateway, station

from volt_contracts.gateway import Exchange
from volt_eventlog import tracing

READINGS = 400
TAKEN = {"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "1"}]}
READING = {"connectorId": 1, "meterValue": [TAKEN]}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What is exported, from a provider of the test's own."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


@pytest.mark.parametrize(("ratio", "least", "most"), [(0.0, 0, 0), (0.5, 160, 240), (1.0, READINGS, READINGS)])
async def test_readings_are_drawn_once(spans: InMemorySpanExporter, ratio: float, least: int, most: int) -> None:
    random.seed(7)
    async with gateway(trace_ratio=ratio, frames_per_s=10_000.0) as gate, station(gate.port) as charger:
        await charger.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        for _ in range(READINGS):
            await charger.call("MeterValues", READING)
    traced = [span for span in spans.get_finished_spans() if span.name == "receive MeterValues"]
    assert least <= len(traced) <= most
    stored = [one for one in gate.log.records if isinstance(one.message, Exchange) and is_reading(one.message)]
    assert len(stored) == READINGS
    sampled = [one for one in stored if tracing.sampled(dict(one.headers)["traceparent"])]
    assert len(sampled) == len(traced)


def is_reading(exchange: Exchange) -> bool:
    """Whether it is a MeterValues."""
    return exchange.action == "MeterValues"


async def test_a_frame_that_is_refused_is_always_traced(spans: InMemorySpanExporter) -> None:
    async with gateway(trace_ratio=0.0) as gate, station(gate.port) as charger:
        await charger.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        charger.send('[2,"broken","StatusNotification",[]]')
        assert (await charger.hears())[:2] == [4, "broken"]
    assert "receive StatusNotification" in {span.name for span in spans.get_finished_spans()}
