"""Every limit on what comes in acts, and is counted."""

import asyncio
import re
from pathlib import Path
from time import monotonic
from typing import get_args

import msgspec
import pytest
from unit.gateway.gateway_station import Gateway, Station, gateway, http, refusal, station, until
from unit.gateway.test_gateway_downlink import connected, order, reports, send
from unit.gateway.test_gateway_upgrade import chosen, row
from unit.gateway.wire.framing import VENDOR
from unit.gateway.wire.rows import call, frame

from volt_contracts.gateway import LinkRefused
from volt_gateway.meters import Limit

README = Path(__file__).parents[3] / "services" / "gateway" / "README.md"


def counted(gate: Gateway, limit: Limit) -> int:
    """How often it was reached."""
    found = re.search(rf'volt_gateway_limited_total{{limit="{limit}"}} (\d+)', gate.metrics.text())
    assert found is not None
    return int(found[1])


def numbered(number: int) -> bytes:
    return call("DataTransfer", VENDOR, f'"n{number}"')


async def hears_all(charger: Station, count: int) -> None:
    assert [(await charger.hears())[1] for _ in range(count)] == [f"n{number}" for number in range(count)]


@pytest.mark.parametrize("limit", get_args(Limit))
def test_every_limit_is_in_the_readme(limit: Limit) -> None:
    assert f"`{limit}`" in README.read_text()


async def test_every_limit_is_there_before_it_is_reached() -> None:
    async with gateway() as gate:
        assert {limit: counted(gate, limit) for limit in get_args(Limit)} == dict.fromkeys(get_args(Limit), 0)


@pytest.mark.parametrize(
    "stream",
    [frame(1, b"x" * 600), frame(1, b"x" * 300, fin=False) + frame(0, b"x" * 300, fin=False)],
    ids=["at once", "in fragments"],
)
async def test_message_size(stream: bytes) -> None:
    async with gateway(max_message_bytes=512) as gate, station(gate.port) as charger:
        charger.wire.underlying_transport.write(stream)
        assert (await charger.ends())[0] == 1009
        await until(lambda: not gate.wire.links.by_id)
        assert counted(gate, "message_size") == 1


async def test_a_close_of_the_station_is_no_limit() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        charger.wire.underlying_transport.write(frame(8, (1009).to_bytes(2, "big")))
        assert (await charger.ends())[0] == 1009
        await until(lambda: not gate.wire.links.by_id)
        assert counted(gate, "message_size") == 0


@pytest.mark.parametrize(
    "flood",
    [
        [frame(1, numbered(number)) for number in range(12)],
        [*[frame(9)] * 12, frame(1, numbered(0))],
        [*[frame(10)] * 12, frame(1, numbered(0))],
        [frame(1, numbered(0)[:5], fin=False), *[frame(0, fin=False)] * 12, frame(0, numbered(0)[5:])],
    ],
    ids=["messages", "pings", "pongs", "fragments"],
)
async def test_frame_rate(flood: list[bytes]) -> None:
    async with gateway(frames_per_s=200, frames_burst=5) as gate, station(gate.port) as charger:
        await connected(gate, charger)
        link = next(iter(gate.wire.links.by_id.values()))
        charger.wire.underlying_transport.write(b"".join(flood))
        await until(lambda: link.socket is not None and link.socket.is_held)
        assert counted(gate, "frame_rate") > 0
        await hears_all(charger, sum(b"DataTransfer" in one or b"sfer" in one for one in flood))
        await until(lambda: link.socket is not None and not link.socket.is_held)


async def test_frames_in_flight() -> None:
    async with gateway(frames_in_flight=3) as gate, station(gate.port) as charger:
        await connected(gate, charger)
        gate.log.holding = True
        for number in range(6):
            charger.send(numbered(number))
        await until(lambda: counted(gate, "frames_in_flight") == 1)
        gate.log.holding = False
        gate.log.release()
        await hears_all(charger, 6)


async def test_opening() -> None:
    async with gateway() as gate:
        gate.log.holding = True
        async with station(gate.port) as charger:
            for number in range(40):
                charger.send(numbered(number))
            await until(lambda: counted(gate, "opening") == 1)
            link = next(iter(gate.wire.links.by_id.values()))
            assert link.socket is not None
            assert link.socket.is_held
            assert charger.heard.empty()
            gate.log.holding = False
            gate.log.release()
            await hears_all(charger, 40)


async def test_unread_answers() -> None:
    """The transport says so when its buffer is full; it is full when a station does not read."""
    async with gateway() as gate, station(gate.port) as charger:
        await connected(gate, charger)
        socket = next(iter(gate.wire.links.by_id.values())).socket
        assert socket is not None
        socket.pause_writing()
        assert (socket.is_held, counted(gate, "unread_answers")) == (True, 1)
        charger.send(numbered(0))
        await asyncio.sleep(0.02)
        assert charger.heard.empty()
        socket.resume_writing()
        await hears_all(charger, 1)


async def test_connections() -> None:
    async with gateway(connections_max=1) as gate, station(gate.port, "A"):
        assert (await refusal(gate.port, "B"))[0] == 503
        assert (counted(gate, "connections"), counted(gate, "connections_per_address")) == (1, 0)


async def test_connections_per_address() -> None:
    async with gateway(connections_per_address=1) as gate, station(gate.port, "A"):
        assert (await refusal(gate.port, "B"))[0] == 503
        assert (counted(gate, "connections"), counted(gate, "connections_per_address")) == (0, 1)


async def test_admissions() -> None:
    async with gateway(admissions_per_s=0.001, admissions_burst=1) as gate, station(gate.port, "A"):
        assert (await refusal(gate.port, "B"))[0] == 503
        assert counted(gate, "admissions") == 1


@pytest.mark.parametrize("request_", [b"GET", b"GET / HTTP/1.1\r\nX: y\r\n", b"hello\r\n\r\n"])
async def test_upgrade_request(request_: bytes) -> None:
    async with gateway(handshake_timeout_s=0.3) as gate:
        await http(gate.port, request_)
        await until(lambda: counted(gate, "upgrade_request") == 1)


async def test_an_upgrade_that_was_read_is_none_of_those() -> None:
    async with gateway() as gate:
        async with station(gate.port):
            pass
        await refusal(gate.port, path="/")
        await until(lambda: not gate.wire.links.by_id)
        assert counted(gate, "upgrade_request") == 0


async def test_refusal_records() -> None:
    async with gateway(refusal_records_per_address=2) as gate:
        for number in range(5):
            await refusal(gate.port, path=f"/ocpp/nowhere/CP{number}")
        assert counted(gate, "refusal_records") == 3
        assert 'volt_gateway_refusals_total{reason="unknown_tenant",tenant="-"} 5' in gate.metrics.text()


async def test_downlink_queue() -> None:
    async with gateway(downlink_queue=1) as gate, station(gate.port) as charger:
        await connected(gate, charger)
        for name in ("c1", "c2", "c3"):
            send(gate, order(gate, name))
        assert ("c3", "not_sent", "queue_full") in reports(gate)
        assert counted(gate, "downlink_queue") == 1


async def test_parked() -> None:
    async with gateway(parked_max=0) as gate, station(gate.port) as charger:
        assert (await charger.call("Authorize", {"idTag": "NEW"}))["idTagInfo"]["status"] == "Invalid"
        assert counted(gate, "parked") == 1


async def test_unknown_tokens() -> None:
    """Who tries one token after the other gets the tenant's fallback, and `session` is not asked."""
    async with gateway(unknown_tokens_per_s=0.001, unknown_tokens_burst=2) as gate, station(gate.port) as charger:
        for number in range(5):
            await charger.call("Authorize", {"idTag": f"NEW{number}"})
        assert (counted(gate, "unknown_tokens"), len(gate.ask.asked)) == (3, 2)
        async with station(gate.port, "CP2") as other:
            await other.call("Authorize", {"idTag": "NEW9"})
        assert len(gate.ask.asked) == 3


async def test_connects() -> None:
    async with gateway(connects_per_s=0.001, connects_burst=2) as gate:
        for _ in range(2):
            async with station(gate.port):
                pass
        status, headers, _ = await refusal(gate.port)
        assert (status, counted(gate, "connects")) == (429, 1)
        assert 10 <= int(headers["retry-after"]) <= 20
        refused = gate.log.of(LinkRefused)[-1]
        assert (refused.reason, refused.identity) == ("connects_too_often", "CP1")
        async with station(gate.port, "CP2"):
            pass


async def test_passwords() -> None:
    """One that was found right still lets in; and a station is not locked out by what another address tries."""
    async with gateway(passwords_per_s=0.001, passwords_burst=2, trusted_proxies=("127.0.0.1",)) as gate:
        gate.station(msgspec.structs.replace(row(), credential=chosen("my own password!")))
        passwords = gate.wire._passwords

        async def tries(password: str, address: str = "192.0.2.1") -> int:
            answer = (await refusal(gate.port, password=password, headers={"X-Forwarded-For": address}))[0]
            await until(lambda: all(checking.done() for checking in passwords._checking.values()))
            return answer

        assert [await tries("my own password!"), await tries("guess 1"), await tries("guess 2")] == [503, 503, 429]
        assert counted(gate, "passwords") == 1
        assert await tries("guess 1") == 401, "it is known to be wrong"
        assert await tries("guess 3", "192.0.2.2") == 503
        async with station(gate.port, password="my own password!"):
            pass


async def test_refusals() -> None:
    """The third one, and whoever comes from there meanwhile, is answered late; but answered."""
    async with gateway(refusals_per_s=0.001, refusals_burst=1, refusals_delay_s=0.3) as gate:
        took = []
        for _ in range(3):
            begin = monotonic()
            assert (await refusal(gate.port, path="/ocpp/nowhere/CP"))[0] == 404
            took.append(monotonic() - begin >= 0.3)
        assert took == [False, False, True]
        begin = monotonic()
        async with station(gate.port):
            assert monotonic() - begin >= 0.3
        assert counted(gate, "refusals") == 2
