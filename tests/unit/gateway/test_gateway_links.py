"""Links: on record before anything is answered, silent, back, alive, superseded, closed."""

from time import monotonic
from typing import Any

import msgspec
from unit.gateway.gateway_station import Gateway, gateway, key_of, station, until

from volt_contracts import codec
from volt_contracts.envelope import LINK, TYPE
from volt_contracts.gateway import (
    CloseLink,
    Exchange,
    LinkAlive,
    LinkBack,
    LinkClosed,
    LinkOpened,
    LinkSilent,
    LinkSuperseded,
)
from volt_eventlog.appender import AppendFailed
from volt_gateway.link import Link

HEARTBEAT: Any = [2, "h", "Heartbeat", {}]


class Record:
    """A record of `gateway.downlink`."""

    def __init__(self, link_id: str, message: msgspec.Struct) -> None:
        tag = codec.type_name(type(message))
        self.headers = [(TYPE, tag.encode()), (LINK, link_id.encode())]
        self.value = codec.encode(message)


def links(gate: Gateway) -> list[Link]:
    return list(gate.wire.links.by_id.values())


def tick_for(gate: Gateway, seconds: float) -> None:
    """Let the sweep visit every link as if so much time had passed."""
    for link in links(gate):
        gate.wire._sweep.visit(link, monotonic() + seconds)


async def test_nothing_is_answered_before_the_link_is_on_record() -> None:
    async with gateway() as gate:
        gate.log.holding = True
        async with station(gate.port) as charger:
            charger.send(msgspec.json.encode(HEARTBEAT))
            await until(lambda: any(link.waiting for link in links(gate)))
            assert charger.heard.empty()
            gate.log.release()
            assert (await charger.hears())[:2] == [3, "h"]
            assert links(gate)[0].link_seq == 0


async def test_a_station_that_does_not_wait_for_its_link_is_not_read_on() -> None:
    async with gateway() as gate:
        gate.log.holding = True
        async with station(gate.port) as charger:
            for _ in range(40):
                charger.send(msgspec.json.encode(HEARTBEAT))
            await until(lambda: any(link.socket is not None and link.socket.is_held for link in links(gate)))
            assert charger.heard.empty()
            gate.log.release()
            for _ in range(40):
                assert (await charger.hears())[:2] == [3, "h"]


async def test_link_seq_is_the_offset_of_the_opened_record() -> None:
    async with gateway() as gate, station(gate.port, "A"), station(gate.port, "B") as second:
        await second.call("StatusNotification", {"connectorId": 0, "errorCode": "NoError", "status": "Available"})
        opened = next(record for record in gate.log.records if record.key == key_of("B"))
        assert gate.log.of(Exchange)[0].link_seq == opened.offset == 1


async def test_a_link_that_cannot_be_put_on_record_is_closed() -> None:
    async with gateway() as gate:
        gate.log.holding = True
        async with station(gate.port) as charger:
            await until(lambda: bool(gate.log.records))
            gate.log.release(AppendFailed("the broker is gone"))
            assert (await charger.ends())[0] == 1013
        gate.log.holding = False
        await until(lambda: not links(gate))
        assert not gate.log.of(LinkClosed)


async def test_a_link_that_is_gone_before_it_is_on_record_still_gets_its_end() -> None:
    async with gateway() as gate:
        gate.log.holding = True
        async with station(gate.port):
            await until(lambda: bool(gate.log.records))
        await until(lambda: not links(gate))
        gate.log.release()
        assert gate.log.of(LinkClosed)[0].link_seq == 0


async def test_silence_is_recorded_once_and_its_end_too() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await charger.call("Heartbeat", {})
        charger.answers_pings = False
        tick_for(gate, 89.0)
        assert not gate.log.of(LinkSilent)
        tick_for(gate, 300.0)
        assert not gate.log.of(LinkSilent), "a station that never answered a ping may be quiet for its heartbeat too"
        tick_for(gate, 391.0)
        tick_for(gate, 400.0)
        silent = gate.log.of(LinkSilent)
        assert len(silent) == 1
        assert 390 < (silent[0].at - silent[0].silent_since).total_seconds() < 392
        await charger.call("Heartbeat", {})
        assert len(gate.log.of(LinkBack)) == 1
        await charger.call("Heartbeat", {})
        assert len(gate.log.of(LinkBack)) == 1


async def test_quiet_stations_are_pinged_and_a_pong_is_a_sign_of_life() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await charger.call("Heartbeat", {})
        tick_for(gate, 10.0)
        tick_for(gate, 20.0)
        await until(lambda: charger.pings == 1 and links(gate)[0].ponged)
        tick_for(gate, 91.0)
        assert len(gate.log.of(LinkSilent)) == 1, "once it has answered pings, it is expected to go on"
        await until(lambda: len(gate.log.of(LinkBack)) == 1)


async def test_a_dead_station_is_dropped() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await charger.call("Heartbeat", {})
        links(gate)[0].ponged = True
        tick_for(gate, 241.0)
        assert (await charger.ends())[0] == 1006
        await until(lambda: bool(gate.log.of(LinkClosed)))
        assert gate.log.of(LinkClosed)[0].by == "network"


async def test_a_quiet_link_is_said_to_be_alive_every_five_minutes_while_it_is_heard() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await charger.call("Heartbeat", {})
        link = links(gate)[0]
        tick_for(gate, 200.0)
        assert not gate.log.of(LinkAlive)
        tick_for(gate, 331.0)
        assert len(gate.log.of(LinkAlive)) == 1
        link.appended_at = link.heard_at + 1
        tick_for(gate, 380.0)
        assert len(gate.log.of(LinkAlive)) == 1, "nothing was heard since"


async def test_both_sockets_of_a_station_live_until_the_twin_closes_the_older() -> None:
    async with gateway() as gate, station(gate.port) as older, station(gate.port) as newer:
        await older.call("Heartbeat", {})
        await newer.call("Heartbeat", {})
        first, second = links(gate)
        order = CloseLink(link_id=first.link_id, reason="a newer connection", by_link_id=second.link_id)
        gate.wire.downlink.take(Record(first.link_id, order))
        assert await older.ends() == (1000, "a newer connection")
        await until(lambda: bool(gate.log.of(LinkClosed)))
        assert gate.log.of(LinkSuperseded)[0].by_link_id == second.link_id
        assert gate.log.of(LinkClosed)[0].link_id == first.link_id
        await newer.call("Heartbeat", {})


async def test_an_operators_close_supersedes_nothing() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await charger.call("Heartbeat", {})
        link_id = links(gate)[0].link_id
        gate.wire.downlink.take(Record(link_id, CloseLink(link_id=link_id, reason="asked for")))
        assert (await charger.ends())[0] == 1000
        assert not gate.log.of(LinkSuperseded)


async def test_a_station_that_does_not_answer_a_close_is_cut_off() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        charger.answers_close = False
        await charger.call("Heartbeat", {})
        links(gate)[0].close(1012, "restart")
        gate.wire.tick(monotonic())
        assert links(gate)
        gate.wire.tick(monotonic() + 1.0)
        await until(lambda: not links(gate))
        assert gate.log.of(LinkClosed)[0].code == 1012


async def test_heartbeats_are_not_stored() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        for _ in range(3):
            assert (await charger.call("Heartbeat", {}))["currentTime"].endswith("Z")
        assert [type(record.message) for record in gate.log.records] == [LinkOpened]


async def test_every_record_bears_the_envelope() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await charger.call("StatusNotification", {"connectorId": 0, "errorCode": "NoError", "status": "Available"})
        ids = set()
        for record in gate.log.records:
            headers = dict(record.headers)
            assert headers["ce_specversion"] == b"1.0"
            assert headers["ce_subject"].decode() == record.key
            assert headers["ce_source"] == b"gateway/0"
            assert headers["ce_time"].endswith(b"Z")
            assert len(headers["traceparent"]) == 55
            assert headers["traceparent"].endswith(b"-00")
            ids.add(headers["ce_id"])
        assert len(ids) == len(gate.log.records)
        assert all(len(each) == 36 for each in ids)
