"""Upgrades: who is let in, who is told what, and what is on record; and two sockets of one station."""

import asyncio
import contextlib

import pytest
from unit.gateway.gateway_station import PATIENCE_S, gateway, station, until
from unit.gateway.wire.framing import GOOD
from unit.gateway.wire.upgrades import UPGRADES, Upgrade, get

from volt_contracts.gateway import Exchange, LinkOpened, LinkRefused


async def answered(port: int, request: bytes) -> bytes:
    """What comes back to these bytes until the connection ends, however it ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    with contextlib.suppress(ConnectionError):
        writer.write(request)
        async with asyncio.timeout(PATIENCE_S):
            while part := await reader.read(65_536):
                received += part
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return received


@pytest.mark.parametrize("upgrade", UPGRADES, ids=lambda upgrade: upgrade.name)
async def test_upgrade(upgrade: Upgrade) -> None:
    async with gateway(handshake_timeout_s=0.3) as gate:
        answer = await answered(gate.port, upgrade.request)
        status = int(answer.split(b" ", 2)[1]) if answer else None
        assert status == upgrade.status
        await until(lambda: not gate.wire.links.by_id)
        assert [one.reason for one in gate.log.of(LinkRefused)] == [upgrade.reason] * (upgrade.reason is not None)
        assert tuple(one.identity for one in gate.log.of(LinkOpened)) == upgrade.opened
        if upgrade.reason is None and not upgrade.opened:
            assert 'volt_gateway_limited_total{limit="upgrade_request"} 1' in gate.metrics.text()


async def test_the_reason_of_a_close_is_never_half_a_letter() -> None:
    headers = {"Sec-WebSocket-Protocol": "x" + "\u00f6" * 90}
    async with gateway() as gate, station(gate.port, protocols=None, headers=headers) as charger:
        code, reason = await charger.ends()
        assert code == 1002
        assert reason.startswith("no version that is offered is spoken here: x\u00f6")


async def test_nothing_in_front_of_the_switch_is_a_message() -> None:
    """Frames that come with the request are the station's first; those of a refused request are nobody's."""
    text = b"\x81" + bytes([0x80 | len(GOOD)]) + bytes(4) + GOOD
    async with gateway() as gate:
        await answered(gate.port, get() + text)
        assert not gate.log.of(Exchange)


@pytest.mark.parametrize(("first", "second"), [("ocpp1.6", "ocpp1.6"), ("ocpp1.6", "ocpp2.0.1")])
async def test_two_sockets_of_one_identity_are_two_links_until_the_twin_closes_one(first: str, second: str) -> None:
    """The gateway does not decide which is the real one: both are answered, each on its own socket and record."""
    async with gateway() as gate, station(gate.port, protocols=first) as old:
        async with station(gate.port, protocols=second) as new:
            for charger in (old, new):
                charger.send(b'[2,"b","BootNotification",{}]')
            assert (await old.hears())[:2] == (await new.hears())[:2] == [3, "b"]
            links = [one.link_id for one in gate.log.of(Exchange)]
            assert sorted(links) == sorted(link.decode() for link in gate.wire.links.by_id)
            assert len({record.key for record in gate.log.records}) == 1
        await until(lambda: len(gate.wire.links.by_id) == 1)
        old.send(GOOD)
        assert (await old.hears())[1] == "m1"
