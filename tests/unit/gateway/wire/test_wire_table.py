"""Runs the wire table: every row on a socket of its own, against the whole gateway on a log in memory."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio
from unit.gateway.gateway_station import PATIENCE_S, Gateway, Station, accepted_station, gateway, station
from unit.gateway.wire import v16, v21, v201
from unit.gateway.wire.rows import Exchanged, NotRead, Octets, Record, Row

from volt_contracts.gateway import NO_PAYLOAD, Exchange, Unreadable
from volt_ocpp.actions import REVENUE
from volt_ocpp.versions import Version

TABLE: dict[Version, list[Row]] = {Version.V16: v16.ROWS, Version.V201: v201.ROWS, Version.V21: v21.ROWS}
LEAST = 80
AFTERWARDS = b'[2,"afterwards","Heartbeat",{}]'
CASES = [
    pytest.param(version, row, id=f"{version.label}: {row.name}") for version, rows in TABLE.items() for row in rows
]
_numbers = count()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def gate() -> AsyncIterator[Gateway]:
    async with gateway(frames_per_s=1e6, frames_burst=1_000_000) as running:
        running.log.acknowledge_now = True
        yield running


@pytest.mark.parametrize("version", Version)
def test_the_table_is_long_enough_and_names_its_rows(version: Version) -> None:
    names = [row.name for row in TABLE[version]]
    assert len(names) >= LEAST
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("version", Version)
def test_no_row_of_the_table_refuses_a_revenue_call_of_its_version(version: Version) -> None:
    for row in TABLE[version]:
        for record in row.recorded:
            if isinstance(record, Exchanged) and record.action in REVENUE and record.error is not None:
                assert record.kinds == {"unknown_action"}, row.name


@pytest.mark.parametrize(("version", "row"), CASES)
async def test_row(gate: Gateway, version: Version, row: Row) -> None:
    identity = f"CP{next(_numbers)}"
    key = accepted_station(gate, identity)
    async with station(gate.port, identity, protocols=version.value) as charger:
        for sent in row.sent:
            if isinstance(sent, Octets):
                charger.wire.underlying_transport.write(sent.stream)
            else:
                charger.send(sent)
        if row.closes is None:
            heard = await until_afterwards(charger, len(row.heard))
        else:
            assert (await charger.ends())[0] == row.closes
            heard = drained(charger)
    assert heard == [repr(list(answer)) for answer in row.heard]
    assert recorded(gate, key) == list(row.recorded)


async def until_afterwards(charger: Station, expected: int) -> list[str]:
    """What came before a last heartbeat was answered; at least so many, where an answer may take longer."""
    charger.send(AFTERWARDS)
    heard: list[str] = []
    done = False
    async with asyncio.timeout(PATIENCE_S):
        while not done or len(heard) < expected:
            answer = await charger.heard.get()
            if answer[1] == "afterwards":
                done = True
            else:
                heard.append(told(answer))
    return heard + drained(charger)


def drained(charger: Station) -> list[str]:
    return [told(charger.heard.get_nowait()) for _ in range(charger.heard.qsize())]


def told(answer: list[object]) -> str:
    """Type and id, and the code of a refusal. As text: to Python, 1 and 1.0 and true are the same."""
    return repr(answer[: 2 if answer[0] == 3 else 3])


def recorded(gate: Gateway, key: str) -> list[Record]:
    found: list[Record] = []
    for record in gate.log.records:
        message = record.message
        if record.key != key:
            continue
        if isinstance(message, Exchange):
            kinds = frozenset(violation.kind for violation in message.violations)
            found.append(Exchanged(message.action, message.error, kinds))
            json.loads(bytes(message.call))
            assert message.error is None or message.answer == NO_PAYLOAD
        elif isinstance(message, Unreadable):
            found.append(NotRead(message.error))
    return found
