"""Authorize with a token that nobody here knows: it waits, bounded, and nothing waits behind it."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from unit.gateway.gateway_station import SECRET, gateway, key_of, station, until

from volt_contracts.gateway import Exchange
from volt_contracts.message import Outcome
from volt_contracts.network import TenantSettings
from volt_contracts.refs import token_ref
from volt_contracts.session import AuthorizationDecided, Authorize, SessionCommandFinished

REF = token_ref(SECRET, "demo", "NEW1")
AT = datetime.now(UTC)
ASK = b'[2,"a1","Authorize",{"idTag":"NEW1"}]'
DECIDED = AuthorizationDecided(
    command_id="c", outcome="accepted", verdict="Accepted", group_ref="g" * 32, valid_until=AT + timedelta(days=1),
    station_uid="s", at=AT,
)  # fmt: skip


async def test_an_unknown_token_is_asked_about_and_the_verdict_is_the_answer() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        gate.ask.outcomes[f"demo/{REF}"] = DECIDED
        answer = await charger.call("Authorize", {"idTag": "NEW1"})
        assert answer["idTagInfo"]["status"] == "Accepted"
        assert answer["idTagInfo"]["parentIdTag"] == "g" * 20
        key, command = gate.ask.asked[0]
        assert key == f"demo/{REF}"
        assert isinstance(command, Authorize)
        assert (command.station_uid, command.identity) == (key_of("CP1").split("/")[1], "CP1")
        exchange = gate.log.of(Exchange)[0]
        assert (exchange.decision.verdict, exchange.decision.verdict_source) == ("Accepted", "asked")
        assert exchange.decision.token_ref == REF


async def test_nothing_of_the_station_waits_behind_a_parked_call_and_it_is_recorded_once() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        gate.ask.outcomes[f"demo/{REF}"] = DECIDED
        gate.ask.answering = asyncio.Event()
        charger.send(ASK)
        status = {"connectorId": 0, "errorCode": "NoError", "status": "Available"}
        assert await charger.call("StatusNotification", status) == {}
        assert len(gate.log.of(Exchange)) == 1
        gate.ask.answering.set()
        assert (await charger.hears())[:2] == [3, "a1"]
        assert [one.action for one in gate.log.of(Exchange)] == ["StatusNotification", "Authorize"]


@pytest.mark.parametrize(("policy", "status"), [("Unknown", "Invalid"), ("Accepted", "Accepted")])
async def test_without_a_verdict_in_time_the_tenants_fallback_answers(policy: str, status: str) -> None:
    settings = TenantSettings(name="D", unknown_stations="adopt", security_profile=0)
    async with gateway(authorize_deadline_s=0.05) as gate, station(gate.port) as charger:
        gate.tenant(msgspec.structs.replace(settings, unknown_token=policy))
        gate.ask.answering = asyncio.Event()
        assert (await charger.call("Authorize", {"idTag": "NEW1"}))["idTagInfo"]["status"] == status
        assert gate.log.of(Exchange)[0].decision.verdict_source == "fallback"
        assert 'volt_gateway_parked_total{outcome="deadline"} 1' in gate.metrics.text()


async def test_an_outcome_that_is_no_verdict_is_none() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        other: Outcome = SessionCommandFinished(command_id="c", outcome="rejected", command="x", at=AT)
        gate.ask.outcomes[f"demo/{REF}"] = other
        assert (await charger.call("Authorize", {"idTag": "NEW1"}))["idTagInfo"]["status"] == "Invalid"


async def test_a_second_question_of_the_same_link_is_not_parked_too() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        gate.ask.outcomes[f"demo/{REF}"] = DECIDED
        gate.ask.answering = asyncio.Event()
        charger.send(ASK)
        answer = await charger.call("Authorize", {"idTag": "NEW2"})
        assert answer["idTagInfo"]["status"] == "Invalid"
        assert len(gate.ask.asked) == 1
        gate.ask.answering.set()
        await charger.hears()


async def test_who_hangs_up_gets_no_record_of_an_answer() -> None:
    async with gateway() as gate:
        gate.ask.outcomes[f"demo/{REF}"] = DECIDED
        gate.ask.answering = asyncio.Event()
        async with station(gate.port) as charger:
            charger.send(ASK)
            await until(lambda: bool(gate.ask.asked))
        await until(lambda: not gate.wire.links.by_id)
        gate.ask.answering.set()
        await until(lambda: not gate.wire._parking.waiting)
        assert not gate.log.of(Exchange)
