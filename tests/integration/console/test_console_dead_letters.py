"""What stands still and what nobody could read: shown to the tenant alone, released by a button and by the API."""

from datetime import timedelta

import httpx
import pytest
from integration.console.console_stage import staged
from unit.console.console_log import NOON, Log
from unit.console.console_story import Charger, parked

from volt_console.dead_records import DeadRecord
from volt_console.web.application import guarded
from volt_contracts.eventlog import KeyCaughtUp, KeyReleased, ReleaseKey
from volt_contracts.topics import DRIVERS_TOKEN_EVENTS, STATION_EVENTS

pytestmark = pytest.mark.postgres

API = "/api/v1/dead-letters"
HTMX = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


def _log() -> Log:
    log = Log()
    Charger(log, "CP-1").connect()
    log.append(STATION_EVENTS, "CP-1", parked(log))
    log.append(DRIVERS_TOKEN_EVENTS, "-", parked(log, "ValueError: <no> value"), key="demo/a-token-ref")
    log.append(STATION_EVENTS, "CP-1", parked(log), key="other/its-station")
    return log


def _record(value: str = '{"half": ') -> DeadRecord:
    return DeadRecord(
        owner="station", position="gateway.frames-3@17", kept_at="station.dead:0:4", at=NOON, entity="e", type=None,
        error="the value is no JSON", value=value, size=len(value),
    )  # fmt: skip


async def test_keys_that_stand_still_are_listed_the_latest_first(database: str) -> None:
    async with staged(database, _log()) as stage, _client(stage.console) as client:
        listed = (await client.get(API)).json()["items"]
        first = (await client.get(API, params={"limit": 1})).json()
        second = (await client.get(API, params={"limit": 1, "cursor": first["next"]})).json()
        nothing = (await client.get(API, params={"state": "released"})).json()
    assert [(found["lane"], found["name"], found["summary"]) for found in listed] == [
        ("drivers.token", None, "ValueError: <no> value"),
        ("station", "CP-1", "KeyError: 'unit'"),
    ]
    assert [*first["items"], *second["items"]] == listed
    assert second["next"] is None
    assert nothing == {"items": [], "next": None, "prev": None}


async def test_a_key_is_released_and_then_shows_who_did_it(database: str) -> None:
    log = _log()
    async with staged(database, log) as stage, _client(stage.console) as client:
        uid = log.uid("CP-1")
        answer = await client.post(f"{API}/station/{uid}/release")
        assert (answer.status_code, answer.json()["outcome"]) == (200, "accepted")
        ((key, command, _),) = stage.station.asked
        assert (key, type(command)) == (f"demo/{uid}", ReleaseKey)
        assert command.actor.kind == "api_key"
        log.append(STATION_EVENTS, "CP-1", KeyReleased(actor="operator:anna", at=log.now))
        await stage.show()
        (catching_up,) = (await client.get(API, params={"state": "catching_up"})).json()["items"]
        assert (catching_up["released_by"], catching_up["caught_up_at"]) == ("operator:anna", None)
        again = await client.post(f"{API}/station/{uid}/release")
        assert (again.status_code, again.json()["type"].rpartition(":")[2]) == (409, "not-parked")
        log.append(STATION_EVENTS, "CP-1", KeyCaughtUp(at=log.now))
        await stage.show()
        assert (await client.get(API, params={"state": "released"})).json()["items"][0]["entity"] == uid
        log.wait(60)
        log.append(STATION_EVENTS, "CP-1", parked(log))
        await stage.show()
        (anew,) = [one for one in (await client.get(API)).json()["items"] if one["entity"] == uid]
        assert (anew["state"], anew["released_by"], anew["released_at"]) == ("parked", None, None)
        assert anew["parked_at"] > (NOON + timedelta(seconds=60)).isoformat()


async def test_the_page_shows_keys_and_records_and_its_button_releases(database: str) -> None:
    log = _log()
    async with staged(database, log) as stage, _client(stage.console) as client:
        stage.buried.records = {"demo": [_record("<script>alert(1)</script>")], "other": [_record("not ours")]}
        page = (await client.get("/dead-letters", headers={"Accept": "text/html"})).text
        for words in (
            "CP-1",
            "KeyError",
            "ValueError: &lt;no&gt; value",
            "gateway.frames-3@17",
            "the value is no JSON",
        ):
            assert words in page, words
        for words in ("<script>alert", "not ours", "its-station"):
            assert words not in page, words
        form = {"lane": "station", "entity": log.uid("CP-1")}
        answered = await client.post("/dead-letters/release", data=form, headers=HTMX)
        assert "Release: accepted" in answered.text
        plain = await client.post("/dead-letters/release", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        assert "What stands still" in plain.text
        unknown = await client.post("/dead-letters/release", data={"lane": "station", "entity": "x"}, headers=HTMX)
        assert unknown.status_code == 404
        stage.buried.records = {}
        assert "Every record could be read" in (await client.get("/dead-letters")).text


async def test_records_that_nobody_could_read_are_the_tenants_own(database: str) -> None:
    async with staged(database, Log()) as stage, _client(stage.console) as client:
        stage.buried.records = {"other": [_record()]}
        assert (await client.get(f"{API}/records")).json() == []
        stage.buried.records["demo"] = [_record()]
        (found,) = (await client.get(f"{API}/records")).json()
        assert (found["position"], found["value"]) == ("gateway.frames-3@17", '{"half": ')


def _client(console: object) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(guarded(console), raise_app_exceptions=False)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")
