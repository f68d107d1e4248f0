"""Who sends more than it may costs the others little: its messages wait, in order; long ones count by their length."""

import socket
import sys
from time import monotonic

import pytest
from unit.gateway.gateway_station import Gateway, gateway, station, until
from unit.gateway.test_gateway_downlink import connected
from unit.gateway.test_gateway_limits_counted import counted, hears_all, numbered
from unit.gateway.wire.rows import call, frame

from volt_contracts.gateway import Exchange
from volt_gateway.link import FRAME_BYTES, IMPATIENT, Link, frames_of


def only_link(gate: Gateway) -> Link:
    return next(iter(gate.wire.links.by_id.values()))


def waiting(link: Link) -> int:
    return len(link.waiting or ())


@pytest.mark.parametrize(("size", "frames"), [(0, 1), (FRAME_BYTES, 1), (FRAME_BYTES + 256, 2), (131_072, 509)])
def test_as_how_many_frames_a_message_counts(size: int, frames: float) -> None:
    assert frames_of(size) == frames


async def test_what_comes_in_one_packet_is_not_taken_at_once() -> None:
    async with gateway(frames_per_s=0.01, frames_burst=5) as gate, station(gate.port) as charger:
        await connected(gate, charger)
        link = only_link(gate)
        taken = 2 + int((link.tokens - 1) // IMPATIENT)
        charger.wire.underlying_transport.write(b"".join(frame(1, numbered(number)) for number in range(20)))
        await until(lambda: waiting(link) > 10)
        await hears_all(charger, taken)
        assert charger.heard.empty()
        assert waiting(link) == 20 - taken
        assert link.socket is not None
        assert link.socket.is_held


async def test_what_waits_is_answered_in_order_and_counted_as_one_time() -> None:
    async with gateway(frames_per_s=200, frames_burst=5) as gate, station(gate.port) as charger:
        await connected(gate, charger)
        charger.wire.underlying_transport.write(b"".join(frame(1, numbered(number)) for number in range(25)))
        await hears_all(charger, 25)
        link = only_link(gate)
        await until(lambda: link.waiting is None and link.socket is not None and not link.socket.is_held)
        assert counted(gate, "frame_rate") == 1
        charger.send(numbered(0))
        await hears_all(charger, 1)


async def test_a_long_message_makes_the_next_one_wait() -> None:
    async with gateway(frames_per_s=1, frames_burst=200) as gate, station(gate.port) as charger:
        await connected(gate, charger)
        long = b'[2,"n0","DataTransfer",{"vendorId":"V","data":"' + b"x" * 100_000 + b'"}]'
        charger.wire.underlying_transport.write(frame(1, long) + frame(1, numbered(1)))
        await hears_all(charger, 1)
        link = only_link(gate)
        await until(lambda: waiting(link) == 1)
        assert link.tokens == pytest.approx(200 - frames_of(len(long)), abs=5)


@pytest.mark.parametrize(
    ("said", "frames"),
    [
        (numbered(0), 1),
        (call("SelfDestruct", "{}"), 10),
        (call("StatusNotification", '{"connectorId":"one"}'), 10),
        (b"no frame at all", 10),
        (b'[3,"m1",{}]', 10),
    ],
)
async def test_what_is_no_good_counts_as_ten(said: bytes, frames: float) -> None:
    async with gateway(frames_per_s=0.01) as gate, station(gate.port) as charger:
        await connected(gate, charger)
        link = only_link(gate)
        before, records = link.tokens, len(gate.log.records)
        charger.send(said)
        await until(lambda: len(gate.log.records) > records)
        assert before - link.tokens == pytest.approx(frames, abs=0.1)


async def test_what_came_before_the_link_was_on_record_goes_at_its_rate_too() -> None:
    async with gateway(frames_per_s=200, frames_burst=5) as gate:
        gate.log.holding = True
        async with station(gate.port) as charger:
            charger.wire.underlying_transport.write(b"".join(frame(1, numbered(number)) for number in range(12)))
            await until(lambda: bool(gate.wire.links.by_id) and waiting(only_link(gate)) == 12)
            gate.log.holding = False
            gate.log.release()
            await hears_all(charger, 12)
            assert counted(gate, "frame_rate") == 1


async def test_nothing_more_is_taken_while_too_many_calls_wait_for_kafka() -> None:
    async with gateway(frames_per_s=50, frames_burst=2, frames_in_flight=3) as gate, station(gate.port) as charger:
        await connected(gate, charger)
        gate.log.holding = True
        charger.wire.underlying_transport.write(b"".join(frame(1, numbered(number)) for number in range(30)))
        await until(lambda: counted(gate, "frames_in_flight") == 1)
        taken, link = only_link(gate).in_flight, only_link(gate)
        later = monotonic() + 0.2
        await until(lambda: monotonic() > later)
        assert link.in_flight == taken
        assert waiting(link) > 10
        gate.log.holding = False
        gate.log.release()
        await hears_all(charger, 30)


async def test_a_station_that_leaves_takes_what_waits_with_it() -> None:
    async with gateway(frames_per_s=10, frames_burst=2) as gate:
        async with station(gate.port) as charger:
            await connected(gate, charger)
            charger.wire.underlying_transport.write(b"".join(frame(1, numbered(number)) for number in range(30)))
            await until(lambda: waiting(only_link(gate)) > 10)
        await until(lambda: not gate.wire.links.by_id)
        assert len(gate.log.of(Exchange)) < 30


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count buffers otherwise")
async def test_the_kernel_holds_back_little_for_a_station() -> None:
    async with gateway(receive_buffer_bytes=8192) as gate:
        assert gate.wire.server._server is not None
        for listening in gate.wire.server._server.sockets:
            assert listening.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 2 * 8192


async def test_coming_again_does_not_fill_up_what_a_station_may_send() -> None:
    async with gateway(frames_per_s=0.01, frames_burst=50) as gate:
        async with station(gate.port) as charger:
            await connected(gate, charger)
            for number in range(20):
                charger.send(numbered(number))
                await charger.hears()
        await until(lambda: not gate.wire.links.by_id)
        async with station(gate.port) as charger, station(gate.port, "CP2") as other:
            await connected(gate, charger)
            await connected(gate, other)
            tokens = {link.identity: link.tokens for link in gate.wire.links.by_id.values()}
            assert tokens["CP1"] == pytest.approx(tokens["CP2"] - 20, abs=1)


async def test_who_does_not_wait_for_answers_may_send_less() -> None:
    async with gateway(frames_per_s=0.01, frames_burst=50) as gate, station(gate.port) as charger:
        await connected(gate, charger)
        link = only_link(gate)
        before = link.tokens
        gate.log.holding = True
        for number in range(3):
            charger.send(numbered(number))
        await until(lambda: link.in_flight == 3)
        assert before - link.tokens == pytest.approx(1 + 2 * IMPATIENT, abs=0.1)
        gate.log.holding = False
        gate.log.release()
        await hears_all(charger, 3)
