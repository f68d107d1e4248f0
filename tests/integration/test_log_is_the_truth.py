"""The log is the truth: everything else is deleted and folded again from the events, and is what it was before.

States, public rows and views; five times, in batches of any size, with one topic late; also after tokens, stations and
tenants were changed in between. Nothing is decided again: no events topic grows.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from integration.whole_pipe import FOLDING, SECRET, VIEWS, Derived, Pipe

from volt_contracts import session
from volt_contracts.drivers import RegisterToken
from volt_contracts.ids import entity_key, station_uid
from volt_contracts.message import Actor, Command
from volt_contracts.network import ConfigureTenant, RegisterStation, TenantSettings
from volt_contracts.refs import token_ref
from volt_contracts.session import Place, StartSession
from volt_contracts.station import GetVariables, TriggerMessage, Variable
from volt_contracts.topics import (
    DRIVERS_TOKEN_COMMANDS,
    DRIVERS_TOKEN_EVENTS,
    NETWORK_STATION_COMMANDS,
    NETWORK_STATION_EVENTS,
    NETWORK_TENANT_COMMANDS,
    NETWORK_TENANT_EVENTS,
    SESSION_COMMANDS,
    SESSION_EVENTS,
    STATION_COMMANDS,
    STATION_EVENTS,
    Topic,
)
from volt_eventlog.appender import Appender
from volt_eventlog.ask import Ask
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import read
from volt_eventlog.records import body_of
from volt_testkit.polling import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

ANNA = Actor(kind="operator", id="anna")
ACCOUNT = "0b7f9f04-6a5e-5b60-9f3c-333333333333"
FLEET = {
    "stations": "6",
    "versions": "1.6,2.0.1,2.1",
    "tokens": "TAG0001,TAG0002",
    "compression": "3600",
    "meter-interval": "1",
    "max-gap": "0.5",
    "ramp": "0.5",
    "duplicates": "0.2",
    "late-stops": "0.3",
    "late-stop-seconds": "1",
    "unset-clocks": "0.2",
    "session-registers": "0.2",
    "drain-timeout": "60",
}


async def test_all_that_was_folded_can_be_folded_again(kafka: Kafka, database: str, tmp_path: Path) -> None:
    pipe, dice = Pipe(kafka, database, tmp_path), random.Random(7)
    await pipe.seed()
    async with pipe.deciders(), pipe.gateway():
        await know_token(kafka, "TAG0002", "accepted")
        await pipe.stray("STRAY-1", "STRAY-2", "STRAY-1")
        await pipe.charge({**FLEET, "seed": "1", "until-sessions": "8"})
        await pipe.quiet()
    before = await pipe.derived()
    assert_rich(await session_events(kafka), before)
    await folded_anew(pipe, before)
    for generation in (10, 11):
        await views_built_anew(pipe, before, generation, dice)

    async with pipe.deciders(), pipe.gateway():
        await change_everything(kafka)
        await pipe.stray("STRAY-1", "STRAY-3")
        await pipe.charge({**FLEET, "seed": "2", "until-sessions": "6"})
        await pipe.quiet()
    after = await pipe.derived()
    assert after.difference(before) != []
    await folded_anew(pipe, after)
    for generation in (12, 13, 14):
        await views_built_anew(pipe, after, generation, dice)
    for verdict in await pipe.verdicts():
        assert verdict.ok, verdict


async def folded_anew(pipe: Pipe, expected: Derived) -> None:
    """Delete what is derived, start the deciders, and wait until they have made it all again."""
    events = await pipe.count_events()
    await pipe.forget()
    async with pipe.deciders(FOLDING):
        found = await eventually(pipe.derived, lambda found: not found.difference(expected) or not found.rows, 40)
    assert found.difference(expected) == []
    assert await pipe.count_events() == events, "an input was decided on again"


async def views_built_anew(pipe: Pipe, expected: Derived, generation: int, dice: random.Random) -> None:
    """Build all views beside themselves: batches of any size, one topic late."""
    for view in VIEWS:
        late = dice.choice(view.topics) if len(view.topics) > 1 else None
        await pipe.build(view, generation, batch=dice.randint(1, 300), late=late)
    assert await pipe.hashes(generation) == expected.views


async def session_events(kafka: Kafka) -> list[Any]:
    """What happened to visits."""
    return [
        body_of(SESSION_EVENTS, record)[1]
        async for _, records in read(kafka, [kafka.name(SESSION_EVENTS)])
        for record in records
    ]


NOT_FILLED = {
    "command_outcomes", "station_variables", "parked_keys", "imports", "import_rows", "import_sums",
    "session_revisions", "live_places",
}  # fmt: skip
"""Filled by commands, by imports, when a key fails, when facts come late, or when locations are configured."""


def assert_rich(events: Sequence[Any], found: Derived) -> None:
    """An empty log would be the truth as well."""
    kinds = {type(event) for event in events}
    assert {session.SessionStarted, session.SessionMetered, session.SessionEnded} <= kinds
    assert sum(isinstance(event, session.SessionEnded) for event in events) >= 8
    for topic in ("station.state", "session.state", "station.profiles", "session.authorizations", "network.stations"):
        assert found.rows[topic], f"{topic} is empty"
    empty = {name for name, value in found.views.items() if value.endswith(":0")}
    assert empty <= NOT_FILLED


async def know_token(kafka: Kafka, uid: str, status: Any) -> None:
    """Make a token of an account known, or change what its issuer says of it."""
    command = RegisterToken(value=uid, token_type="rfid", status=status, issuer="demo", actor=ANNA, account_uid=ACCOUNT)
    key = entity_key("demo", token_ref(SECRET, "demo", uid))
    await ask(kafka, DRIVERS_TOKEN_COMMANDS, DRIVERS_TOKEN_EVENTS, key, command)


async def change_everything(kafka: Kafka) -> None:
    """One token is blocked, stations move and are registered, the tenant changes its mind, and commands are sent."""
    await know_token(kafka, "TAG0002", "blocked")
    await know_token(kafka, "TAG0003", "accepted")
    settings = TenantSettings(
        name="demo", unknown_stations="adopt", security_profile=0, default_protocol="ocpp1.6", settlement_delay_s=60
    )
    tenant = ConfigureTenant(settings=settings, actor=ANNA)
    await ask(kafka, NETWORK_TENANT_COMMANDS, NETWORK_TENANT_EVENTS, "demo/demo", tenant)
    for number in range(1, 4):
        identity = f"CP-{number:04d}"
        key = entity_key("demo", station_uid("demo", identity))
        place = Place(location=f"Harbour {number}", evse_id=f"DE*VLT*E{number}", location_country="DE")
        moved = RegisterStation(identity=identity, security_profile=0, place=place, actor=ANNA)
        await ask(kafka, NETWORK_STATION_COMMANDS, NETWORK_STATION_EVENTS, key, moved)
        reference = token_ref(SECRET, "demo", "TAG0001")
        start = StartSession(id_token="TAG0001", token_ref=reference, evse=1, actor=ANNA)
        await ask(kafka, SESSION_COMMANDS, SESSION_EVENTS, key, start)
        trigger = TriggerMessage(message="StatusNotification", actor=ANNA)
        await ask(kafka, STATION_COMMANDS, STATION_EVENTS, key, trigger)
        wanted = (Variable(variable="HeartbeatInterval", component="OCPPCommCtrlr" if number > 1 else None),)
        await ask(kafka, STATION_COMMANDS, STATION_EVENTS, key, GetVariables(variables=wanted, actor=ANNA))


async def ask(kafka: Kafka, commands: Topic, events: Topic, key: str, command: Command) -> None:
    """Have a command carried out; stations that are not there refuse it, which is an outcome as well."""
    appender = Appender(kafka)
    asking = Ask(kafka, appender, commands, events, "test")
    await appender.start()
    try:
        await asking.start()
        await asking.send(key, command, deadline_s=60)
    finally:
        await asking.stop()
        await appender.stop()
