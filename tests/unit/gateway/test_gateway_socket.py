"""The socket: whole messages out of frames, pings, closes, sizes."""

from types import SimpleNamespace
from typing import cast

import msgspec
import pytest
from picows import WSFrame, WSMsgType, WSTransport
from unit.gateway.gateway_station import gateway, station, until

from volt_contracts.gateway import Exchange, LinkClosed
from volt_gateway.socket import Receiver, StationSocket

STATUS = b'[2,"f1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]'
CONTINUATION, TEXT, BINARY = WSMsgType.CONTINUATION, WSMsgType.TEXT, WSMsgType.BINARY


@pytest.mark.parametrize("kind", [TEXT, BINARY])
async def test_fragments_are_joined(kind: WSMsgType) -> None:
    async with gateway() as gate, station(gate.port) as charger:
        charger.wire.send(kind, STATUS[:10], fin=False)
        charger.wire.send(CONTINUATION, STATUS[10:20], fin=False)
        charger.wire.send_ping(b"in between")
        charger.wire.send(CONTINUATION, b"", fin=False)
        charger.wire.send(CONTINUATION, STATUS[20:])
        assert await charger.hears() == [3, "f1", {}]
        assert msgspec.json.decode(gate.log.of(Exchange)[0].call)["status"] == "Available"


async def test_a_binary_message_is_read_like_a_text() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        charger.wire.send(BINARY, STATUS)
        assert await charger.hears() == [3, "f1", {}]


async def test_a_message_that_is_too_long_closes_with_1009() -> None:
    async with gateway(max_message_bytes=1000) as gate:
        async with station(gate.port) as charger:
            charger.send(b'[2,"m1","DataTransfer",{"vendorId":"' + b"x" * 1000 + b'"}]')
            assert (await charger.ends())[0] == 1009
        async with station(gate.port) as charger:
            for number in range(3):
                charger.wire.send(CONTINUATION if number else TEXT, b"x" * 400, fin=False)
            assert (await charger.ends())[0] == 1009
        await until(lambda: len(gate.log.of(LinkClosed)) == 2)
        assert {(closed.by, closed.code) for closed in gate.log.of(LinkClosed)} == {("gateway", 1009)}
        assert not gate.log.of(Exchange)


@pytest.mark.parametrize(
    ("kind", "first"), [(CONTINUATION, b"no beginning"), (TEXT, b"unfinished")], ids=["stray", "nested"]
)
async def test_fragments_out_of_order_close_with_1002(kind: WSMsgType, first: bytes) -> None:
    async with gateway() as gate, station(gate.port) as charger:
        charger.wire.send(kind, first, fin=False)
        charger.wire.send(TEXT, STATUS)
        assert (await charger.ends())[0] == 1002
        assert not gate.log.of(Exchange)


async def test_compressed_frames_close_with_1002() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        charger.wire.send(TEXT, STATUS, rsv1=True)
        assert (await charger.ends())[0] == 1002


@pytest.mark.parametrize("code", [1000, 1001, 4321])
async def test_a_close_is_answered_and_recorded(code: int) -> None:
    async with gateway() as gate, station(gate.port) as charger:
        charger.answers_close = False
        charger.wire.send_close(code, b"bye")  # type: ignore[arg-type]
        assert (await charger.ends())[0] == code
        await until(lambda: bool(gate.log.of(LinkClosed)))
        closed = gate.log.of(LinkClosed)[0]
        assert (closed.by, closed.code, closed.reason) == ("station", code, "bye")


async def test_a_lost_connection_is_recorded_as_the_networks() -> None:
    async with gateway() as gate:
        async with station(gate.port):
            pass
        await until(lambda: bool(gate.log.of(LinkClosed)))
        closed = gate.log.of(LinkClosed)[0]
        assert (closed.by, closed.code) == ("network", 1006)


async def test_nothing_is_taken_after_a_close() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        charger.answers_close = False
        await until(lambda: bool(gate.wire.links.by_id))
        for link in gate.wire.links.by_id.values():
            link.close(1012, "restart")
        charger.send(STATUS)
        assert (await charger.ends())[0] == 1012
        gate.wire.links.cut_off(float("inf"))
        await until(lambda: not gate.wire.links.by_id)
        assert not gate.log.of(Exchange)


def test_what_comes_behind_a_close_that_picows_sent_is_not_taken() -> None:
    """It hands over even the frame that it closes for, once that is complete."""
    heard: list[bytes] = []
    socket = StationSocket(cast("Receiver", SimpleNamespace(receive=heard.append)), 1000)
    frame = SimpleNamespace(msg_type=TEXT, fin=True, rsv1=False, get_payload_as_bytes=lambda: b"long")
    for closes in (False, True):
        socket.on_ws_frame(cast("WSTransport", SimpleNamespace(is_close_frame_sent=closes)), cast("WSFrame", frame))
    assert heard == [b"long"]
