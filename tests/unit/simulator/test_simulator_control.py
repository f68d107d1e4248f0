"""The control port: state, drain, pause and faults, and what it says to nonsense."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from unit.simulator.simulator_central import Central, listening, until
from unit.simulator.simulator_fleet import Running, running
from unit.simulator.test_simulator_chaos import point_for

from volt_simulator.control import control_routes
from volt_simulator.http import port_of, serve


class Port:
    """Asks the control port of a running fleet."""

    def __init__(self, port: int, run: Running, central: Central) -> None:
        self.port = port
        self.run = run
        self.central = central

    async def raw(self, request: bytes) -> tuple[int, Any]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        return int(head.split(b" ")[1]), msgspec.json.decode(body)

    async def ask(self, method: str, path: str, content: Any = None) -> tuple[int, Any]:
        body = b"" if content is None else msgspec.json.encode(content)
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        return await self.raw(head.encode() + body)

    async def fault(self, name: str, station: str = "*", **more: Any) -> Any:
        status, answer = await self.ask("POST", "/fault", {"station": station, "name": name, **more})
        assert status == 200
        return answer["stations"]


@asynccontextmanager
async def control(folder: Path, flags: str) -> AsyncIterator[Port]:
    central = Central(point_for)
    async with listening(central), running(central, folder, flags) as run:
        server = await serve(0, control_routes(run.fleet))
        try:
            yield Port(port_of(server), run, central)
        finally:
            server.close()


async def test_state_pause_and_drain(tmp_path: Path) -> None:
    async with control(tmp_path, "--stations 3 --shortest-stay 60") as port:
        await until(lambda: port.run.fleet.counters.transactions_begun > 2, "charges")
        await until(lambda: all(one.is_online for one in port.run.fleet.stations.values()), "all are online")
        status, state = await port.ask("GET", "/state")
        assert status == 200
        assert state["stations"] == state["connected"] == 3
        assert state["charging"] > 0
        assert state["counters"]["calls"] > 0
        assert (await port.ask("GET", "/readyz"))[0] == 200
        assert (await port.ask("GET", "/healthz?x=1"))[0] == 200
        _, stations = await port.ask("GET", "/stations")
        assert [station["version"] for station in stations] == ["1.6", "2.0.1", "2.1"]
        assert (await port.ask("POST", "/pause"))[1] == {"paused": True}
        assert port.run.fleet.gate.paused
        assert (await port.ask("POST", "/resume"))[1] == {"paused": False}
        assert (await port.ask("POST", "/drain"))[0] == 202
        assert await port.run.task
        assert (await port.ask("GET", "/state"))[1]["queued"] == 0
        assert (await port.ask("GET", "/readyz"))[0] == 503
    assert all(entry.acknowledged for entry in port.run.transactions())


async def test_faults_happen(tmp_path: Path) -> None:
    async with control(tmp_path, "--stations 3 --shortest-stay 60 --max-gap 0.1") as port:
        fleet = port.run.fleet
        await until(lambda: len(port.run.transactions()) >= 3, "charges")
        assert await port.fault("disconnect", "CP-0002", seconds=0.1) == ["CP-0002"]
        await until(lambda: port.central.links["CP-0002"] == 2, "a second link")
        assert len(await port.fault("duplicates")) == 3
        assert all(station.traits.faults.duplicates for station in fleet.stations.values())
        await port.fault("unset_clock", "CP-0001")
        await port.fault("session_register", "CP-0001")
        await port.fault("late_stops", "CP-0001", seconds=2)
        faults = fleet.stations["CP-0001"].traits.faults
        assert (faults.clock_unset, faults.session_register, faults.late_stop_s) == (True, True, 2.0)
        await port.fault("heal")
        assert not fleet.stations["CP-0001"].traits.faults.clock_unset
        await port.fault("emergency_stop")
        await until(lambda: "EmergencyStop" in {entry.reason for entry in port.run.transactions()}, "an end")
        await port.fault("power_loss", "CP-0003")
        await until(lambda: port.central.links["CP-0003"] == 2, "a restart")
        await port.fault("deaf", "CP-0001", seconds=0.1)
        assert fleet.stations["CP-0001"].deaf
        await until(lambda: not fleet.stations["CP-0001"].deaf, "it hears again")


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("DELETE", "/state", None, 405),
        ("POST", "/fault", None, 400),
        ("POST", "/fault", {"station": "CP-0001", "name": "melt"}, 400),
        ("POST", "/fault", {"station": "CP-9999", "name": "heal"}, 404),
        ("POST", "/fault", {"station": "CP-0001", "name": "deaf", "seconds": "long"}, 400),
        ("POST", "/fault", {"station": "CP-0001", "name": "deaf", "seconds": -1}, 400),
    ],
)
async def test_nonsense_gets_a_sentence(tmp_path: Path, method: str, path: str, content: Any, status: int) -> None:
    async with control(tmp_path, "--duration 60") as port:
        found, problem = await port.ask(method, path, content)
        assert found == problem["status"] == status
        assert problem["detail"]


async def test_what_is_not_http_gets_a_sentence_too(tmp_path: Path) -> None:
    async with control(tmp_path, "--duration 60") as port:
        assert (await port.raw(b"hello\r\n\r\n"))[0] == 400
        assert (await port.raw(b"POST /fault HTTP/1.1\r\nContent-Length: 5\r\n\r\n{not}"))[0] == 400
        assert (await port.raw(b"POST /fault HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"))[0] == 413
