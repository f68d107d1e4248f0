"""Hours without a link, on a real broker: a backlog of two charges, twice and partly out of order, then the present.

Both stations charged one car and began with a second one while they were cut off; the second one still charges when
the link is back, and its status overtakes the backlog. The link breaks once more in the middle of it.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from integration.whole_pipe import VIEWS, Pipe
from psycopg.rows import dict_row
from websockets.asyncio.client import ClientConnection, connect

from volt_contracts.ids import entity_key, station_uid
from volt_contracts.session import SessionEnded, SessionRevised, SessionStarted, Summary
from volt_contracts.station import TransactionEnded, TransactionStarted
from volt_contracts.topics import SESSION_EVENTS, STATION_EVENTS, Topic
from volt_eventlog.generations import names
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import read
from volt_eventlog.records import body_of
from volt_testkit.polling import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

THEN = datetime.now(UTC).replace(microsecond=0)
"""What lies hours back is counted from here, so that it is the same each time it is said."""
OLD, NEW = "0b5c1c52-7f0e-4d1c-9a55-000000000001", "0b5c1c52-7f0e-4d1c-9a55-000000000002"
NUMBERS = count(1)

Call = tuple[str, dict[str, Any]]


def ago(hours: float) -> str:
    """A timestamp of a clock that is right; of none is now."""
    moment = THEN - timedelta(hours=hours) if hours else datetime.now(UTC)
    return moment.isoformat().replace("+00:00", "Z")


class Station:
    """A link, and the ids that were given on it."""

    def __init__(self, link: ClientConnection) -> None:
        self._link = link

    async def say(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """A call, and its answer; what the central system asks meanwhile is not supported."""
        name = f"m{next(NUMBERS)}"
        await self._link.send(msgspec.json.encode([2, name, action, payload]).decode())
        while True:
            said = msgspec.json.decode(await self._link.recv())
            if said[0] == 2:
                refused = [4, said[1], "NotSupported", "", {}]
                await self._link.send(msgspec.json.encode(refused).decode())
            elif said[1] == name:
                assert said[0] == 3, said
                answer: dict[str, Any] = said[2]
                return answer

    async def say_all(self, calls: Sequence[Call]) -> None:
        """One after the other."""
        for action, payload in calls:
            await self.say(action, payload)


@asynccontextmanager
async def linked(pipe: Pipe, identity: str, protocol: str) -> AsyncIterator[Station]:
    """A link from its opening to its end."""
    address = f"ws://127.0.0.1:{pipe.port}/ocpp/demo/{identity}"
    async with connect(address, subprotocols=[protocol], proxy=None) as link:  # type: ignore[list-item]
        yield Station(link)


# 1.6


def status16(word: str, hours: float = 0) -> Call:
    """StatusNotification."""
    return "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": word, "timestamp": ago(hours)}


def start16(token: str, wh: int, hours: float) -> Call:
    """StartTransaction."""
    return "StartTransaction", {"connectorId": 1, "idTag": token, "meterStart": wh, "timestamp": ago(hours)}


def reading16(number: int, wh: int, hours: float) -> Call:
    """MeterValues."""
    value = {"timestamp": ago(hours), "sampledValue": [{"value": str(wh)}]}
    return "MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [value]}


def stop16(number: int, wh: int, hours: float) -> Call:
    """StopTransaction."""
    return "StopTransaction", {"transactionId": number, "meterStop": wh, "timestamp": ago(hours)}


async def station16(pipe: Pipe) -> None:
    """The status first, then the backlog up to where the link breaks, then all of it and the present."""
    old, new = start16("CARD-1", 1000, 9), start16("CARD-2", 5000, 5)
    async with linked(pipe, "CUT-16", "ocpp1.6") as station:
        await station.say("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})
        await station.say_all([status16("Charging")])
        first = (await station.say(*old))["transactionId"]
        await station.say_all([reading16(first, 4000, 8.5), stop16(first, 5000, 8)])
        second = (await station.say(*new))["transactionId"]
        await station.say_all([reading16(second, 9000, 3)])
    async with linked(pipe, "CUT-16", "ocpp1.6") as station:
        assert (await station.say(*old))["transactionId"] == first
        await station.say_all([reading16(first, 4000, 8.5), stop16(first, 5000, 8)])
        assert (await station.say(*new))["transactionId"] == second
        await station.say_all([reading16(second, 9000, 3), reading16(second, 7000, 4), reading16(second, 11000, 1)])
        await station.say_all([status16("Charging"), reading16(second, 12345, 0)])
        await until_running(pipe, "CUT-16", Decimal(7345))
        await station.say_all([stop16(second, 12345, 0), status16("Finishing"), status16("Available")])


# 2.0.1


def status201(word: str) -> Call:
    """StatusNotification."""
    return "StatusNotification", {"evseId": 1, "connectorId": 1, "connectorStatus": word, "timestamp": ago(0)}


def event201(kind: str, tx: str, number: int, wh: int, hours: float, **said: Any) -> Call:
    """TransactionEvent with one reading."""
    contexts = {"Started": "Transaction.Begin", "Updated": "Sample.Periodic", "Ended": "Transaction.End"}
    value = {"timestamp": ago(hours), "sampledValue": [{"value": wh, "context": contexts[kind]}]}
    info = {"transactionId": tx, "chargingState": "EVConnected" if kind == "Ended" else "Charging"}
    payload = {
        "eventType": kind, "timestamp": ago(hours), "seqNo": number, "offline": hours > 0, "transactionInfo": info,
        "triggerReason": "MeterValuePeriodic" if kind == "Updated" else "Authorized", "meterValue": [value],
    }  # fmt: skip
    return "TransactionEvent", payload | said


def started201(tx: str, token: str, wh: int, hours: float) -> Call:
    """The first event, with EVSE and token."""
    card = {"idToken": {"idToken": token, "type": "ISO14443"}, "evse": {"id": 1, "connectorId": 1}}
    return event201("Started", tx, 0, wh, hours, **card)


BACKLOG_201 = [
    started201(OLD, "CARD-3", 1000, 9),
    event201("Ended", OLD, 2, 5000, 8),
    event201("Updated", OLD, 1, 4000, 8.5),
    started201(NEW, "CARD-4", 5000, 5),
    event201("Updated", NEW, 2, 9000, 3),
    event201("Updated", NEW, 1, 7000, 4),
]


async def station201(pipe: Pipe) -> None:
    """The same in events that are numbered, an end before what it follows among them; and it boots each time."""
    boot = ("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Two"}})
    async with linked(pipe, "CUT-201", "ocpp2.0.1") as station:
        await station.say_all([boot, status201("Occupied"), *BACKLOG_201[:5]])
    async with linked(pipe, "CUT-201", "ocpp2.0.1") as station:
        await station.say_all([boot, *BACKLOG_201, status201("Occupied"), event201("Updated", NEW, 3, 12345, 0)])
        await until_running(pipe, "CUT-201", Decimal(7345))
        await station.say_all([event201("Ended", NEW, 4, 12345, 0), status201("Available")])


# What came of it


def key(identity: str) -> str:
    """The station's key."""
    return entity_key("demo", station_uid("demo", identity))


async def events(kafka: Kafka, topic: Topic, identity: str) -> list[Any]:
    """All events of a station."""
    found: list[Any] = []
    async for _, records in read(kafka, [kafka.name(topic)]):
        found += [body_of(topic, record)[1] for record in records if record.key == key(identity).encode()]
    return found


async def rows(pipe: Pipe, table: str, identity: str) -> list[dict[str, Any]]:
    """A station's rows of a console view, brought up to date."""
    (view,) = [view for view in VIEWS if table in view.tables]
    await pipe.build(view, view.generation, batch=1000)
    name = names(view, view.generation)[table]
    async with await psycopg.AsyncConnection.connect(pipe.dsn, row_factory=dict_row) as connection:
        cursor = await connection.execute(
            f"SELECT * FROM {name} WHERE station_uid = %s".encode(), [station_uid("demo", identity)]
        )
        return await cursor.fetchall()


async def until_running(pipe: Pipe, identity: str, energy_wh: Decimal) -> None:
    """One visit goes on, with all of its energy, and the connector is taken."""
    found = await eventually(
        lambda: rows(pipe, "live_sessions", identity),
        lambda found: [one["metered_wh"] for one in found if one["state"] == "running"] == [energy_wh],
        60,
    )
    assert sorted(one["state"] for one in found) == ["ended", "running"]
    (connector,) = await rows(pipe, "live_connectors", identity)
    assert (connector["status"], connector["charging_state"]) == ("Occupied", "Charging")


async def summaries(kafka: Kafka, identity: str) -> list[Summary]:
    """The latest summary of each visit."""
    latest = {}
    for event in await events(kafka, SESSION_EVENTS, identity):
        if isinstance(event, SessionEnded | SessionRevised):
            latest[event.session_id] = event.summary
    return sorted(latest.values(), key=lambda summary: summary.started_at)


async def check(pipe: Pipe, identity: str) -> None:
    """Two charges, each once, each right to the Wh."""
    two = await eventually(
        lambda: summaries(pipe.kafka, identity), lambda found: len(found) == 2 and found[1].unplugged_at is not None, 60
    )
    assert [summary.energy_wh for summary in two] == [Decimal(4000), Decimal(7345)]
    assert [summary.started_at for summary in two] == [THEN - timedelta(hours=9), THEN - timedelta(hours=5)]
    assert two[0].transaction_ended_at == THEN - timedelta(hours=8)
    assert two[1].transaction_ended_at is not None
    assert two[1].transaction_ended_at > THEN
    assert [len(summary.transactions) for summary in two] == [1, 1]
    said = await events(pipe.kafka, STATION_EVENTS, identity)
    for kind in (TransactionStarted, TransactionEnded):
        assert len([event for event in said if isinstance(event, kind)]) == 2, "each once, though all came twice"
    begun = await events(pipe.kafka, SESSION_EVENTS, identity)
    assert len([event for event in begun if isinstance(event, SessionStarted)]) == 2
    (connector,) = await rows(pipe, "live_connectors", identity)
    assert (connector["status"], connector["charging_state"]) == ("Available", None)


async def test_hours_without_a_link(kafka: Kafka, database: str, tmp_path: Path) -> None:
    pipe = Pipe(kafka, database, tmp_path)
    await pipe.seed()
    async with pipe.deciders(), pipe.gateway():
        await station16(pipe)
        await check(pipe, "CUT-16")
        await station201(pipe)
        await check(pipe, "CUT-201")
