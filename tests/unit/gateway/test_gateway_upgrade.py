"""Who is let in, and what the others are told."""

import os
import sys
import threading

import argon2
import msgspec
import pytest
from unit.gateway.gateway_station import SECRET, Gateway, gateway, http, key_of, refusal, station, until

from volt_contracts.gateway import LinkOpened, LinkRefused, Registration
from volt_contracts.network import Credential, StationRow, TenantSettings
from volt_contracts.refs import station_key_hash
from volt_contracts.session import Place
from volt_gateway.passwords import CHECKS_NICE

UID = "11111111-2222-5333-8444-555555555555"
STRICT = TenantSettings(name="Strict", unknown_stations="refuse", security_profile=1)


def row(
    password: str | None = None,
    *,
    profile: int = 1,
    protocol: str | None = None,
    tenant: str = "demo",
    registration: Registration = "accepted",
) -> StationRow:
    credential = None
    if password is not None:
        credential = Credential(kind="hmac-sha256", hash=station_key_hash(SECRET, tenant, password.encode()))
    return StationRow(
        version=1, station_uid=UID, identity="CP1", adopted=False, credential=credential, security_profile=profile,
        protocol=protocol, registration=registration, place=Place(),
    )  # fmt: skip


def refused(gate: Gateway) -> LinkRefused:
    record: LinkRefused = gate.log.of(LinkRefused)[-1]
    return record


async def test_an_unknown_station_is_adopted_under_its_derived_uid() -> None:
    async with gateway() as gate, station(gate.port, headers={"User-Agent": "Box/1"}) as charger:
        opened = gate.log.records[0]
        assert opened.key == key_of("CP1")
        record = opened.message
        assert isinstance(record, LinkOpened)
        assert (record.known, record.security_profile, record.user_agent) == (False, 0, "Box/1")
        assert (record.offered, record.remote_address) == (("ocpp1.6",), "127.0.0.1")
        assert record.gateway_id == "gateway/0"
        assert charger.wire.response.headers["Sec-WebSocket-Protocol"] == "ocpp1.6"


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        ("ocpp1.6", "ocpp1.6"),
        ("ocpp1.6, ocpp2.0.1", "ocpp2.0.1"),
        ("ocpp2.1,ocpp2.0.1,ocpp1.6", "ocpp2.1"),
        ("soap, ocpp2.0.1", "ocpp2.0.1"),
    ],
)
async def test_the_newest_version_of_those_offered_is_agreed_on(offered: str, agreed: str) -> None:
    async with gateway() as gate, station(gate.port, protocols=offered) as charger:
        assert charger.wire.response.headers["Sec-WebSocket-Protocol"] == agreed
        assert gate.log.of(LinkOpened)[0].protocol == agreed


async def test_a_station_without_a_version_gets_its_configured_one_or_its_tenants() -> None:
    async with gateway() as gate:
        gate.station(row(profile=0, protocol="ocpp2.0.1"))
        async with station(gate.port, protocols=None) as charger:
            assert "Sec-WebSocket-Protocol" not in charger.wire.response.headers
        gate.tenant(TenantSettings(name="D", unknown_stations="adopt", security_profile=0, default_protocol="ocpp1.6"))
        async with station(gate.port, "CP2", protocols=None):
            pass
        assert [opened.protocol for opened in gate.log.of(LinkOpened)] == ["ocpp2.0.1", "ocpp1.6"]


@pytest.mark.parametrize(("offered", "reason"), [(None, "no_subprotocol"), ("ocpp1.5, soap", "wrong_version")])
async def test_without_a_common_version_the_handshake_ends_with_a_close(offered: str | None, reason: str) -> None:
    """OCPP 2.0.1 part 4 §3.1.2: complete it without a subprotocol, then close."""
    async with gateway() as gate, station(gate.port, protocols=offered) as charger:
        code, _ = await charger.ends()
        assert code == 1002
        assert "Sec-WebSocket-Protocol" not in charger.wire.response.headers
        assert refused(gate).reason == reason
        assert not gate.log.of(LinkOpened)


async def test_strangers_are_refused_where_the_tenant_says_so() -> None:
    async with gateway() as gate:
        gate.tenant(STRICT)
        status, _, body = await refusal(gate.port)
        assert (status, refused(gate).reason) == (404, "unknown_station")
        assert "not registered" in body
        assert gate.log.records[-1].key == key_of("CP1")
        gate.tenant(TenantSettings(name="D", unknown_stations="adopt", security_profile=1))
        assert (await refusal(gate.port, "CP2"))[0] == 404


async def test_bad_paths_and_unknown_tenants_are_not_found() -> None:
    async with gateway() as gate:
        for path, reason in (
            ("/", "bad_path"),
            ("/ocpp/demo/" + "x" * 49, "identity_too_long"),
            ("/ocpp/nowhere/CP1", "unknown_tenant"),
        ):
            status, _, _ = await refusal(gate.port, path=path)
            assert (status, refused(gate).reason) == (404, reason)
            assert gate.log.records[-1].key.startswith("-/")


async def test_a_password_is_asked_for_and_compared() -> None:
    async with gateway() as gate:
        gate.tenant(STRICT)
        gate.station(row("0123456789abcdef"))
        status, headers, _ = await refusal(gate.port)
        assert (status, refused(gate).reason) == (401, "no_password")
        assert headers["www-authenticate"].startswith("Basic")
        assert (await refusal(gate.port, password="0123456789abcdeF"))[0] == 401
        assert refused(gate).reason == "wrong_password"
        assert gate.log.records[-1].key == f"demo/{UID}"
        async with station(gate.port, password="0123456789abcdef"):
            opened = gate.log.of(LinkOpened)[0]
            assert (opened.known, opened.security_profile) == (True, 1)
        assert "0123456789abcdef" not in str(gate.log.records)


async def test_the_user_must_be_the_identity() -> None:
    async with gateway() as gate:
        gate.station(row("0123456789abcdef"))
        for header in ("Basic !!!", "Basic " + "Q1AyOjAxMjM0NTY3ODlhYmNkZWY=", "Bearer x"):
            status, _, _ = await refusal(gate.port, headers={"Authorization": header})
            assert status == 401


async def test_a_station_with_a_key_must_show_it_even_where_none_is_asked_for() -> None:
    async with gateway() as gate:
        gate.station(row("0123456789abcdef", profile=0))
        assert (await refusal(gate.port))[0] == 401


async def test_a_profile_that_cannot_be_met_is_refused() -> None:
    async with gateway() as gate:
        for profile in (2, 3):
            gate.station(row("0123456789abcdef", profile=profile))
            status, _, _ = await refusal(gate.port, password="0123456789abcdef")
            assert (status, refused(gate).reason) == (403, "refused_by_policy")
        gate.station(row(None, profile=1))
        assert (await refusal(gate.port, password="0123456789abcdef"))[0] == 401


def chosen(password: str) -> Credential:
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=1024)
    return Credential(kind="argon2id", hash=hasher.hash(password))


async def test_a_chosen_password_is_checked_aside_and_known_at_the_next_attempt() -> None:
    async with gateway() as gate:
        gate.station(msgspec.structs.replace(row(), credential=chosen("my own password!")))
        status, headers, _ = await refusal(gate.port, password="my own password!")
        assert (status, headers["retry-after"]) == (503, "1")
        assert refused(gate).reason == "password_unchecked"
        passwords = gate.wire._passwords
        await until(lambda: all(checking.done() for checking in passwords._checking.values()))
        async with station(gate.port, password="my own password!"):
            pass
        assert (await refusal(gate.port, password="another password"))[0] == 503
        await until(lambda: all(checking.done() for checking in passwords._checking.values()))
        assert (await refusal(gate.port, password="another password"))[0] == 401


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
async def test_checks_of_chosen_passwords_step_back_behind_the_loop() -> None:
    async with gateway() as gate:
        pool = gate.wire._passwords._pool
        theirs = pool.submit(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())).result(5)
        assert theirs == min(19, os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) + CHECKS_NICE)


async def test_connections_are_limited() -> None:
    async with gateway(connections_max=2) as gate:
        async with station(gate.port, "A"), station(gate.port, "B"):
            status, headers, _ = await refusal(gate.port, "C")
            assert (status, refused(gate).reason) == (503, "too_many_connections")
            assert 10 <= int(headers["retry-after"]) <= 20
        await until(lambda: not gate.wire.links.by_id)
        async with station(gate.port, "C"):
            pass


async def test_admissions_are_limited() -> None:
    async with gateway(admissions_per_s=0.001, admissions_burst=1) as gate, station(gate.port, "A"):
        assert (await refusal(gate.port, "B"))[0] == 503
        assert refused(gate).reason == "not_ready"


def upgrade(*headers: bytes, path: bytes = b"/ocpp/demo/CP1") -> bytes:
    return b"\r\n".join((b"GET " + path + b" HTTP/1.1", b"Host: x", *headers)) + b"\r\n\r\n"


KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
VERSION = b"Sec-WebSocket-Version: 13"
PROTOCOL = b"Sec-WebSocket-Protocol: ocpp1.6"


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (b"Upgrade: websocket", b"Connection: Upgrade", VERSION),
        (b"Upgrade: websocket", b"Connection: Upgrade", KEY),
        (b"Upgrade: h2c", b"Connection: Upgrade", KEY, VERSION),
        (b"Upgrade: websocket", b"Connection: Upgrade", KEY[:-3], VERSION),
    ],
)
async def test_what_is_no_upgrade_is_a_bad_request(headers: tuple[bytes, ...]) -> None:
    async with gateway() as gate:
        answer = await http(gate.port, upgrade(*headers))
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert refused(gate).reason == "malformed_upgrade"
        assert refused(gate).identity == "CP1"


@pytest.mark.parametrize("connection", [(), (b"Connection: keep-alive, Upgrade",), (b"connection: UPGRADE",)])
async def test_an_odd_connection_header_is_tolerated(connection: tuple[bytes, ...]) -> None:
    """Some stations and proxies send it so (the BS-EV07 leaves it out)."""
    async with gateway() as gate:
        close = b"\x88\x80\x00\x00\x00\x00"
        answer = await http(gate.port, upgrade(b"Upgrade: WebSocket", *connection, KEY, VERSION, PROTOCOL) + close)
        assert answer.startswith(b"HTTP/1.1 101 ")
        await until(lambda: bool(gate.log.of(LinkOpened)))


@pytest.mark.parametrize("request_", [b"POST / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\r\n\r\n"])
async def test_what_is_no_get_is_a_bad_request(request_: bytes) -> None:
    async with gateway() as gate:
        assert (await http(gate.port, request_)).startswith(b"HTTP/1.1 400 ")


async def test_a_trusted_proxy_says_where_a_station_is() -> None:
    forwarded = {"X-Forwarded-For": "6.6.6.6, 192.0.2.7", "X-Forwarded-Proto": "https"}
    async with gateway(trusted_proxies=("127.0.0.0/8",)) as gate, station(gate.port, headers=forwarded):
        assert gate.log.of(LinkOpened)[0].remote_address == "192.0.2.7"
    async with gateway() as gate, station(gate.port, headers=forwarded):
        assert gate.log.of(LinkOpened)[0].remote_address == "127.0.0.1"


async def test_behind_tls_a_password_is_profile_2() -> None:
    async with gateway(trusted_proxies=("127.0.0.1",)) as gate:
        gate.station(row("0123456789abcdef", profile=2))
        headers = {"X-Forwarded-Proto": "https"}
        async with station(gate.port, password="0123456789abcdef", headers=headers):
            assert gate.log.of(LinkOpened)[0].security_profile == 2


async def test_headers_that_are_no_ascii_are_recorded_readably() -> None:
    async with gateway() as gate:
        close = b"\x88\x80\x00\x00\x00\x00"
        odd = ("User-Agent: Säule".encode() + b"\xff", b"Sec-WebSocket-Protocol: ocpp1.6, \xe4")
        answer = await http(gate.port, upgrade(b"Upgrade: websocket", *odd, KEY, VERSION) + close)
        assert answer.startswith(b"HTTP/1.1 101 ")
        await until(lambda: bool(gate.log.of(LinkOpened)))
        opened = gate.log.of(LinkOpened)[0]
        assert (opened.user_agent, opened.offered) == ("Säule\ufffd", ("ocpp1.6", "\ufffd"))
