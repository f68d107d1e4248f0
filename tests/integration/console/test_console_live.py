"""From a batch of a view to the stream of an open page, over a real database: no reload, no leak."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import psycopg
import pytest
from integration.console.console_stage import served, staged
from unit.console.console_log import Log
from unit.console.console_story import Charger, Visit

from volt_console.live.changes import Changes
from volt_console.views import VIEWS
from volt_console.views.changes import EVERYTHING
from volt_console.web.server import listening
from volt_runtime.run import StartError
from volt_testkit.polling import eventually
from volt_testkit.stack import free_port

pytestmark = pytest.mark.postgres


async def _until(lines: AsyncIterator[str], text: str) -> None:
    async with asyncio.timeout(15):
        async for line in lines:
            if text in line:
                return
    raise AssertionError(f"the stream ended without {text}")


async def test_a_batch_reaches_every_open_page_and_a_page_that_goes_leaves_nothing(database: str) -> None:
    log = Log()
    async with staged(database, log) as stage, served(stage) as address, httpx.AsyncClient(base_url=address) as client:
        async with (
            client.stream("GET", "/live/overview") as first,
            client.stream("GET", "/live/overview?q=CP") as second,
        ):
            assert first.headers["content-type"].startswith("text/event-stream")
            pages = first.aiter_lines(), second.aiter_lines()
            for lines in pages:
                await _until(lines, "No station")
            charger = Charger(log, "CP-77")
            charger.connect()
            await stage.show()
            for lines in pages:
                await _until(lines, "CP-77")
            assert len(stage.console.changes) == 2

        async def open_pages() -> int:
            return len(stage.console.changes)

        await eventually(open_pages, lambda count: count == 0)


async def test_the_pages_of_a_station_and_a_visit_follow_their_own(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    async with staged(database, log) as stage, served(stage) as address, httpx.AsyncClient(base_url=address) as client:
        assert (await client.get("/live/stations/nobody")).status_code == 404
        async with (
            client.stream("GET", f"/live/stations/{log.uid('CP-1')}") as station_page,
            client.stream("GET", f"/live/sessions/{visit.id}") as visit_page,
        ):
            pages = station_page.aiter_lines(), visit_page.aiter_lines()
            for lines in pages:
                await _until(lines, "0.00")
            visit.meter(6_000, minutes=10)
            await stage.show()
            for lines in pages:
                await _until(lines, "1.00")


async def test_an_open_page_does_not_hold_up_the_end_of_the_process(database: str) -> None:
    async with staged(database, Log()) as stage:
        client = httpx.AsyncClient()
        async with served(stage) as address:
            stream = client.stream("GET", f"{address}/live/overview")
            response = await stream.__aenter__()
            lines = response.aiter_lines()
            await _until(lines, "No station")
        rest = [line async for line in lines]
        assert rest[-1:] == [""], "the last event is whole"
        await stream.__aexit__(None, None, None)
        await client.aclose()


async def test_after_a_gap_everything_may_have_changed(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("volt_console.live.changes.AGAIN_S", 0.05)
    changes = Changes(database, VIEWS)
    listening_task = asyncio.create_task(changes.run())
    with changes.follow() as follower:
        assert await follower.changed(10.0)
        assert follower.take() == {EVERYTHING}
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
                " AND datname = current_database()"
            )
            assert await follower.changed(10.0)
            assert follower.take() == {EVERYTHING}
            await connection.execute("SELECT pg_notify('console_live_sessions', 'demo/a')")
            assert await follower.changed(10.0)
            assert follower.take() == {"demo/a"}
    listening_task.cancel()
    with suppress(asyncio.CancelledError):
        await listening_task


def test_a_taken_port_is_one_clear_sentence() -> None:
    port = free_port()
    with listening("127.0.0.1", port) as first:
        first.listen()
        with pytest.raises(StartError, match=f"cannot listen on 127.0.0.1:{port}"):
            listening("127.0.0.1", port)
