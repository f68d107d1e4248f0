"""Stations that do not get in: what is listed for whom, what pages and API say, and what letting them in asks for."""

import csv
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import httpx
import pytest
from integration.console.console_stage import Stage, staged
from unit.console.console_log import Log
from unit.console.console_newcomers import refuse, register
from unit.console.console_story import Charger

from volt_console.queries.onboarding import Newcomer, newcomers
from volt_console.reasons import WORDS
from volt_console.views.refused_stations import KEPT
from volt_console.web.application import guarded
from volt_contracts import network, station
from volt_contracts.network import TenantSettings
from volt_contracts.refs import station_key_hash

pytestmark = pytest.mark.postgres

Visiting = Callable[..., AbstractAsyncContextManager[tuple[httpx.AsyncClient, Stage]]]
API = "/api/v1/onboarding"
SECRET = "a secret of the tests"
ASKS_FOR_PASSWORDS = TenantSettings(name="Demo", unknown_stations="refuse", security_profile=1)
HTMX = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@pytest.fixture
def visiting(database: str) -> Visiting:
    """Requests to a console that has folded a log."""

    @asynccontextmanager
    async def visit(
        log: Log, policy: TenantSettings = ASKS_FOR_PASSWORDS, **settings: Any
    ) -> AsyncIterator[tuple[httpx.AsyncClient, Stage]]:
        async with staged(database, log, policy, **settings) as stage:
            transport = httpx.ASGITransport(guarded(stage.console), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
                yield client, stage

    return visit


async def _listed(stage: Stage, **wanted: bool) -> dict[tuple[str, str], Newcomer]:
    page = await newcomers(stage.console.database, "demo", strays=wanted.get("strays", True))
    return {(found.identity, found.reason): found for found in page.items}


async def test_refusals_of_a_reason_are_one_entry_over_all_days(database: str) -> None:
    log = Log()
    first = log.now
    for count in (1, 11, 7):
        refuse(log, "CP-1", "unknown_station", count=count)
        log.wait(86_400)
    refuse(log, "CP-1", "not_ready")
    async with staged(database, log) as stage:
        found = await _listed(stage)
    assert set(found) == {("CP-1", "unknown_station"), ("CP-1", "not_ready")}
    entry = found["CP-1", "unknown_station"]
    assert (entry.count, entry.first_at, entry.station_uid) == (19, first, log.uid("CP-1"))
    assert timedelta(days=2) <= entry.last_at - entry.first_at < timedelta(days=2, seconds=1)


async def test_what_is_older_than_it_is_kept_is_forgotten(database: str) -> None:
    log = Log()
    refuse(log, "CP-1", "unknown_station", count=5)
    log.wait((KEPT + timedelta(days=1)).total_seconds())
    refuse(log, "CP-1", "unknown_station")
    async with staged(database, log) as stage:
        found = await _listed(stage)
    assert found["CP-1", "unknown_station"].count == 1


async def test_whoever_gets_in_afterwards_is_marked(database: str) -> None:
    log = Log()
    for identity in ("CP-1", "CP-2", "CP-3"):
        refuse(log, identity, "wrong_password")
        refuse(log, identity, "not_ready")
    log.wait(5)
    for identity in ("CP-1", "CP-2"):
        Charger(log, identity).connect()
    log.wait(1)
    refuse(log, "CP-1", "wrong_password", count=2, held_s=50)
    async with staged(database, log) as stage:
        found = await _listed(stage)
    got_in = {key for key, entry in found.items() if entry.got_in_at is not None}
    assert got_in == {(name, reason) for name in ("CP-1", "CP-2") for reason in ("wrong_password", "not_ready")}


async def test_a_station_that_is_refused_again_after_it_was_gone_is_not_in(database: str) -> None:
    log = Log()
    refuse(log, "CP-1", "wrong_password")
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.lose_link()
    log.wait(600)
    refuse(log, "CP-1", "wrong_password")
    async with staged(database, log) as stage:
        found = await _listed(stage)
    assert found["CP-1", "wrong_password"].got_in_at is None


async def test_a_tenant_sees_its_own_stations_and_on_wish_those_that_named_nobody(database: str) -> None:
    log, other = Log(), Log(tenant="other")
    refuse(log, "CP-1", "unknown_station")
    refuse(log, "CP-2", "malformed_upgrade")
    refuse(log, "CP-3", "unknown_tenant", path="/ocpp/dmeo/CP-3")
    refuse(log, "CP-4", "bad_path", path="/CP-4")
    refuse(other, "CP-5", "unknown_station")
    refuse(other, "CP-6", "malformed_upgrade")
    async with staged(database, log) as stage:
        await stage.tables.apply(other.messages)
        all_there_is, own = await _listed(stage), await _listed(stage, strays=False)
    assert {identity for identity, _ in own} == {"CP-1", "CP-2"}
    assert {identity for identity, _ in all_there_is} == {"CP-1", "CP-2", "CP-3", "CP-4"}
    assert all_there_is["CP-3", "unknown_tenant"].station_uid is None


async def test_stations_that_wait_are_listed_until_they_are_accepted(visiting: Visiting) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot("pending")
    async with visiting(log) as (client, stage):
        (found,) = (await client.get(API)).json()["items"]
        page = (await client.get("/onboarding")).text
        said = (await client.post("/onboarding/accept", data={"identity": "CP-1"}, headers=HTMX)).text
        charger.boot()
        await stage.show()
        after = (await client.get(API)).json()["items"]
    assert (found["reason"], found["count"], found["next_step"]) == ("pending", None, "accept")
    assert found["what_to_do"] in page
    assert "Accept: accepted" in said
    ((key, command, _),) = stage.station.asked
    assert key == f"demo/{log.uid('CP-1')}"
    assert isinstance(command, station.SetRegistration)
    assert command.registration == "accepted"
    assert after == []


async def test_a_station_that_waits_is_listed_before_its_boot(database: str) -> None:
    log = Log()
    Charger(log, "CP-1").connect()
    register(log, "CP-1", registration="pending")
    register(log, "CP-2", registration="pending")
    async with staged(database, log) as stage:
        found = await _listed(stage)
    assert set(found) == {("CP-1", "pending")}, "one that never connected is not listed"
    assert found["CP-1", "pending"].online


async def test_adopting_makes_a_password_and_shows_it_once(visiting: Visiting) -> None:
    log = Log()
    refuse(log, "CP-1", "unknown_station")
    async with visiting(log) as (client, stage):
        page = (await client.get("/onboarding")).text
        said = await client.post("/onboarding/adopt", data={"identity": "CP-1"}, headers=HTMX)
        again = (await client.get("/onboarding")).text
    assert ">Adopt</button>" in page
    assert "Adopt: accepted" in said.text
    assert said.headers["cache-control"] == "no-store"
    shown = said.text.split('class="key">')[1].split("<")[0]
    assert len(shown) == 32
    assert shown not in again
    ((key, command, _),) = stage.network.asked
    assert key == f"demo/{log.uid('CP-1')}"
    assert isinstance(command, network.RegisterStation)
    assert command.credential is not None
    assert command.credential.hash == station_key_hash(SECRET, "demo", shown.encode())
    assert (command.identity, command.security_profile, command.actor.kind) == ("CP-1", 1, "operator")


async def test_a_chosen_password_is_not_shown_again_and_a_bad_one_is_not_repeated(visiting: Visiting) -> None:
    log = Log()
    refuse(log, "CP-1", "unknown_station")
    async with visiting(log) as (client, stage):
        chosen = {"identity": "CP-1", "password": "chosen by a person"}
        said = (await client.post("/onboarding/adopt", data=chosen, headers=HTMX)).text
        short = await client.post("/onboarding/adopt", data=chosen | {"password": "tooshort"}, headers=HTMX)
        wrong = await client.post(f"{API}/CP-1/adopt", json={"password": "tooshort"})
    assert "Adopt: accepted" in said
    assert "chosen by a person" not in said
    assert (short.status_code, wrong.status_code) == (422, 422)
    assert "16 to 40 bytes" in short.text
    assert "tooshort" not in short.text + wrong.text
    assert len(stage.network.asked) == 1


async def test_without_htmx_the_page_itself_shows_the_password(visiting: Visiting) -> None:
    log = Log()
    refuse(log, "CP-1", "unknown_station")
    async with visiting(log) as (client, _):
        said = await client.post("/onboarding/adopt", data={"identity": "CP-1"})
    assert said.status_code == 200
    assert "<!doctype html>" in said.text
    assert 'class="key">' in said.text


async def test_a_refused_adoption_shows_no_password(visiting: Visiting) -> None:
    log = Log()
    refuse(log, "CP-1", "unknown_station")
    async with visiting(log) as (client, stage):
        stage.network.answers, stage.network.sentence = "rejected", "the tenant is not configured"
        said = (await client.post(f"{API}/CP-1/adopt")).json()
    assert (said["outcome"], said["password"]) == ("rejected", None)


async def test_the_same_idempotency_key_gives_the_same_command_and_password(visiting: Visiting) -> None:
    log = Log()
    refuse(log, "CP-1", "unknown_station")
    async with visiting(log) as (client, stage):
        once = {"Idempotency-Key": "once"}
        first = (await client.post(f"{API}/CP-1/adopt", headers=once)).json()
        register(log, "CP-1")
        await stage.show()
        second = (await client.post(f"{API}/CP-1/adopt", headers=once)).json()
        other = await client.post(f"{API}/CP-1/adopt")
    assert first == second
    assert stage.network.asked[0] == stage.network.asked[1]
    assert (other.status_code, other.json()["type"]) == (409, "urn:voltlog:problem:not-waiting")


async def test_nobody_is_adopted_who_did_not_knock(visiting: Visiting) -> None:
    async with visiting(Log()) as (client, stage):
        nobody = await client.post(f"{API}/CP-9/adopt")
        nowhere = await client.post("/onboarding/adapt", data={"identity": "CP-9"}, headers=HTMX)
    assert (nobody.status_code, nobody.json()["type"]) == (404, "urn:voltlog:problem:unknown-newcomer")
    assert nowhere.status_code == 404
    assert stage.network.asked == []


async def test_an_outcome_that_is_late_still_gives_the_password(visiting: Visiting) -> None:
    log = Log()
    refuse(log, "CP-1", "unknown_station")
    async with visiting(log) as (client, stage):
        stage.network.answers = "late"
        said = await client.post(f"{API}/CP-1/adopt")
    assert said.status_code == 202
    assert len(said.json()["password"]) == 32


async def test_a_registered_station_gets_another_password_and_keeps_the_rest(visiting: Visiting) -> None:
    log = Log()
    register(log, "CP-1", profile=2)
    refuse(log, "CP-1", "wrong_password")
    async with visiting(log) as (client, stage):
        said = (await client.post(f"{API}/CP-1/password", json={})).json()
    assert len(said["password"]) == 32
    ((_, command, _),) = stage.network.asked
    assert isinstance(command, network.RegisterStation)
    assert (command.security_profile, command.registration, command.protocol) == (2, "accepted", None)


async def test_the_list_comes_in_pages_and_by_reason(visiting: Visiting) -> None:
    log = Log()
    for number in range(7):
        refuse(log, f"CP-{number}", "unknown_station" if number % 2 else "no_subprotocol")
        log.wait(1)
    async with visiting(log) as (client, _):
        found: list[str] = []
        following = API + "?limit=3"
        for _ in range(3):
            page = (await client.get(following)).json()
            found += [item["identity"] for item in page["items"]]
            following = f"{API}?limit=3&cursor={page['next']}"
        assert page["next"] is None
        only = (await client.get(f"{API}?reason=no_subprotocol")).json()["items"]
        shown = (await client.get("/onboarding?reason=no_subprotocol")).text
        wrong = await client.get(f"{API}?reason=mood")
    assert found == [f"CP-{number}" for number in range(6, -1, -1)]
    assert [item["identity"] for item in only] == ["CP-6", "CP-4", "CP-2", "CP-0"]
    assert shown.count('class="row newcomer') == 4
    assert wrong.status_code == 422


async def test_the_whole_list_comes_as_csv_in_parts(visiting: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("volt_console.queries.onboarding.EXPORTED_AT_ONCE", 2)
    log = Log()
    for number in range(5):
        refuse(log, f"=CP-{number}", "unknown_station" if number % 2 else "no_subprotocol", count=number + 1)
        log.wait(1)
    async with visiting(log) as (client, _):
        whole = await client.get(f"{API}?limit=1", headers={"Accept": "text/csv"})
        only = await client.get(f"{API}?format=csv&reason=unknown_station")
        none = await client.get(f"{API}?format=csv&reason=bad_path")
        page = await client.get(f"{API}?format=json", headers={"Accept": "text/csv"})
        shown = (await client.get("/onboarding?reason=unknown_station")).text
    rows = list(csv.DictReader(StringIO(whole.text)))
    assert whole.headers["content-type"] == "text/csv; charset=utf-8"
    assert whole.headers["content-disposition"] == 'attachment; filename="onboarding.csv"'
    assert [(row["identity"], row["count"]) for row in rows] == [(f"'=CP-{n}", str(n + 1)) for n in range(4, -1, -1)]
    assert {row["title"] for row in rows} == {WORDS["unknown_station"].title, WORDS["no_subprotocol"].title}
    assert all(row["what_to_do"] and row["last_at"] for row in rows)
    assert [row["identity"] for row in csv.DictReader(StringIO(only.text))] == ["'=CP-3", "'=CP-1"]
    assert (len(none.text.splitlines()), page.json()["next"]) == (1, None)
    assert 'href="/api/v1/onboarding?reason=unknown_station&amp;format=csv"' in shown


async def test_every_reason_is_told_in_plain_words(visiting: Visiting) -> None:
    log = Log()
    for reason in WORDS:
        if reason not in {"pending", "rejected"}:
            refuse(log, f"CP-{reason}", reason)
    async with visiting(log, console_strays=True) as (client, _):
        page = (await client.get("/onboarding")).text.replace("&#39;", "'")
    assert page.count('class="row newcomer') == len(WORDS) - 2
    for reason, words in WORDS.items():
        assert (words.happened in page) == (reason not in {"pending", "rejected"})


async def test_the_policy_is_told_and_changed(visiting: Visiting) -> None:
    log = Log()
    open_policy = TenantSettings(name="Demo", unknown_stations="pending", security_profile=0, party="VLT")
    async with visiting(log, open_policy) as (client, stage):
        page = (await client.get("/onboarding")).text
        said = (await client.post("/onboarding/policy", data={"unknown_stations": "refuse"}, headers=HTMX)).text
        wrong = await client.post(f"{API}/policy", json={"unknown_stations": "perhaps"})
    assert "may connect and waits" in page
    assert "Unknown stations: accepted" in said
    assert wrong.status_code == 422
    ((key, command, _),) = stage.tenants.asked
    assert key == "demo/demo"
    assert isinstance(command, network.ConfigureTenant)
    assert command.settings == TenantSettings(name="Demo", unknown_stations="refuse", security_profile=0, party="VLT")


async def test_a_policy_that_is_asked_for_again_is_the_same_command(visiting: Visiting) -> None:
    once, body = {"Idempotency-Key": "once"}, {"unknown_stations": "refuse"}
    async with visiting(Log(), TenantSettings(name="Demo")) as (client, stage):
        first = await client.post(f"{API}/policy", json=body, headers=once)
        changed = replace(stage.console, policies=lambda _tenant: TenantSettings(name="Renamed meanwhile"))
        transport = httpx.ASGITransport(guarded(changed))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as later:
            again = await later.post(f"{API}/policy", json=body, headers=once)
            other = await later.post(f"{API}/policy", json={"unknown_stations": "adopt"}, headers=once)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert stage.tenants.asked[0] == stage.tenants.asked[1]
    assert (other.status_code, other.json()["type"]) == (422, "urn:voltlog:problem:key-reused")


async def test_what_a_stranger_calls_itself_is_text_and_nothing_else(visiting: Visiting) -> None:
    log = Log()
    refuse(log, "<script>alert(1)</script>", "bad_path", path="/<img src=x>")
    async with visiting(log) as (client, _):
        page = (await client.get("/onboarding")).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert " style=" not in page
