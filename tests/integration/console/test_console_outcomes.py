"""What became of a command is found by its id, whoever carried it out; an import's rows by their lines."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from integration.console.console_stage import Stage, staged
from unit.console.console_drivers import Card, Person
from unit.console.console_imports import RACED, answer_station, answer_token, answer_transaction, import_id, record
from unit.console.console_log import Log

from volt_console.queries import commands
from volt_console.web.application import guarded
from volt_contracts import drivers, eventlog, network, session
from volt_contracts.ids import entity_key
from volt_contracts.imports import command_id as imported_as
from volt_contracts.message import Outcome
from volt_contracts.topics import (
    AUTHORIZATION_EVENTS,
    DRIVERS_ACCOUNT_EVENTS,
    DRIVERS_TOKEN_EVENTS,
    NETWORK_LOCATION_EVENTS,
    NETWORK_ORGANISATION_EVENTS,
    NETWORK_STATION_EVENTS,
    NETWORK_TENANT_EVENTS,
    SESSION_EVENTS,
    Topic,
)

pytestmark = pytest.mark.postgres

Visiting = Callable[..., AbstractAsyncContextManager[tuple[httpx.AsyncClient, Stage]]]
API = "/api/v1/commands"
REF = "a-token"
UID = "0b7f9f04-6a5e-5b60-9f3c-111111111111"
OWNERS = (
    DRIVERS_TOKEN_EVENTS,
    DRIVERS_ACCOUNT_EVENTS,
    NETWORK_STATION_EVENTS,
    NETWORK_LOCATION_EVENTS,
    NETWORK_ORGANISATION_EVENTS,
    NETWORK_TENANT_EVENTS,
)


@pytest.fixture
def visiting(database: str) -> Visiting:
    """Requests to a console that has folded a log."""

    @asynccontextmanager
    async def visit(log: Log, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Stage]]:
        async with staged(database, log, **settings) as stage:
            transport = httpx.ASGITransport(guarded(stage.console), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
                yield client, stage

    return visit


def finish(log: Log, topic: Topic, command_id: str, outcome: Any = "accepted", sentence: str | None = None) -> str:
    """An owner says how a command went; where that lies."""
    said: dict[str, Any] = {"command_id": command_id, "outcome": outcome, "sentence": sentence, "at": log.now}
    kind = drivers.DriversCommandFinished if topic.owner == "drivers" else network.NetworkCommandFinished
    body: Outcome = kind(command="x.v1", **said)
    message = log.append(topic, "", body, key=entity_key(log.tenant, "an-entity"))
    return f"{topic.name}:{message.partition}:{message.offset}"


@pytest.mark.parametrize("topic", OWNERS, ids=lambda topic: topic.name)
async def test_every_owner_s_outcome_is_found(visiting: Visiting, topic: Topic) -> None:
    log = Log()
    place = finish(log, topic, "a-command", "rejected", "it is not known")
    async with visiting(log) as (client, stage):
        found = await client.get(f"{API}/a-command", params={"min_position": place})
    said = found.json()
    assert (found.status_code, said["command_id"], said["position"]) == (200, "a-command", place)
    assert (said["outcome"], said["sentence"], said["results"]) == ("rejected", "it is not known", [])
    assert ("audit_trail", topic.name) in {(view, position.topic) for view, position in stage.reached.waited}


async def test_a_release_of_a_key_is_found(visiting: Visiting) -> None:
    log = Log()
    refused = eventlog.CommandRefused(command_id="a-release", outcome="accepted", at=log.now)
    log.append(AUTHORIZATION_EVENTS, "", refused, key=entity_key(log.tenant, REF))
    async with visiting(log) as (client, _):
        assert (await client.get(f"{API}/a-release")).json()["outcome"] == "accepted"


async def test_an_outcome_is_its_tenants_alone(visiting: Visiting) -> None:
    log, other = Log(), Log(tenant="harbour")
    finish(log, DRIVERS_TOKEN_EVENTS, "the-same-id", "rejected", "ours")
    finish(other, DRIVERS_TOKEN_EVENTS, "the-same-id", "accepted", "theirs")
    finish(other, DRIVERS_TOKEN_EVENTS, "only-theirs")
    answer_token(other, 4)
    async with visiting(log) as (client, stage):
        await stage.tables.apply(other.messages)
        assert (await client.get(f"{API}/the-same-id")).json()["sentence"] == "ours"
        assert (await client.get(f"{API}/only-theirs")).status_code == 404
        assert (await client.get(f"{API}/{import_id()}/4")).status_code == 404


async def test_what_is_on_its_way_is_not_told_by_another_owner(visiting: Visiting) -> None:
    log = Log()
    passed = session.SessionCommandAccepted(
        command_id="a-start", station_command_id="s", command="StartSession", until=log.now, at=log.now
    )
    log.append(SESSION_EVENTS, "CP-1", passed)
    finish(log, DRIVERS_TOKEN_EVENTS, "a-start")
    async with visiting(log) as (client, _):
        pending = await client.get(f"{API}/a-start")
    assert (pending.status_code, pending.json()["outcome"]) == (202, None)


@pytest.mark.parametrize(
    ("method", "path", "body", "topic"),
    [
        ("POST", f"/api/v1/tokens/{REF}/block", {}, DRIVERS_TOKEN_EVENTS),
        ("POST", f"/api/v1/accounts/{UID}/close", {}, DRIVERS_ACCOUNT_EVENTS),
        ("POST", "/api/v1/onboarding/policy", {"unknown_stations": "refuse"}, NETWORK_TENANT_EVENTS),
    ],
)
async def test_what_is_late_is_found_where_the_answer_says(
    visiting: Visiting, method: str, path: str, body: dict[str, Any], topic: Topic
) -> None:
    log = Log()
    Card(log, REF).said()
    Person(log, UID).registered()
    async with visiting(log) as (client, stage):
        for owner in (stage.cards, stage.people, stage.tenants):
            owner.answers = "late"
        sent = await client.request(method, path, json=body)
        pending = await client.get(sent.headers["location"])
        finish(log, topic, sent.json()["command_id"])
        await stage.show()
        found = await client.get(sent.headers["location"])
    assert (sent.status_code, pending.status_code, pending.json()["outcome"]) == (202, 202, None)
    assert (found.status_code, found.json()["outcome"]) == (200, "accepted")


async def test_a_row_of_an_import_is_found_by_its_line(visiting: Visiting) -> None:
    log = Log()
    answer_station(log, 2)
    answer_token(log, 4, "rejected")
    answer_transaction(log, 5)
    record(log)
    async with visiting(log) as (client, stage):
        accepted = (await client.get(f"{API}/{import_id()}/2")).json()
        refused = (await client.get(f"{API}/{import_id()}/4")).json()
        adopted = (await client.get(f"{API}/{import_id()}/5")).json()
        nothing = [await client.get(f"{API}/{import_id()}/{line}") for line in (3, "x", 2**63)]
        kept_twice = await commands.command(stage.console.database, "demo", imported_as(import_id(), 4))
    assert (accepted["outcome"], accepted["position"].split(":")[0]) == ("accepted", "network.station.events")
    assert (refused["outcome"], refused["sentence"]) == ("rejected", RACED)
    assert (adopted["outcome"], adopted["position"].split(":")[0]) == ("accepted", "station.events")
    assert refused["command_id"] == imported_as(import_id(), 4)
    assert [answer.status_code for answer in nothing] == [404, 404, 404]
    assert kept_twice is None
