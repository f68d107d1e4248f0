"""Where a station is let in that calls itself by another name, by an old address, or by a tenant that it has left."""

from typing import Any

import pytest
from unit.gateway.gateway_station import SECRET, Gateway, gateway, key_of, refusal, station

from volt_contracts.addresses import IdentityRow, RouteRow
from volt_contracts.gateway import LinkClosed, LinkOpened
from volt_contracts.ids import entity_key, identity_uid, route_key, station_uid
from volt_contracts.network import Credential, Moved, StationRow, TenantSettings
from volt_contracts.refs import station_key_hash
from volt_contracts.session import Place
from volt_contracts.topics import NETWORK_IDENTITIES, NETWORK_ROUTES

STEVE = "/steve/websocket/CentralSystemService/"
OPEN = TenantSettings(name="south", unknown_stations="refuse", security_profile=0)


def row(identity: str = "CP1", tenant: str = "demo", **more: Any) -> StationRow:
    usual = {"security_profile": 0, "registration": "accepted", "adopted": False, "place": Place()}
    described: dict[str, Any] = usual | more
    return StationRow(version=1, station_uid=station_uid(tenant, identity), identity=identity, **described)


def alias(gate: Gateway, identity: str, leads_to: str | None) -> None:
    """`identity` leads to the station of that name, or with None to nobody."""
    known = None
    if leads_to is not None:
        known = IdentityRow(version=1, identity=identity, station_uid=station_uid("demo", leads_to))
    gate.tables[NETWORK_IDENTITIES].put(entity_key("demo", identity_uid("demo", identity)), known)


def route(gate: Gateway, tenant: str, path: str = STEVE, host: str | None = None) -> None:
    gate.tables[NETWORK_ROUTES].put(route_key(host, path), RouteRow(version=1, host=host, path=path, tenant=tenant))


def opened(gate: Gateway) -> tuple[str, LinkOpened]:
    """The key and the record of the link that opened last."""
    record = [record for record in gate.log.records if isinstance(record.message, LinkOpened)][-1]
    return record.key, record.message


async def test_a_further_identity_leads_to_the_station_under_its_own_name() -> None:
    async with gateway() as gate:
        gate.station(row())
        alias(gate, "OLD-1", "CP1")
        async with station(gate.port, "OLD-1"):
            key, record = opened(gate)
    assert key == key_of("CP1")
    assert (record.identity, record.known, record.path) == ("CP1", True, "/ocpp/demo/OLD-1")


async def test_the_password_goes_with_the_name_that_the_station_uses() -> None:
    password = "0123456789abcdef"
    hashed = Credential(kind="hmac-sha256", hash=station_key_hash(SECRET, "demo", password.encode()))
    async with gateway() as gate:
        gate.station(row(credential=hashed, security_profile=1))
        alias(gate, "OLD-1", "CP1")
        assert (await refusal(gate.port, "OLD-1", password="0123456789abcdeF"))[0] == 401
        async with station(gate.port, "OLD-1", password=password):
            assert opened(gate)[0] == key_of("CP1")


@pytest.mark.parametrize(
    ("path", "host", "called", "headers"),
    [
        (STEVE, None, f"{STEVE}CP1", {}),
        (STEVE, None, f"{STEVE}CP1/", {}),
        (STEVE, None, f"{STEVE}CP%31?x=1", {}),
        ("/ocpp/", None, "/ocpp/CP1", {}),
        ("/", "north.example", "/CP1", {"Host": "North.example:9000"}),
        ("/", "[::1]", "/CP1", {"Host": "[::1]:9000"}),
    ],
)
async def test_an_old_address_leads_to_its_tenant(
    path: str, host: str | None, called: str, headers: dict[str, str]
) -> None:
    async with gateway() as gate:
        gate.station(row())
        route(gate, "demo", path, host)
        async with station(gate.port, path=called, headers=headers):
            key, record = opened(gate)
    assert (key, record.identity) == (key_of("CP1"), "CP1")


async def test_an_address_with_a_host_goes_before_one_without() -> None:
    async with gateway() as gate:
        gate.tenant(OPEN, "south")
        gate.station(row())
        gate.station(row(tenant="south"), "south")
        route(gate, "demo")
        route(gate, "south", host="south.example")
        async with station(gate.port, path=f"{STEVE}CP1", headers={"Host": "south.example"}):
            assert opened(gate)[0].startswith("south/")
        async with station(gate.port, path=f"{STEVE}CP1", headers={"Host": "other.example"}):
            assert opened(gate)[0].startswith("demo/")


@pytest.mark.parametrize(
    ("called", "reason"),
    [
        (STEVE, "bad_path"),
        ("/other/CP1", "bad_path"),
        (f"{STEVE}{'x' * 49}", "identity_too_long"),
        (f"{STEVE}a%20b", "bad_path"),
    ],
)
async def test_an_old_address_that_leads_nowhere_is_not_found(called: str, reason: str) -> None:
    async with gateway() as gate:
        route(gate, "demo")
        assert (await refusal(gate.port, path=called))[0] == 404
        assert gate.log.records[-1].message.reason == reason


async def test_an_address_that_was_given_up_leads_nowhere() -> None:
    async with gateway() as gate:
        route(gate, "demo")
        gate.tables[NETWORK_ROUTES].put(route_key(None, STEVE), None)
        assert (await refusal(gate.port, path=f"{STEVE}CP1"))[0] == 404


def moved_to_south(gate: Gateway, **more: Any) -> str:
    """Station CP1 of `demo` belongs to `south` now; the key of its records there."""
    gate.tenant(OPEN, "south")
    there = row(tenant="south", **more)
    gate.station(there, "south")
    gate.station(row(registration="rejected", moved=Moved(tenant="south", station_uid=there.station_uid)))
    return f"south/{there.station_uid}"


async def test_a_station_that_went_to_another_tenant_is_let_in_there_with_its_old_password() -> None:
    password = "0123456789abcdef"
    hashed = station_key_hash(SECRET, "demo", password.encode())
    async with gateway() as gate:
        key = moved_to_south(
            gate, security_profile=1, credential=Credential(kind="hmac-sha256", hash=hashed, keyed_for="demo")
        )
        assert (await refusal(gate.port, password="0123456789abcdeF"))[0] == 401
        assert gate.log.records[-1].key == key
        async with station(gate.port, password=password):
            assert opened(gate)[0] == key
        async with station(gate.port, tenant="south", password=password):
            assert opened(gate)[0] == key


async def test_a_station_that_goes_while_it_is_connected_has_to_come_again() -> None:
    async with gateway() as gate:
        gate.station(row())
        async with station(gate.port) as charger:
            key = moved_to_south(gate)
            assert await charger.ends() == (1012, "the station belongs elsewhere now: connect again")
        async with station(gate.port) as charger:
            gate.station(row(tenant="south", name="Gate"), "south")
            assert (await charger.call("Heartbeat", {})).keys() == {"currentTime"}
            assert opened(gate)[0] == key
        assert [closed.code for closed in gate.log.of(LinkClosed)][:1] == [1012]


async def test_whoever_connects_by_a_name_that_is_claimed_or_released_has_to_come_again() -> None:
    async with gateway() as gate:
        gate.station(row())
        async with station(gate.port, "OLD-1") as stranger:
            assert opened(gate)[0] == key_of("OLD-1")
            alias(gate, "OLD-1", "CP1")
            assert (await stranger.ends())[0] == 1012
        async with station(gate.port, "OLD-1") as charger:
            assert opened(gate)[0] == key_of("CP1")
            alias(gate, "OLD-1", None)
            assert (await charger.ends())[0] == 1012
