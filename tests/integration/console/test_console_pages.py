"""The pages as they are served: what they say, what they never let through, what their buttons ask for."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
from integration.console.console_stage import Stage, staged
from unit.console.console_fleet import depot
from unit.console.console_log import Log
from unit.console.console_story import Charger, Visit

from volt_console.web.application import guarded
from volt_contracts import session, station
from volt_eventlog.message import Message

pytestmark = pytest.mark.postgres

Visiting = Callable[[Log], AbstractAsyncContextManager[tuple[httpx.AsyncClient, Stage]]]


@pytest.fixture
def visiting(database: str) -> Visiting:
    """A browser's requests to a console that has folded a log."""

    @asynccontextmanager
    async def visit(log: Log) -> AsyncIterator[tuple[httpx.AsyncClient, Stage]]:
        async with staged(database, log) as stage:
            transport = httpx.ASGITransport(guarded(stage.console), raise_app_exceptions=False)
            headers = {"Accept": "text/html"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8080", headers=headers
            ) as client:
                yield client, stage

    return visit


def one_station() -> tuple[Log, Charger, Visit]:
    """A station with a running visit."""
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    visit.meter(6_000, minutes=10, soc=40)
    return log, charger, visit


async def test_an_empty_network_says_how_to_connect_a_station(visiting: Visiting) -> None:
    async with visiting(Log()) as (client, _):
        page = (await client.get("/")).text
    assert "ws://127.0.0.1:9000/ocpp/demo/<i>{station}</i>" in page
    assert "Nobody is charging" in page
    assert "adopts stations that nobody registered" in page
    assert "security profile 0 on loopback" in page


async def test_the_overview_shows_stations_visits_and_numbers(visiting: Visiting) -> None:
    async with visiting(depot()) as (client, _):
        page = (await client.get("/")).text
        searched = (await client.get("/stations?search=CP-007")).text
        faulted = (await client.get("/stations?show=faulted")).text
    assert page.count('class="row station"') == 20
    assert "GroundFailure" in page
    assert 'class="row station"' in searched
    assert searched.count('class="row station"') == 1
    assert faulted.count('class="row station"') == 1


async def test_more_than_fifty_stations_come_in_pages(visiting: Visiting) -> None:
    log = Log()
    for number in range(61):
        Charger(log, f"CP-{number:03d}").connect()
    async with visiting(log) as (client, _):
        first = (await client.get("/stations")).text
        address = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        second = (await client.get(address)).text
    assert first.count('class="row station"') == 50
    assert second.count('class="row station"') == 11
    assert "CP-050" in second


async def test_what_a_station_calls_itself_is_text_and_nothing_else(visiting: Visiting) -> None:
    log = Log()
    name = "<script>alert(1)</script>\"'><img src=x>"
    charger = Charger(log, name, vendor="<b>V</b>", model="</hx-partial><i>")
    charger.connect()
    charger.boot()
    charger.status(1, "Faulted", error="<u>E</u>")
    visit = Visit(charger)
    visit.plug()
    async with visiting(log) as (client, stage):
        pages = [
            (await client.get(path)).text
            for path in ("/", f"/stations/{log.uid(name)}", f"/sessions/{visit.id}", "/sessions")
        ]
        assert await stage.console.counts.of("demo")
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>V</b>" not in page
        assert "<u>E</u>" not in page
        assert "</hx-partial><i>" not in page


async def test_a_visits_page_tells_its_way_through_the_services(visiting: Visiting) -> None:
    log, _, visit = one_station()
    async with visiting(log) as (client, _):
        page = (await client.get(f"/sessions/{visit.id}")).text
    assert "StartTransaction → Accepted, transaction 170331552" in page
    assert "Transaction 170331552 started at Connector 1" in page
    assert "1 kWh so far, 6 kW" in page
    trace = log.messages[-1].envelope.traceparent
    assert trace is not None
    assert trace.decode().split("-")[1] in page


def _frame(log: Log, action: str) -> Message:
    return next(m for m in log.messages if getattr(m.body, "action", None) == action)


async def test_a_raw_frame_is_fetched_from_the_log_as_it_was_on_the_wire(visiting: Visiting) -> None:
    log, _, _ = one_station()
    frame = _frame(log, "StartTransaction")
    async with visiting(log) as (client, stage):
        page = (await client.get(f"/records/gateway.frames/{frame.partition}/{frame.offset}")).text
        fact = (await client.get(f"/records/station.events/{frame.partition}/0")).text
        assert (await client.get("/records/gateway.frames/0/999999")).status_code == 404
        stage.kept.messages = []
        expired = (await client.get(f"/records/gateway.frames/{frame.partition}/{frame.offset}")).text
        stage.kept.failure = TimeoutError()
        away = await client.get(f"/records/gateway.frames/{frame.partition}/{frame.offset}")
    assert "[2, &#34;m" in page
    assert "TAG0001" in page
    assert "[3, &#34;m" in page
    assert "station.link_up.v1" in fact
    assert "no longer keeps this record" in expired
    assert away.status_code == 503


async def test_a_clear_token_stands_in_no_page_until_its_frame_is_opened(visiting: Visiting) -> None:
    log, charger, visit = one_station()
    async with visiting(log) as (client, _):
        for path in ("/", f"/stations/{log.uid(charger.identity)}", f"/sessions/{visit.id}"):
            assert "TAG0001" not in (await client.get(path)).text


async def test_buttons_ask_and_show_the_outcome(visiting: Visiting) -> None:
    log, charger, visit = one_station()
    uid = log.uid(charger.identity)
    async with visiting(log) as (client, stage):
        stage.station.answers, stage.station.sentence = "rejected", "Not while it charges."
        htmx = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
        reset = await client.post(f"/stations/{uid}/commands/reset", data={"kind": "OnIdle"}, headers=htmx)
        start = await client.post(f"/stations/{uid}/commands/start", data={"token": "TAG", "evse": "2"}, headers=htmx)
        stop = await client.post(f"/sessions/{visit.id}/commands/stop", headers=htmx)
        wrong = await client.post(f"/stations/{uid}/commands/unlock", data={"evse": "x"}, headers=htmx)
        plain = await client.post(f"/stations/{uid}/commands/trigger", data={"message": "Heartbeat"})
    assert "Reset: rejected" in reset.text
    assert "Not while it charges." in reset.text
    assert "Start: accepted" in start.text
    assert "Stop: accepted" in stop.text
    assert (wrong.status_code, "evse" in wrong.text) == (422, True)
    assert (plain.status_code, plain.headers["location"]) == (303, f"/stations/{uid}")
    assert [type(asked) for _, asked, _ in stage.station.asked] == [station.Reset, station.TriggerMessage]
    assert [type(asked) for _, asked, _ in stage.session.asked] == [session.StartSession, session.StopSession]
    assert all(asked.actor.kind == "operator" for _, asked, _ in stage.station.asked + stage.session.asked)


@pytest.mark.parametrize(
    "path", ["/stations/nobody", "/sessions/nothing", "/nowhere", "/stations?cursor=nonsense", "/sessions?cursor=~x"]
)
async def test_what_is_not_there_is_a_page_too(visiting: Visiting, path: str) -> None:
    async with visiting(Log()) as (client, _):
        answer = await client.get(path)
    assert answer.status_code in {404, 422}
    assert "text/html" in answer.headers["content-type"]
    assert "Back to the overview" in answer.text


async def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline(visiting: Visiting) -> None:
    log, charger, visit = one_station()
    async with visiting(log) as (client, _):
        for path in (
            "/",
            "/stations",
            "/sessions",
            "/api",
            f"/stations/{log.uid(charger.identity)}",
            f"/sessions/{visit.id}",
        ):
            page = (await client.get(path)).text
            assert 'src="http' not in page
            assert "<style" not in page
            assert " style=" not in page
            assert "<script>" not in page
            assert " onclick" not in page
        script = await client.get("/static/vendor/htmx.min.js?v=1")
    assert "immutable" in script.headers["cache-control"]
