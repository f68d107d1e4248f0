"""Answers that came too late, limits in flight, Kafka gone, and the orderly end."""

import asyncio
import time
from time import monotonic
from typing import Any

import msgspec
import pytest
from unit.gateway.gateway_station import gateway, refusal, station, until

from volt_contracts.gateway import Exchange, LinkClosed
from volt_eventlog.appender import AppendFailed

STATUS: Any = {"connectorId": 0, "errorCode": "NoError", "status": "Available"}


def call(number: int) -> bytes:
    return msgspec.json.encode([2, f"n{number}", "StatusNotification", STATUS])


async def test_an_answer_that_missed_its_deadline_is_dropped() -> None:
    async with gateway(answer_deadline_s=0.05) as gate, station(gate.port) as charger:
        await charger.call("StatusNotification", STATUS)
        gate.log.holding = True
        charger.send(call(1))
        await until(lambda: len(gate.log.of(Exchange)) == 2)
        late = time.perf_counter() + 0.06
        await until(lambda: time.perf_counter() > late)
        gate.log.release()
        gate.log.holding = False
        await charger.call("StatusNotification", STATUS)
        assert charger.heard.empty()
        assert 'volt_gateway_answers_dropped_total{reason="late"} 1' in gate.metrics.text()


async def test_what_was_not_appended_is_not_answered() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await charger.call("StatusNotification", STATUS)
        gate.log.holding = True
        charger.send(call(1))
        await until(lambda: len(gate.log.of(Exchange)) == 2)
        gate.log.release(AppendFailed("the broker is gone"))
        gate.log.holding = False
        await charger.call("Heartbeat", {})
        assert charger.heard.empty()
        assert 'volt_gateway_answers_dropped_total{reason="not_appended"} 1' in gate.metrics.text()


async def test_a_station_with_many_calls_in_flight_is_not_read_on_and_loses_nothing() -> None:
    async with gateway(frames_in_flight=4, frames_burst=10_000) as gate, station(gate.port) as charger:
        await charger.call("Heartbeat", {})
        link = next(iter(gate.wire.links.by_id.values()))
        gate.log.holding = True
        for number in range(200):
            charger.send(call(number))
            await asyncio.sleep(0)
        await until(lambda: link.socket is not None and link.socket.is_held)
        gate.log.holding = False
        gate.log.release()
        answers = [(await charger.hears())[1] for _ in range(200)]
        assert answers == [f"n{number}" for number in range(200)]
        assert link.socket is not None
        assert not link.socket.is_held


async def test_who_sends_too_fast_is_read_more_slowly_and_loses_nothing() -> None:
    async with gateway(frames_per_s=200, frames_burst=5, frames_in_flight=1000) as gate, station(gate.port) as charger:
        await charger.call("Heartbeat", {})
        began = time.perf_counter()
        for number in range(50):
            charger.send(call(number))
            await asyncio.sleep(0)
        for number in range(50):
            assert (await charger.hears())[1] == f"n{number}"
        assert 'volt_gateway_limited_total{limit="frame_rate"}' in gate.metrics.text()
        await charger.call("Heartbeat", {})
        assert time.perf_counter() - began > 0.1


async def test_when_kafka_is_gone_stations_are_sent_away_and_let_in_again_later() -> None:
    async with gateway(kafka_down_after_s=20, kafka_down_close_over_s=0.1) as gate:
        async with station(gate.port, "A") as first, station(gate.port, "B") as second:
            await first.call("Heartbeat", {})
            await second.call("Heartbeat", {})
            gate.log.failing_since = monotonic()
            gate.wire.tick(monotonic() + 19)
            await first.call("Heartbeat", {})
            gate.wire.tick(monotonic() + 20)
            assert gate.wire.outage.down
            first.send(msgspec.json.encode([2, "h", "Heartbeat", {}]))
            assert (await first.ends())[0] == 1013
            assert (await second.ends())[0] == 1013
            assert first.heard.empty(), "heartbeats are no longer answered"
            status, headers, _ = await refusal(gate.port, "C")
            assert status == 503
            assert int(headers["retry-after"]) > 0
        gate.log.failing_since = None
        gate.wire.tick(monotonic())
        async with station(gate.port, "A") as again:
            await again.call("Heartbeat", {})


async def test_a_drain_answers_what_is_in_flight_and_closes_with_1012() -> None:
    async with gateway() as gate, station(gate.port, "A") as first, station(gate.port, "B") as second:
        await first.call("StatusNotification", STATUS)
        await second.call("StatusNotification", STATUS)
        gate.log.holding = True
        first.send(call(1))
        await until(lambda: len(gate.log.of(Exchange)) == 3)
        draining = asyncio.create_task(gate.wire.drain())
        await asyncio.sleep(0)
        gate.log.holding = False
        gate.log.release()
        assert await first.hears() == [3, "n1", {}]
        assert (await first.ends())[0] == 1012
        assert (await second.ends())[0] == 1012
        await draining
        assert {(closed.by, closed.code) for closed in gate.log.of(LinkClosed)} == {("gateway", 1012)}
        with pytest.raises(ConnectionRefusedError):
            async with station(gate.port, "C"):
                pass
