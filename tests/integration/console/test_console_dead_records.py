"""Dead letters as the console fetches them from a broker: the tenant's latest, over all owners."""

import pytest

from volt_console import dead_records
from volt_contracts.topics import NETWORK_DEAD, STATION_DEAD, Topic
from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.topics_admin import create_topics

pytestmark = pytest.mark.kafka


async def test_the_tenants_latest_are_found_with_position_and_error(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_records, "LOOKED_AT", 3)
    await create_topics(kafka, (), topics=dead_records.DEAD)
    appender = Appender(kafka)
    await appender.start()

    async def bury(topic: Topic, key: str, value: bytes | None, **headers: str) -> None:
        await appender.know(topic)
        await appender.append(topic, key, value, [(name, text.encode()) for name, text in headers.items()])

    try:
        for number in range(4):
            position = f"{kafka.prefix}gateway.frames-2@{number}"
            await bury(STATION_DEAD, "demo/st-1", b"\xff{", volt_error=f"no. {number}", volt_position=position)
        await bury(STATION_DEAD, "other/st-1", b"theirs")
        await bury(NETWORK_DEAD, "demo/st-2", b"x" * 10, volt_cut="90000", ce_type="network.adopt_station.v1")
        await bury(NETWORK_DEAD, "demo/st-3", None)
    finally:
        await appender.stop()
    found = await dead_records.latest(kafka, "demo")
    assert [(one.owner, one.entity, one.error) for one in found] == [
        ("network", "st-3", "no reason was kept"),
        ("network", "st-2", "no reason was kept"),
        ("station", "st-1", "no. 3"),
        ("station", "st-1", "no. 2"),
    ]
    assert (found[1].type, found[1].size, found[1].value) == ("network.adopt_station.v1", 90_000, "x" * 10)
    assert (found[2].position, found[2].kept_at) == ("gateway.frames-2@3", "station.dead:0:3")
    assert found[2].value == "\N{REPLACEMENT CHARACTER}{"
