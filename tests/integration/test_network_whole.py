"""A network as an operator describes it on the command line, and where the gateway lets its stations in afterwards."""

import asyncio
from pathlib import Path

import pytest
from integration.whole_pipe import SECRET, Pipe
from typer.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from volt_contracts import codec
from volt_contracts.gateway import LinkOpened
from volt_contracts.ids import entity_key, station_uid
from volt_contracts.topics import GATEWAY_FRAMES
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import read
from volt_eventlog.records import type_of
from volt_network.cli import app
from volt_testkit.polling import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

STEVE = "/steve/websocket/CentralSystemService/"
NAME = codec.type_name(LinkOpened)


async def _told(*words: str) -> str:
    """What `voltlog network …` prints, when it succeeds."""
    result = await asyncio.to_thread(CliRunner().invoke, app, list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


async def _let_in(pipe: Pipe, path: str) -> bool:
    try:
        async with connect(f"ws://127.0.0.1:{pipe.port}{path}", subprotocols=[Subprotocol("ocpp1.6")], proxy=None):
            return True
    except InvalidStatus:
        return False


async def _links(kafka: Kafka) -> list[tuple[str, str, str]]:
    """Key, identity and path of every link, in the order of the log of each key."""
    found = []
    async for _, records in read(kafka, [kafka.name(GATEWAY_FRAMES)]):
        for record in records:
            if type_of(record) == NAME:
                opened: LinkOpened = codec.decode(GATEWAY_FRAMES, NAME, record.value)
                found.append((record.key.decode(), opened.identity, opened.path))
    return found


async def test_stations_come_by_old_names_and_addresses_and_go_to_another_tenant(
    kafka: Kafka, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "VOLT_PREFIX": kafka.prefix, "VOLT_TOKEN_SECRET": SECRET,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    pipe = Pipe(kafka, database, tmp_path)
    await pipe.seed()
    north, south = station_uid("demo", "CP1"), station_uid("south", "CP1")
    async with pipe.deciders(), pipe.gateway():
        await _told("tenant", "south", "--unknown", "refuse", "--profile", "0", "--country", "AT")
        await _told("organisation", "ACME", "--tenant", "demo", "--name", "Acme", "--kind", "site_host")
        where = ("--latitude", "52.5", "--longitude", "13.4", "--time-zone", "Europe/Berlin")
        await _told("location", "L1", "--tenant", "demo", "--name", "Depot", "--site-host", "ACME", *where)
        await _told("location", "L1", "--tenant", "demo", "--city", "Berlin")
        shown = await _told("location", "L1", "--tenant", "demo")
        assert "Depot" in shown
        assert "Berlin" in shown
        await _told("register", "CP1", "--tenant", "demo", "--profile", "0")
        await _told("tenant", "demo", "--unknown", "refuse")
        await eventually(lambda: _let_in(pipe, "/ocpp/demo/NOBODY"), lambda inside: not inside, 30)
        await _told("route", STEVE, "--tenant", "demo")
        await _told("alias", "OLD-1", "--tenant", "demo", "--station", "CP1")
        await eventually(lambda: _let_in(pipe, f"{STEVE}OLD-1"), bool, 30)

        address = f"ws://127.0.0.1:{pipe.port}/ocpp/demo/CP1"
        async with connect(address, subprotocols=[Subprotocol("ocpp1.6")], proxy=None) as station:
            await _told("transfer", "CP1", "--tenant", "demo", "--to", "south")
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(station.recv(), 30)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
        for path in ("/ocpp/demo/CP1", "/ocpp/south/CP1", f"{STEVE}OLD-1"):
            assert await _let_in(pipe, path), path
        refused = await asyncio.to_thread(
            CliRunner().invoke, app, ["transfer", "CP1", "--tenant", "demo", "--to", "south"]
        )
        assert (refused.exit_code, refused.stderr) == (1, "rejected: it belongs to south already\n")
        await pipe.quiet()
    links = await _links(kafka)
    assert (entity_key("demo", north), "CP1", f"{STEVE}OLD-1") in links
    assert {path for key, _, path in links if key == entity_key("south", south)} == {
        "/ocpp/demo/CP1", "/ocpp/south/CP1", f"{STEVE}OLD-1",
    }  # fmt: skip
