"""Further identities, old addresses and imports: whose they are is said by one key each."""

from typing import Any

import pytest
from unit.network.decider_life import Life, Rows

from volt_contracts.addresses import ClaimIdentity, ConfigureRoute, IdentityRow, ReleaseIdentity, RemoveRoute, RouteRow
from volt_contracts.ids import entity_key, identity_uid, route_key, station_uid
from volt_contracts.imports import ImportedFile, ImportRow, RecordImport, command_id, row_of
from volt_contracts.message import Actor
from volt_contracts.network import Moved, StationRow, TenantRow, TenantSettings
from volt_contracts.session import Place
from volt_contracts.topics import NETWORK_STATIONS, NETWORK_TENANTS
from volt_network.decider import IDENTITY, IMPORT, ROUTE

OPERATOR = Actor(kind="operator", id="anna")
CP1, CP2 = station_uid("demo", "CP1"), station_uid("demo", "CP2")


def known(identity: str, **more: Any) -> tuple[tuple[str, str], StationRow]:
    uid = station_uid("demo", identity)
    row = StationRow(
        version=1, station_uid=uid, identity=identity, adopted=False, security_profile=1, registration="accepted",
        place=Place(), **more,
    )  # fmt: skip
    return (NETWORK_STATIONS.name, entity_key("demo", uid)), row


def identity(name: str = "OLD-1", *stations: tuple[tuple[str, str], StationRow]) -> Life:
    rows = Rows(dict(stations or (known("CP1"), known("CP2"))))
    return Life(IDENTITY, entity_key("demo", identity_uid("demo", name)), rows)


def claim(uid: str = CP1, name: str = "OLD-1") -> ClaimIdentity:
    return ClaimIdentity(identity=name, station_uid=uid, actor=OPERATOR)


RELEASE = ReleaseIdentity(identity="OLD-1", actor=OPERATOR)


def test_an_old_name_leads_to_a_station_until_it_is_released() -> None:
    life = identity()
    life.when(claim())
    assert life.public() == {"network.identities": IdentityRow(version=1, identity="OLD-1", station_uid=CP1)}
    assert life.facts(claim()) == []
    assert life.outcome(claim(CP2)).sentence == "OLD-1 leads to another station; release it there first"

    life.when(RELEASE)
    assert life.public() == {"network.identities": None}
    assert life.facts(RELEASE) == []

    life.when(claim(CP2))
    assert life.public() == {"network.identities": IdentityRow(version=3, identity="OLD-1", station_uid=CP2)}
    assert life.replayed() == life.state == life.restored()


@pytest.mark.parametrize(
    ("life", "command", "sentence"),
    [
        (identity(), claim("nobody"), "the tenant has no such station"),
        (identity(), claim(name="OLD-2"), "the key is not that of the identity 'OLD-2'"),
        (identity("CP1"), claim(CP1, "CP1"), "CP1 is the station's own name"),
        (identity("CP2"), claim(CP1, "CP2"), "there is a station whose name is CP2"),
        (
            identity("OLD-1", known("CP1", moved=Moved(tenant="south", station_uid="x"))),
            claim(),
            "the tenant has no such station",
        ),
    ],
)
def test_a_name_that_cannot_lead_there_is_refused(life: Life, command: ClaimIdentity, sentence: str) -> None:
    assert life.outcome(command).sentence == sentence
    assert life.state is None


def test_a_name_that_nobody_has_cannot_be_released() -> None:
    assert identity().outcome(RELEASE).sentence == "OLD-1 is nobody's further identity"


STEVE = "/steve/websocket/CentralSystemService/"


def route(host: str | None = None, path: str = STEVE) -> Life:
    rows = {
        (NETWORK_TENANTS.name, f"{name}/{name}"): TenantRow(version=1, settings=TenantSettings(name=name))
        for name in ("north", "south")
    }
    return Life(ROUTE, route_key(host, path), Rows(rows))


def to(tenant: str = "north", host: str | None = None, path: str = STEVE) -> ConfigureRoute:
    return ConfigureRoute(host=host, path=path, tenant=tenant, actor=OPERATOR)


def remove(tenant: str = "north") -> RemoveRoute:
    return RemoveRoute(tenant=tenant, actor=OPERATOR)


def test_an_address_belongs_to_one_tenant_until_that_one_gives_it_up() -> None:
    life = route()
    life.when(to("north"))
    assert life.facts(to("north")) == []
    assert life.outcome(to("south")).sentence == "the address belongs to another tenant"
    assert life.outcome(remove("south")).sentence == "the tenant has no such address"
    assert life.public() == {"network.routes": RouteRow(version=1, path=STEVE, tenant="north")}

    life.when(remove())
    assert life.public() == {"network.routes": None}
    life.when(to("south"))
    assert life.public() == {"network.routes": RouteRow(version=3, path=STEVE, tenant="south")}
    assert life.replayed() == life.state == life.restored()


@pytest.mark.parametrize(
    ("host", "path", "sentence"),
    [
        ("ocpp.example.com", "/", None),
        ("[::1]", "/a/", None),
        (None, "/a/b%20c/", None),
        ("Example.com", "/", "'Example.com' is no host name in lower case without a port"),
        ("a:80", "/", "'a:80' is no host name in lower case without a port"),
        (None, "/a", "'/a' is no path: it begins and ends with a slash, the identity follows it"),
        (None, "a/", "'a/' is no path: it begins and ends with a slash, the identity follows it"),
        (None, "/ocpp/", None),
        (None, "/ocpp/south/", "below /ocpp/ every tenant is reached by its name"),
        (None, "/", "an address without a host has a path: otherwise it would take every station there is"),
    ],
)
def test_an_address_has_a_form(host: str | None, path: str, sentence: str | None) -> None:
    assert route(host, path).outcome(to(host=host, path=path)).sentence == sentence


def test_an_address_leads_to_a_tenant_that_there_is() -> None:
    assert route().outcome(to("west")).sentence == "the tenant is not configured"
    assert route("x.example").outcome(to(host="y.example")).sentence == "the key is not that of this address"


FILE = ImportedFile(name="north.csv", sha256="ab" * 32, rows=3, commands={"network.register_station.v1": 3})


def test_an_import_is_one_fact() -> None:
    life = Life(IMPORT, "demo/i1")
    life.when(RecordImport(file=FILE, actor=OPERATOR))
    at = life.now

    assert life.facts(RecordImport(file=FILE, actor=OPERATOR)) == []
    other = ImportedFile(name="south.csv", sha256="cd" * 32, rows=1, commands={})
    assert life.outcome(RecordImport(file=other, actor=OPERATOR)).sentence == (
        "another file was imported under this id"
    )
    assert life.public() == {"network.imports": ImportRow(import_id="i1", file=FILE, actor="operator:anna", at=at)}
    assert life.replayed() == life.state == life.restored()


def test_a_command_says_which_row_it_is() -> None:
    assert row_of(command_id("i1", 42)) == ("i1", 42)
    assert row_of("6f1f2a0e-6c1b-5a44-9d0f-2f6a0c6f9b11") is None
    assert row_of("i1/x") is None
