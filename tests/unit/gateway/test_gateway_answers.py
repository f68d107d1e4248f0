"""Verdicts and transaction ids in answers, in 1.6 and 2.x."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from unit.gateway.gateway_station import SECRET, Gateway, Station, gateway, key_of, station

from volt_contracts.gateway import Exchange, Grant
from volt_contracts.network import StationRow, TenantSettings
from volt_contracts.refs import token_ref
from volt_contracts.session import AuthorizationRow, Issuer, Place
from volt_contracts.station import RecentStart, StationProfile
from volt_gateway.downlink import hold_grant
from volt_gateway.transaction_ids import wire_id

REF = token_ref(SECRET, "demo", "TAG1")
UID = "11111111-2222-5333-8444-555555555555"


def row(verdict: str = "Accepted", **fields: Any) -> AuthorizationRow:
    issuer = Issuer(issuer="d", token_type="rfid", verdict=verdict)  # type: ignore[arg-type]
    return AuthorizationRow(token_ref=REF, issuers=(issuer,), **fields)


def start(age_s: float = 0.0, **fields: Any) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(seconds=age_s)
    return {"connectorId": 1, "idTag": "TAG1", "meterStart": 10, "timestamp": at.isoformat()} | fields


def event(kind: str = "Started", age_s: float = 0.0, seq: int = 0, **fields: Any) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(seconds=age_s)
    return {
        "eventType": kind, "timestamp": at.isoformat(), "triggerReason": "Authorized", "seqNo": seq,
        "transactionInfo": {"transactionId": "t1"}, "idToken": {"idToken": "TAG1", "type": "ISO14443"},
    } | fields  # fmt: skip


async def verdict(charger: Station, payload: dict[str, Any]) -> str:
    answer = await charger.call("StartTransaction", payload)
    return str(answer["idTagInfo"]["status"])


async def verdict2(charger: Station, payload: dict[str, Any]) -> str:
    answer = await charger.call("TransactionEvent", payload)
    return str(answer["idTokenInfo"]["status"])


def sources(gate: Gateway) -> list[tuple[str | None, str | None]]:
    return [(one.decision.verdict, one.decision.verdict_source) for one in gate.log.of(Exchange) if one.decision]


def accept_station(gate: Gateway) -> str:
    """A known station, and its key."""
    gate.station(
        StationRow(
            version=1, station_uid=UID, identity="CP1", adopted=False, security_profile=0, registration="accepted",
            place=Place(),
        )
    )  # fmt: skip
    return f"demo/{UID}"


def test_the_wire_id_is_a_positive_31_bit_hash_of_the_start() -> None:
    ids = {wire_id(("s", connector, "t", "tag", meter)) for connector in range(20) for meter in range(50)}
    assert len(ids) == 1000
    assert all(0 < one < 2**31 for one in ids)
    assert wire_id(("s", 1, "t", "tag", 5)) == wire_id(("s", 1, "t", "tag", 5))
    assert wire_id(("s", None, None, None, None)) > 0


async def test_a_retry_gets_the_same_id_and_the_first_verdict() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        gate.authorization(row("Accepted", concurrent="refused"))
        payload = start()
        first = await charger.call("StartTransaction", payload)
        gate.authorization(row("Blocked", concurrent="refused", active=("t1",)))
        second = await charger.call("StartTransaction", payload)
        assert first == second
        assert await verdict(charger, start(meterStart=11)) == "Blocked"
        assert sources(gate) == [("Accepted", "authorizations"), ("Accepted", "repeat"), ("Blocked", "authorizations")]


async def test_a_retry_at_another_gateway_gets_the_published_verdict() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        gate.authorization(row("Blocked"))
        payload = start()
        key = key_of("CP1")
        number = wire_id((key, 1, payload["timestamp"], "TAG1", 10))
        gate.profile(
            key,
            StationProfile(
                registration="accepted",
                recent_starts=(RecentStart(wire_id=number, verdict="Accepted", transaction_uid="u"),),
            ),
        )
        assert await verdict(charger, payload) == "Accepted"
        assert sources(gate) == [("Accepted", "repeat")]
        assert gate.log.of(Exchange)[0].decision.transaction_id == number


async def test_with_a_stuck_clock_the_start_after_the_end_is_another_one() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        gate.authorization(row("Accepted"))
        stuck = start(timestamp="2014-01-01T00:00:00Z")
        first = await charger.call("StartTransaction", stuck)
        number = first["transactionId"]
        stop = {"transactionId": number, "meterStop": 20, "timestamp": "2014-01-01T00:00:00Z"}
        assert await charger.call("StopTransaction", stop) == {}
        gate.authorization(row("Blocked"))
        assert await verdict(charger, stuck) == "Blocked"
        assert sources(gate) == [("Accepted", "authorizations"), ("Blocked", "authorizations")]


@pytest.mark.parametrize(
    ("said", "status"),
    [("NoCredit", "Blocked"), ("Unknown", "Invalid"), ("Expired", "Expired"), ("Blocked", "Blocked")],
)
async def test_a_refused_token_still_gets_a_transaction_id(said: str, status: str) -> None:
    async with gateway() as gate, station(gate.port) as charger:
        gate.authorization(row(said))
        answer = await charger.call("StartTransaction", start())
        assert answer["transactionId"] > 0
        assert answer["idTagInfo"]["status"] == status
        assert sources(gate)[0][0] == said


async def test_a_token_in_use_is_refused_only_when_the_start_is_live() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        gate.authorization(row(concurrent="refused", active=("another",)))
        assert (await charger.call("Authorize", {"idTag": "TAG1"}))["idTagInfo"]["status"] == "Accepted"
        assert await verdict(charger, start()) == "ConcurrentTx"
        assert await verdict(charger, start(age_s=600)) == "Accepted"
        assert await verdict(charger, start(timestamp="1970-01-01T00:00:00Z")) == "Accepted"
        assert await verdict(charger, start(timestamp="yesterday")) == "Accepted"
        payload = start(meterStart=12)
        number = wire_id((key_of("CP1"), 1, payload["timestamp"], "TAG1", 12))
        gate.profile(key_of("CP1"), StationProfile(registration="accepted", running=(str(number),)))
        assert await verdict(charger, payload) == "Accepted", "never against itself"


async def test_an_unknown_token_at_a_start_gets_the_tenants_fallback_at_once() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        assert await verdict(charger, start()) == "Invalid"
        gate.tenant(TenantSettings(name="D", unknown_stations="adopt", security_profile=0, unknown_token="Accepted"))
        assert await verdict(charger, start(meterStart=11)) == "Accepted"
        assert sources(gate) == [("Unknown", "fallback"), ("Accepted", "fallback")]
        assert not gate.ask.asked


async def test_a_stop_with_a_token_gets_its_verdict() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        gate.authorization(row("Blocked"))
        stop: dict[str, Any] = {"transactionId": 5, "meterStop": 20, "timestamp": "2026-01-01T00:00:00Z"}
        assert await charger.call("StopTransaction", stop) == {}
        answer = await charger.call("StopTransaction", stop | {"idTag": "TAG1"})
        assert answer["idTagInfo"]["status"] == "Blocked"


async def test_a_held_grant_is_enough_for_its_connector() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await charger.call("Heartbeat", {})
        link = next(iter(gate.wire.links.by_id.values()))
        until = datetime.now(UTC) + timedelta(minutes=5)
        grant = Grant(token_ref=REF, command_id="c1", valid_until=until, evse=2, remote_start_id=9)
        hold_grant(link, grant, datetime.now(UTC))
        assert (await charger.call("Authorize", {"idTag": "TAG1"}))["idTagInfo"]["status"] == "Accepted"
        assert await verdict(charger, start(connectorId=1)) == "Invalid"
        assert await verdict(charger, start(connectorId=2)) == "Accepted"
        decision = gate.log.of(Exchange)[-1].decision
        assert decision.grant == grant
        assert decision.verdict_source == "grant"


async def test_2x_events_get_a_verdict_when_they_carry_a_token() -> None:
    async with gateway() as gate:
        accept_station(gate)
        gate.authorization(row("NoCredit"))
        async with station(gate.port, protocols="ocpp2.0.1") as charger:
            assert await verdict2(charger, event()) == "NoCredit"
            without = event("Updated", seq=1)
            del without["idToken"]
            assert await charger.call("TransactionEvent", without) == {}
            gate.authorization(row("Accepted"))
            assert await verdict2(charger, event()) == "NoCredit"
            assert await verdict2(charger, event("Ended", seq=2)) == "Accepted"
        assert sources(gate) == [
            ("NoCredit", "authorizations"), ("NoCredit", "repeat"), ("Accepted", "authorizations"),
        ]  # fmt: skip


async def test_2x_a_token_in_use_is_refused_only_on_a_live_start() -> None:
    async with gateway() as gate:
        key = accept_station(gate)
        gate.authorization(row(concurrent="refused", active=("another",)))
        async with station(gate.port, protocols="ocpp2.1") as charger:
            assert await verdict2(charger, event(seq=0)) == "ConcurrentTx"
            assert await verdict2(charger, event(seq=1, offline=True)) == "Accepted"
            assert await verdict2(charger, event("Updated", seq=2)) == "Accepted"
            assert await verdict2(charger, event(seq=3, age_s=900)) == "Accepted"
            gate.profile(key, StationProfile(registration="accepted", running=("t1",)))
            assert await verdict2(charger, event(seq=4)) == "Accepted"


async def test_2x_no_authorization_needed_is_accepted_and_a_missing_token_is_not() -> None:
    async with gateway() as gate:
        accept_station(gate)
        async with station(gate.port, protocols="ocpp2.0.1") as charger:
            free = event(idToken={"idToken": "", "type": "NoAuthorization"})
            assert await verdict2(charger, free) == "Accepted"
            answer = await charger.call("Authorize", {"idToken": {"idToken": " ", "type": "Central"}})
            assert answer["idTokenInfo"]["status"] == "Invalid"
