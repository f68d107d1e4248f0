"""Tenants never mix: with the same ids everywhere, nobody finds, follows or asks anything of another's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, Request
from integration.console.console_stage import Stage, served, staged
from unit.console.console_log import Log
from unit.console.console_routes import Found, routes_of
from unit.console.console_story import Visit
from unit.console.console_twins import (
    ACCOUNT_UID,
    FAR,
    IMPORT_ID,
    KEY_ID,
    OUR_MARK,
    OURS,
    THEIR_MARK,
    THEIRS,
    TOKEN_REF,
    key_rows,
    our_story,
    persons,
    record_places,
    said_otherwise,
    theirs,
)

from volt_console.access.principal import Principal
from volt_console.web.application import application, guarded
from volt_contracts.ids import derive
from volt_contracts.message import Actor
from volt_eventlog.message import Message
from volt_testkit.polling import eventually

pytestmark = pytest.mark.postgres

BASE = "http://127.0.0.1:8080"
PEOPLE = {
    tenant: Principal(tenant, Actor(kind="operator", id="ada"), "Ada", frozenset({"admin"}))
    for tenant in (OURS, THEIRS)
}


class Both:
    """A door that asks for the tenant in a header."""

    async def principal(self, request: Request) -> Principal | None:
        """An admin of that tenant."""
        return PEOPLE.get(request.headers.get("x-tenant", OURS))

    def routes(self) -> tuple[APIRouter, ...]:
        """None."""
        return ()


@dataclass
class Two:
    """A console with two tenants."""

    stage: Stage
    log: Log
    visit: Visit
    command_id: str

    def client(self, tenant: str) -> httpx.AsyncClient:
        """Requests of an admin of the tenant."""
        transport = httpx.ASGITransport(guarded(self.stage.console), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers={"X-Tenant": tenant})

    def addresses(self, route: Found, offset: int = 0) -> list[str]:
        """The route with every id that there is in both tenants; records lie `offset` further for the other one."""
        if {"topic", "partition", "offset"} <= set(route.names):
            places = record_places(self.log.messages)[:3]
            return [f"/records/{topic}/{partition}/{place + offset}" for topic, partition, place in places]
        known = {
            "uid": ACCOUNT_UID if "/accounts" in route.path else self.log.uid("CP-1"),
            "ref": TOKEN_REF,
            "import_id": IMPORT_ID,
            "session_id": self.visit.id,
            "command_id": self.command_id,
            "line": "2",
            "key_id": KEY_ID,
            "identity": "CP-2",
            "name": "adopt",
            "lane": "station",
            "entity": self.log.uid("CP-1"),
        }
        path = route.path
        for name in route.names:
            path = path.replace(f"{{{name}}}", known[name]).replace(f"{{{name}:path}}", known[name])
        return [path]


@pytest_asyncio.fixture(params=[1, 2, 3])
async def two(request: pytest.FixtureRequest, database: str) -> AsyncIterator[Two]:
    """Both stories folded, mixed as the dice say."""
    log, visit, command_id = our_story()
    async with staged(database, Log(), door=Both(), console_strays=True) as stage:
        stage.key_rows.rows.update(key_rows())
        stage.persons.update(persons())
        mixed = [message for pair in zip(log.messages, theirs(log), strict=True) for message in pair]
        await stage.tables.apply(mixed, Random(request.param))
        yield Two(stage, log, visit, command_id)


def _reads(stage: Stage) -> list[Found]:
    """Every GET that ends by itself."""
    found = [route for route in routes_of(application(stage.console)) if route.method == "GET" and route.rights]
    assert len(found) >= 15
    return [route for route in found if not route.path.startswith("/live/")]


async def test_every_page_and_every_answer_is_of_one_tenant(two: Two) -> None:
    for tenant, own, foreign in ((OURS, OUR_MARK, THEIR_MARK), (THEIRS, THEIR_MARK, OUR_MARK)):
        marked = set()
        async with two.client(tenant) as client:
            for route in _reads(two.stage):
                for address in two.addresses(route, FAR if tenant == THEIRS else 0):
                    answer = await client.get(address, headers={"Accept": "text/html"})
                    assert answer.status_code == 200, f"{tenant} {address}: {answer.text[:300]}"
                    assert foreign not in answer.text, f"{tenant} {address}"
                    if own in answer.text:
                        marked.add(route.path)
        assert {
            "/",
            "/stations/{uid}",
            "/api/v1/stations/{uid}",
            "/api/v1/sessions/{session_id}/timeline",
        } - marked <= {"/api/v1/sessions/{session_id}/timeline"}
        assert {"/keys", "/api/v1/keys", "/audit", "/api/v1/audit", "/onboarding", "/api/v1/onboarding"} <= marked
        assert {"/tokens/{ref}", "/api/v1/tokens/{ref}", "/tokens/{ref}/value", "/imports"} <= marked
        assert {"/accounts/{uid}/details", "/imports/{import_id}", "/api/v1/imports/{import_id}/rows"} <= marked
        assert {"/api/v1/commands/{command_id}", "/api/v1/commands/{import_id}/{line}"} <= marked
        assert "/api/v1/accounts" in marked


@pytest.mark.parametrize("path", ["audit", "onboarding"])
async def test_the_csv_of_a_list_is_of_one_tenant(two: Two, path: str) -> None:
    async with two.client(OURS) as client:
        text = (await client.get(f"/api/v1/{path}?format=csv")).text
    assert text.count(OUR_MARK) >= 3
    assert THEIR_MARK not in text


async def test_a_record_of_another_tenant_is_as_unknown_as_none(two: Two) -> None:
    async with two.client(OURS) as client:
        for topic, partition, offset in record_places(two.log.messages):
            assert (await client.get(f"/records/{topic}/{partition}/{offset + FAR}")).status_code == 404


async def test_a_search_finds_nothing_of_another_tenant(two: Two) -> None:
    async with two.client(OURS) as client:
        for query in (
            f"/stations?search={THEIR_MARK}",
            f"/sessions?search={THEIR_MARK}",
            f"/api/v1/stations?search={THEIR_MARK}",
            f"/api/v1/audit?actor={THEIR_MARK}",
            f"/api/v1/accounts?search={THEIR_MARK}",
            f"/accounts?search={THEIR_MARK}",
        ):
            answer = (await client.get(query)).text
            assert two.log.uid("CP-1") not in answer
            assert f"/accounts/{ACCOUNT_UID}" not in answer
            assert f'"account_uid":"{ACCOUNT_UID}"' not in answer


async def test_commands_bear_the_key_of_whoever_asks(two: Two) -> None:
    bodies = {"trigger": {"message": "Heartbeat"}, "variables/set": {"variables": [{"variable": "x", "value": "1"}]}}
    bodies |= {"unlock": {"evse": 1}, "availability": {"operational": True}, "start": {"token": "TAG0001"}}
    bodies |= {"policy": {"unknown_stations": "refuse"}, "keys": {"name": "x", "scopes": ["see"]}}
    stage = two.stage
    for tenant in (OURS, THEIRS):
        async with two.client(tenant) as client:
            for route in routes_of(application(stage.console)):
                if route.method == "POST" and route.path.startswith("/api/"):
                    body = next((body for name, body in bodies.items() if route.path.endswith(name)), {})
                    (address,) = two.addresses(route)
                    answer = await client.post(address, json=body, headers={"Idempotency-Key": route.path})
                    assert answer.status_code in (200, 202, 404, 409, 415, 422), f"{address}: {answer.text[:200]}"
    owners = (
        stage.station, stage.session, stage.network, stage.tenants, stage.key_owner, stage.cards, stage.people,
    )  # fmt: skip
    asked = {
        tenant: [each for owner in owners for each in owner.asked if each[0].startswith(f"{tenant}/")]
        for tenant in PEOPLE
    }
    assert sum(map(len, asked.values())) == sum(len(owner.asked) for owner in owners)
    assert len(asked[OURS]) >= len(asked[THEIRS]) >= 10
    ids = {tenant: {command_id for _, _, command_id in found} for tenant, found in asked.items()}
    paths = {route.path for route in routes_of(application(stage.console))}
    for tenant, found in ids.items():
        assert found <= {derive(tenant, path) for path in paths}


async def test_a_command_on_its_way_is_known_to_its_tenant_alone(two: Two) -> None:
    two.stage.station.answers = "late"
    async with two.client(THEIRS) as client:
        sent = (await client.post(f"/api/v1/stations/{two.log.uid('CP-1')}/reset", json={})).json()["command_id"]
        assert (await client.get(f"/api/v1/commands/{sent}")).status_code == 202
    async with two.client(OURS) as client:
        assert (await client.get(f"/api/v1/commands/{sent}")).status_code == 404


async def test_open_pages_follow_one_tenant(two: Two) -> None:
    """Whatever the other one's station does, a stream tells nothing of it; of its own it does."""
    live = [route for route in routes_of(application(two.stage.console)) if route.path.startswith("/live/")]
    assert len(live) >= 4
    followed: set[str] = set()
    headers = {"X-Tenant": OURS}
    async with served(two.stage) as base, httpx.AsyncClient(base_url=base, headers=headers, timeout=20) as client:
        for number, route in enumerate(live, 1):
            (address,) = two.addresses(route)
            async with client.stream("GET", address) as stream:
                heard: list[str] = []
                listening = asyncio.create_task(_listen(stream, heard))
                await eventually(_told(heard, "data:"), bool)
                changed = _later(theirs(two.log), number), _later(two.log.messages, number)
                for messages in changed:
                    await two.stage.tables.apply(messages)
                if OUR_MARK in "".join(heard):
                    await eventually(_told(heard, f"LATER-{number}"), bool)
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening
                assert THEIR_MARK not in "".join(heard), address
                followed.update([route.path] if OUR_MARK in "".join(heard) else ())
    assert {"/live/overview", "/live/stations/{uid}", "/live/onboarding"} <= followed


def _later(messages: list[Message], number: int) -> list[Message]:
    """The same facts once more, further on in the log, saying that they came later."""
    return [
        said_otherwise(message, (OUR_MARK, f"{OUR_MARK} LATER-{number}"), offset=message.offset + number * 10 * FAR)
        for message in messages
    ]


async def _listen(stream: httpx.Response, heard: list[str]) -> None:
    async for text in stream.aiter_text():
        heard.append(text)


def _told(heard: list[str], text: str) -> Callable[[], Awaitable[bool]]:
    async def told() -> bool:
        return text in "".join(heard)

    return told
