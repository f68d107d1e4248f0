"""The public API over a real database, with fakes where owners would answer: outcomes, problems, pages, positions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from integration.console.console_stage import Stage, staged
from unit.console.console_log import Log
from unit.console.console_story import Charger, Visit, command

from volt_console.web.application import application, guarded
from volt_contracts import session, station
from volt_contracts.ids import derive
from volt_contracts.refs import token_ref
from volt_eventlog.appender import AppendFailed

pytestmark = pytest.mark.postgres

BASE = "http://127.0.0.1:8080"


@dataclass
class Api:
    """A client, what it talks to, and what the story is about."""

    client: httpx.AsyncClient
    stage: Stage
    charger: Charger
    visit: Visit
    uid: str


@pytest_asyncio.fixture
async def api(database: str) -> AsyncIterator[Api]:
    """One station with one running visit."""
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    visit.meter(6_000, minutes=10)
    async with staged(database, log) as stage:
        transport = httpx.ASGITransport(guarded(stage.console), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            yield Api(client, stage, charger, visit, log.uid("CP-1"))


def is_problem(answer: httpx.Response, status: int, word: str) -> dict[str, Any]:
    """Assert the one shape that every error has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["type"] == f"urn:voltlog:problem:{word}"
    assert said["status"] == status
    assert said["detail"]
    return said


async def test_energy_is_exact_text_not_a_float(api: Api) -> None:
    (found,) = (await api.client.get("/api/v1/sessions?state=running")).json()["items"]
    assert found["energy_wh"] == "1000.0"
    assert found["identity"] == "CP-1"


async def test_a_station_and_its_connectors(api: Api) -> None:
    found = (await api.client.get(f"/api/v1/stations/{api.uid}")).json()
    assert [plug["charging_state"] for plug in found["connectors"]] == ["Charging", None]
    listed = (await api.client.get("/api/v1/stations?search=cp")).json()
    assert [item["station_uid"] for item in listed["items"]] == [api.uid]
    assert listed["next"] is None


async def test_a_visit_its_transactions_and_its_timeline(api: Api) -> None:
    found = (await api.client.get(f"/api/v1/sessions/{api.visit.id}")).json()
    assert [part["transaction_uid"] for part in found["transactions"]] == [api.visit.transaction]
    records = (await api.client.get(f"/api/v1/sessions/{api.visit.id}/timeline?limit=200")).json()["items"]
    assert records[0]["type"] == "gateway.exchange.v1"
    assert {record["topic"] for record in records} == {"gateway.frames", "station.events", "session.events"}
    assert all(len(record["trace_id"]) == 32 for record in records)


async def test_a_command_answers_with_its_outcome(api: Api) -> None:
    answer = await api.client.post(f"/api/v1/stations/{api.uid}/reset", json={"kind": "Immediate"})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["outcome"], said["status"], said["position"]) == ("accepted", "Accepted", "station.events:2:41")
    ((key, asked, command_id),) = api.stage.station.asked
    assert key == f"demo/{api.uid}"
    assert isinstance(asked, station.Reset)
    assert (asked.kind, asked.actor.kind) == ("Immediate", "api_key")
    assert command_id == said["command_id"]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("unlock", {"evse": 1}, station.UnlockConnector),
        ("availability", {"operational": False, "evse": 1}, station.ChangeAvailability),
        ("trigger", {"message": "MeterValues"}, station.TriggerMessage),
        ("variables/get", {}, station.GetVariables),
        ("variables/set", {"variables": [{"variable": "x", "value": "1"}]}, station.SetVariables),
    ],
)
async def test_every_command_has_its_path(api: Api, path: str, body: dict[str, Any], expected: type) -> None:
    assert (await api.client.post(f"/api/v1/stations/{api.uid}/{path}", json=body)).status_code == 200
    assert type(api.stage.station.asked[0][1]) is expected


async def test_starting_and_stopping_go_to_the_sessions_owner(api: Api) -> None:
    started = await api.client.post(f"/api/v1/stations/{api.uid}/start", json={"token": "TAG0001", "evse": 2})
    stopped = await api.client.post(f"/api/v1/sessions/{api.visit.id}/stop")
    assert (started.status_code, stopped.status_code) == (200, 200)
    (start_key, start, _), (stop_key, stop, _) = api.stage.session.asked
    assert isinstance(start, session.StartSession)
    assert start.token_ref == token_ref("a secret of the tests", "demo", "TAG0001")
    assert isinstance(stop, session.StopSession)
    assert stop.session_id == api.visit.id
    assert start_key == stop_key == f"demo/{api.uid}"
    assert api.stage.station.asked == []


async def test_a_refusal_is_an_outcome_not_an_error(api: Api) -> None:
    api.stage.station.answers, api.stage.station.sentence = "rejected", "The station is charging."
    said = (await api.client.post(f"/api/v1/stations/{api.uid}/unlock", json={"evse": 1})).json()
    assert (said["outcome"], said["sentence"]) == ("rejected", "The station is charging.")


async def test_without_an_outcome_in_time_the_answer_says_where_it_will_be(api: Api) -> None:
    api.stage.station.answers = "late"
    answer = await api.client.post(f"/api/v1/stations/{api.uid}/reset", json={})
    assert answer.status_code == 202
    pending = await api.client.get(answer.headers["location"])
    assert (pending.status_code, pending.json()["outcome"]) == (202, None)
    is_problem(await api.client.get("/api/v1/commands/never-sent"), 404, "unknown-command")


async def test_the_outcome_of_a_command_is_found_by_its_id(api: Api) -> None:
    identifier = command(api.charger, "Reset", "accepted")
    await api.stage.show()
    answer = await api.client.get(f"/api/v1/commands/{identifier}")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "accepted")


async def test_the_same_key_is_the_same_command(api: Api) -> None:
    path, headers = f"/api/v1/stations/{api.uid}/reset", {"Idempotency-Key": "once"}
    first = await api.client.post(path, json={}, headers=headers)
    again = await api.client.post(path, json={}, headers=headers)
    assert first.json()["command_id"] == again.json()["command_id"] == derive("demo", "once")
    is_problem(await api.client.post(path, json={"kind": "Immediate"}, headers=headers), 422, "key-reused")


async def test_a_key_whose_outcome_is_known_is_answered_without_asking_again(api: Api) -> None:
    identifier = derive("demo", "known")
    body = station.CommandFinished(
        command_id=identifier, outcome="rejected", sentence="No.", command="Reset", at=api.stage.log.now
    )
    api.stage.log.append(station_events(), "CP-1", body)
    await api.stage.show()
    path = f"/api/v1/stations/{api.uid}/reset"
    said = (await api.client.post(path, json={}, headers={"Idempotency-Key": "known"})).json()
    assert (said["outcome"], said["sentence"]) == ("rejected", "No.")
    assert api.stage.station.asked == []


def station_events() -> Any:
    """The topic in which the outcomes of stations' commands lie."""
    from volt_contracts.topics import STATION_EVENTS

    return STATION_EVENTS


@pytest.mark.parametrize("path", ["/api/v1/stations/nobody", "/api/v1/stations/%00", "/api/v1/stations/" + "x" * 65])
async def test_an_unknown_station_is_a_problem(api: Api, path: str) -> None:
    answer = await api.client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await api.client.post(f"{path}/reset", json={})).status_code == 404
    assert api.stage.station.asked == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("reset", b'{"kind": "Gently"}'),
        ("reset", b"{not json"),
        ("reset", b'{"surprise": 1}'),
        ("unlock", b"{}"),
        ("unlock", b'{"evse": 1e400}'),
        ("start", b'{"token": ""}'),
        ("start", b'{"token": "' + b"x" * 37 + b'"}'),
        ("variables/set", b'{"variables": []}'),
    ],
)
async def test_a_bad_body_is_a_problem_that_points_at_it(api: Api, path: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api.client.post(f"/api/v1/stations/{api.uid}/{path}", content=body, headers=headers)
    said = is_problem(answer, 422, "invalid-request")
    assert said["errors"][0]["pointer"].startswith("/")
    assert api.stage.station.asked + api.stage.session.asked == []


@pytest.mark.parametrize(
    "query", ["cursor=nonsense", "cursor=WzFd", "limit=0", "limit=201", "show=some", "min_position=here"]
)
async def test_a_bad_query_is_a_problem(api: Api, query: str) -> None:
    answer = await api.client.get(f"/api/v1/stations?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_odd_searches_find_nothing_and_break_nothing(api: Api) -> None:
    for search in ("%00", "%25", "'", "\\", "%F0%9F%94%8C"):
        answer = await api.client.get(f"/api/v1/stations?search={search}")
        assert answer.status_code == 200, answer.text
        if search != "%00":
            assert answer.json()["items"] == []
    assert (await api.client.get("/api/v1/sessions?station_uid=%00")).status_code == 422


async def test_a_position_is_waited_for(api: Api) -> None:
    path = f"/api/v1/sessions/{api.visit.id}"
    assert (await api.client.get(f"{path}?min_position=session.events:2:41")).status_code == 200
    ((view, place),) = api.stage.reached.waited
    assert (view, place.topic, place.partition, place.offset) == ("live_sessions", "session.events", 2, 41)
    foreign = await api.client.get(f"{path}?min_position=station.commands:2:41")
    is_problem(foreign, 422, "foreign-position")
    api.stage.reached.yes = False
    late = await api.client.get(f"{path}?min_position=session.events:2:41")
    is_problem(late, 503, "not-yet")
    assert late.headers["retry-after"] == "1"


async def test_a_log_that_is_away_is_said_and_nothing_else_stops(api: Api) -> None:
    api.stage.station.failure = AppendFailed("no broker")
    answer = await api.client.post(f"/api/v1/stations/{api.uid}/reset", json={})
    is_problem(answer, 503, "log-away")
    assert answer.headers["retry-after"] == "2"
    assert (await api.client.get("/api/v1/stations")).status_code == 200


async def test_a_database_that_is_away_is_said(api: Api) -> None:
    await api.stage.console.database.close()
    answer = await api.client.get("/api/v1/stations")
    is_problem(answer, 503, "database-away")
    assert answer.headers["retry-after"] == "2"


async def test_what_nobody_foresaw_is_a_problem_too(api: Api) -> None:
    api.stage.station.failure = ZeroDivisionError("a mistake")
    answer = await api.client.post(f"/api/v1/stations/{api.uid}/reset", json={})
    said = is_problem(answer, 500, "unexpected")
    assert "mistake" not in str(said)


async def test_the_same_idempotency_key_makes_one_api_key(api: Api) -> None:
    once, body = {"Idempotency-Key": "once"}, {"name": "export", "scopes": ["see"]}
    first, again = [(await api.client.post("/api/v1/keys", json=body, headers=once)).json() for _ in range(2)]
    assert first["key"] == again["key"]
    assert [key["key_id"] for key in (await api.client.get("/api/v1/keys")).json()["items"]] == [first["key_id"]]
    other = await api.client.post("/api/v1/keys", json={**body, "name": "other"}, headers=once)
    is_problem(other, 422, "key-reused")


async def test_paths_and_methods_that_are_not_there(api: Api) -> None:
    is_problem(await api.client.get("/api/v1/nothing"), 404, "http-404")
    is_problem(await api.client.delete(f"/api/v1/stations/{api.uid}"), 405, "http-405")


async def test_a_foreign_page_cannot_ask_a_station_for_anything(api: Api) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = await api.client.post(f"/api/v1/stations/{api.uid}/reset", json={}, headers=headers)
    is_problem(answer, 403, "foreign-origin")
    assert api.stage.station.asked == []


async def test_the_openapi_document_says_what_is_there(api: Api) -> None:
    document = (await api.client.get("/api/v1/openapi.json")).json()
    assert document == application(api.stage.console).openapi()
    paths = set(document["paths"])
    assert {f"/api/v1/stations/{{uid}}/{name}" for name in ("reset", "unlock", "start", "variables/set")} <= paths
    assert all(path.startswith("/api/v1/") for path in paths)
    for methods in document["paths"].values():
        for operation in methods.values():
            assert {"404", "422", "503"} <= set(operation["responses"])
            assert "application/problem+json" in operation["responses"]["422"]["content"]


async def test_the_audit_trail_is_searched_by_who_what_and_when(api: Api) -> None:
    command(api.charger, "Reset", "rejected", "=busy")
    api.stage.log.wait(60)
    between = api.stage.log.now
    for number in range(4):
        command(api.charger, f"Trigger{number}", "accepted")
    await api.stage.show()

    async def found(**wanted: str) -> list[str]:
        answer = await api.client.get("/api/v1/audit", params=wanted)
        assert answer.status_code == 200, answer.text
        return [line["command"] for line in answer.json()["items"]]

    assert await found() == ["Trigger3", "Trigger2", "Trigger1", "Trigger0", "Reset"]
    assert await found(until=between.isoformat()) == ["Reset"]
    assert await found(since=between.isoformat(), entity="cp-1") == ["Trigger3", "Trigger2", "Trigger1", "Trigger0"]
    assert await found(entity=api.uid, limit="1") == ["Trigger3"]
    assert await found(entity="CP-2") == []
    assert await found(actor="operator:nobody") == []
    first = (await api.client.get("/api/v1/audit?limit=3")).json()
    rest = (await api.client.get(f"/api/v1/audit?limit=3&cursor={first['next']}")).json()
    assert [line["command"] for line in rest["items"]] == ["Trigger0", "Reset"]
    assert rest["next"] is None
    is_problem(await api.client.get("/api/v1/audit?cursor=x"), 422, "bad-cursor")
    is_problem(await api.client.get("/api/v1/audit?since=yesterday"), 422, "invalid-request")
    answer = await api.client.get("/api/v1/audit?entity=CP-1", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert len(lines) == 6
    assert "'=busy" in lines[-1]
    assert (await api.client.get("/audit?since=2026-02-30", headers={"Accept": "text/html"})).status_code == 422
