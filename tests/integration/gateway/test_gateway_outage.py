"""Kafka gone and back: stations are sent away so that they queue, and nothing that was acknowledged is lost."""

import asyncio
from pathlib import Path

import pytest
from integration.gateway.gateway_process import get, log_of, running
from unit.gateway.gateway_station import key_of, refusal, station

from volt_contracts.gateway import Exchange, LinkOpened
from volt_devstack.kafka import KafkaServer
from volt_eventlog.kafka import Kafka
from volt_testkit.polling import eventually
from volt_testkit.stack import free_port

pytestmark = pytest.mark.kafka

STATUS = {"connectorId": 0, "errorCode": "NoError", "status": "Available"}


async def test_stations_are_sent_away_while_kafka_is_gone_and_served_again_afterwards(tmp_path: Path) -> None:
    server = KafkaServer(tmp_path / "kafka", free_port(), free_port())
    server.start()
    try:
        server.wait_ready(90)
        kafka = Kafka(server.bootstrap, client_id="test")
        async with log_of(kafka) as log, running(kafka, kafka_down_after_s=3, kafka_down_close_over_s=1) as process:
            async with station(process.port, "A") as first, station(process.port, "B") as second:
                assert await first.call("StatusNotification", STATUS) == {}
                assert await second.call("StatusNotification", STATUS) == {}
                server.kill()
                first.send('[2,"lost","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Faulted"}]')
                for charger in (first, second):
                    async with asyncio.timeout(20):
                        code, _ = await charger.closed
                    assert code == 1013
                assert first.heard.empty(), "what is not in the log is not acknowledged"
            status, headers, _ = await refusal(process.port, "C")
            assert status == 503
            assert int(headers["retry-after"]) > 0
            assert "kafka" in await get(process.health, "/readyz")
            server.start()
            server.wait_ready(90)

            async def ready() -> str:
                return await get(process.health, "/readyz")

            await eventually(ready, lambda said: "200 OK" in said, 60)
            async with station(process.port, "A") as again:
                assert await again.call("StatusNotification", STATUS) == {}
            opened = [message for message in await log.of(LinkOpened, 3) if message.key == key_of("A")]
            assert len(opened) == 2
            answered = [message.body for message in await log.frames() if isinstance(message.body, Exchange)]
            assert len([one for one in answered if one.message_id != "lost"]) == 3
    finally:
        server.stop()
