"""Lists of stations and visits: every filter, search, order and page, and the same as CSV."""

import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import httpx
import msgspec
import pytest
from integration.console.console_stage import Stage, staged
from unit.console.console_log import Log
from unit.console.console_newcomers import register
from unit.console.console_story import Charger, Visit

from volt_console.queries import counts, session_list, station_list
from volt_console.queries.cursor import BadCursor
from volt_console.web.application import guarded
from volt_contracts import session, station
from volt_contracts.topics import SESSION_EVENTS, STATION_EVENTS

pytestmark = pytest.mark.postgres


@asynccontextmanager
async def asking(dsn: str, log: Log) -> AsyncIterator[tuple[httpx.AsyncClient, Stage]]:
    """The API of a console that has folded `log`."""
    async with staged(dsn, log) as stage:
        transport = httpx.ASGITransport(guarded(stage.console), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080/api/v1") as client:
            yield client, stage


async def names(client: httpx.AsyncClient, query: str, field: str = "identity") -> list[Any]:
    """What a list answers."""
    answer = await client.get(query)
    assert answer.status_code == 200, answer.text
    return [item[field] for item in answer.json()["items"]]


def network() -> Log:
    """Seven stations, each odd in a way of its own."""
    log = Log()
    makes = [("Volterra", "Duo 22"), ("Kempower", "Satellite"), ("ABB", "Terra AC")]
    chargers = [Charger(log, f"CP-{number}", *makes[number % 3]) for number in range(7)]
    chargers[1].protocol = "ocpp2.0.1"
    for number, charger in enumerate(chargers):
        charger.connect()
        charger.boot("pending" if number == 2 else "accepted")
    chargers[3].status(2, "Faulted", error="GroundFailure")
    chargers[4].lose_link()
    visit = Visit(chargers[5])
    visit.plug()
    visit.start()
    for connector in (1, 2):
        chargers[6].status(connector, "Unavailable")
    odd = station.ConnectorStatusChanged(
        time=log.time(), evse=1, connector=1, status="Unknown", status_as_sent="Melting", suspect=("unknown_status",)
    )
    log.append(STATION_EVENTS, "CP-0", odd)
    return log


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "0123456"),
        ("show=online", "012356"),
        ("show=offline", "4"),
        ("show=charging", "5"),
        ("show=faulted", "3"),
        ("show=available", "01235"),
        ("show=suspect", "0"),
        ("protocol=ocpp2.0.1", "1"),
        ("vendor=ABB", "25"),
        ("firmware=4.2.1&vendor=ABB", "25"),
        ("registration=pending", "2"),
        ("registration=accepted&show=offline", "4"),
        ("location=Depot%20North&show=charging&vendor=ABB", "5"),
        ("location=Depot", ""),
        ("location=-", ""),
        ("vendor=&show=offline&location=", "4"),
        ("search=kempower%20sat", "14"),
        ("search=sn-cp-3", "3"),
        ("search=NORTH&show=faulted", "3"),
        ("search=%25", ""),
        ("search=_", ""),
        ("sort=-identity", "6543210"),
        ("sort=-identity&limit=2", "65"),
        ("sort=-changed&limit=1", "4"),
        ("sort=location", "0123456"),
    ],
)
async def test_stations_are_filtered_searched_and_sorted(database: str, query: str, found: str) -> None:
    async with asking(database, network()) as (client, _):
        assert await names(client, f"/stations?{query}") == [f"CP-{number}" for number in found]


@pytest.mark.parametrize("sort", sorted(station_list.ORDERS))
async def test_pages_of_stations_lead_forward_and_back(database: str, sort: station_list.Sort) -> None:
    log = Log()
    for number in range(23):
        Charger(log, f"CP-{number * 7 % 23:02d}").connect()
    async with staged(database, log) as stage:
        base = stage.console.database
        whole = (await station_list.stations(base, "demo", sort=sort, limit=200)).items
        forward = [await station_list.stations(base, "demo", sort=sort, limit=5)]
        while forward[-1].next is not None:
            forward.append(await station_list.stations(base, "demo", sort=sort, cursor=forward[-1].next, limit=5))
        back = [forward[-1]]
        while back[-1].prev is not None:
            back.append(await station_list.stations(base, "demo", sort=sort, cursor=back[-1].prev, limit=5))
    assert [row.identity for page in forward for row in page.items] == [row.identity for row in whole]
    assert forward[0].prev is None
    rows = [row.identity for page in reversed(back) for row in page.items]
    assert rows == [row.identity for row in whole]
    assert back[-1].next is not None


async def test_a_cursor_belongs_to_its_order(database: str) -> None:
    log = Log()
    for number in range(3):
        Charger(log, f"CP-{number}").connect()
    async with staged(database, log) as stage:
        page = await station_list.stations(stage.console.database, "demo", sort="location", limit=1)
        with pytest.raises(BadCursor):
            await station_list.stations(stage.console.database, "demo", sort="-changed", cursor=page.next)


async def test_a_station_that_is_only_registered_is_listed_as_never_connected(database: str) -> None:
    log = Log()
    register(log, "CP-NEW")
    Charger(log, "CP-1").connect()
    async with asking(database, log) as (client, _):
        assert await names(client, "/stations?sort=changed") == ["CP-NEW", "CP-1"]
        assert await names(client, "/stations?show=offline", "since") == [None]
        assert await names(client, "/stations?location=-") == ["CP-NEW"]


async def test_very_many_stations_are_counted_up_to_a_bound(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with asking(database, network()) as (client, _):
        assert (await client.get("/stations/count?show=online")).json() == {"count": 6, "more": False}
        monkeypatch.setattr(station_list, "MOST_COUNTED", 3)
        assert (await client.get("/stations/count?show=online")).json() == {"count": 3, "more": True}


async def test_there_is_to_choose_what_stations_have(database: str) -> None:
    async with asking(database, network()) as (client, _):
        found = (await client.get("/stations/choices")).json()
    assert found == {"vendors": ["ABB", "Kempower", "Volterra"], "firmwares": ["4.2.1"], "locations": ["Depot North"]}


async def test_the_network_in_numbers_and_by_location(database: str) -> None:
    log = network()
    register(log, "CP-NEW")
    async with staged(database, log) as stage:
        found = await counts.counts(stage.console.database, "demo")
        places = await counts.places(stage.console.database, "demo")
    assert (found.stations, found.online, found.offline, found.suspect, found.faulted) == (8, 6, 2, 1, 1)
    assert (found.charging, found.running) == (1, 1)
    assert [(place.place, place.stations, place.online, place.faulted, place.charging) for place in places] == [
        ("Depot North", 7, 6, 1, 1),
        ("", 1, 0, 0, 0),
    ]


def visits() -> tuple[Log, list[Visit]]:
    """Five visits at three stations, a day between each two: running, ended, revised, suspect, final."""
    log = Log()
    chargers = [Charger(log, f"CP-{number}") for number in range(3)]
    for charger in chargers:
        charger.connect()
        charger.boot()
    found = []
    for number in range(5):
        visit = Visit(chargers[number % 3], token_ref=f"token{number % 2}" * 4)
        visit.plug()
        visit.start()
        visit.meter(6_000, minutes=10)
        if number != 4:
            visit.stop()
            visit.unplug()
        if number == 1:
            visit.revise(Decimal(900))
        if number == 2:
            _say_odd(visit)
        if number == 0:
            visit.finalise()
        found.append(visit)
        log.wait(86_400)
    return log, found


def _say_odd(visit: Visit) -> None:
    summary = msgspec.structs.replace(visit.summary("Local"), suspect=("concurrent", "time_in_future"))
    at = visit.log.now
    revised = session.SessionRevised(
        session_id=visit.id,
        revision=1,
        reason="late_stop",
        before={"stop_reason": msgspec.Raw(b"null")},
        after={"stop_reason": msgspec.Raw(b'"Lo\\u0000cal"')},
        summary=summary,
        at=at,
    )
    visit.log.append(SESSION_EVENTS, visit.charger.identity, revised)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "43210"),
        ("state=running", "4"),
        ("state=ended", "321"),
        ("state=finalised", "0"),
        ("suspect=any", "2"),
        ("suspect=concurrent", "2"),
        ("suspect=time_in_future&state=ended", "2"),
        ("suspect=no_samples", ""),
        ("revised=true", "21"),
        ("revised=false&state=ended", "3"),
        ("location=Depot%20North&limit=2", "43"),
        ("token_ref=token1token1token1token1", "31"),
        ("search=token1token1token1token1", "31"),
        ("search=cp-1", "41"),
        ("search=Depot%20North", "43210"),
        ("search=170331552&state=running", "4"),
        ("search=nothing", ""),
    ],
)
async def test_visits_are_filtered_and_searched(database: str, query: str, found: str) -> None:
    log, told = visits()
    async with asking(database, log) as (client, _):
        expected = [told[int(number)].id for number in found]
        assert await names(client, f"/sessions?{query}", "session_id") == expected
        counted = (await client.get(f"/sessions/count?{query.replace('&limit=2', '')}")).json()
    assert counted["count"] == len(expected) or "limit" in query


async def test_visits_are_found_by_their_ids_their_station_and_their_day(database: str) -> None:
    log, told = visits()
    third = told[2]
    assert third.began is not None
    day = third.began.at
    async with asking(database, log) as (client, _):
        for search in (third.id, third.id[:8], third.transaction):
            assert await names(client, f"/sessions?search={search}", "session_id") == [third.id], search
        here = f"/sessions?station_uid={log.uid('CP-2')}"
        assert await names(client, here, "session_id") == [third.id]
        query = {"opened_from": (day - timedelta(hours=1)).isoformat(), "opened_before": (day + timedelta(hours=1))}
        found = await client.get("/sessions", params={name: str(value) for name, value in query.items()})
        assert [item["session_id"] for item in found.json()["items"]] == [third.id]
        after = f"/sessions?opened_from={day + timedelta(days=1):%Y-%m-%d}"
        assert await names(client, after, "session_id") == [told[4].id, told[3].id]


async def test_pages_of_visits_lead_forward_and_back_also_when_searched(database: str) -> None:
    log, told = visits()
    ids = [visit.id for visit in reversed(told)]
    async with asking(database, log) as (client, _):
        for query in ("", "search=cp-&"):
            first = (await client.get(f"/sessions?{query}limit=2")).json()
            second = (await client.get(f"/sessions?{query}limit=2&cursor={first['next']}")).json()
            third = (await client.get(f"/sessions?{query}limit=2&cursor={second['next']}")).json()
            again = (await client.get(f"/sessions?{query}limit=2&cursor={third['prev']}")).json()
            begin = (await client.get(f"/sessions?{query}limit=2&cursor={again['prev']}")).json()
            pages = [first, second, third]
            assert [item["session_id"] for page in pages for item in page["items"]] == ids
            assert again["items"] == second["items"]
            assert begin["items"] == first["items"]
            assert (first["prev"], third["next"], begin["prev"]) == (None, None, None)


async def test_a_visit_tells_its_revisions_with_before_and_after(database: str) -> None:
    log, told = visits()
    async with asking(database, log) as (client, _):
        (revised,) = (await client.get(f"/sessions/{told[2].id}")).json()["revisions"]
    assert (revised["revision"], revised["reason"]) == (1, "late_stop")
    assert (revised["before"], revised["after"]) == ({"stop_reason": None}, {"stop_reason": "Lo\ufffdcal"})


def _rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(answer.text)))


async def test_a_whole_list_comes_as_csv_in_parts(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (station_list, session_list):
        monkeypatch.setattr(module, "EXPORTED_AT_ONCE", 2)
    log, told = visits()
    async with asking(database, log) as (client, _):
        stations = _rows(await client.get("/stations?sort=-identity&limit=1", headers={"Accept": "text/csv"}))
        listed = await client.get("/sessions?format=csv&state=ended")
        empty = await client.get("/sessions?format=csv&search=nothing")
        page = await client.get("/stations?format=json", headers={"Accept": "text/csv"})
    assert [row["identity"] for row in stations] == ["CP-2", "CP-1", "CP-0"]
    assert stations[0]["online"] == "true"
    assert listed.headers["content-disposition"] == 'attachment; filename="visits.csv"'
    rows = _rows(listed)
    assert [row["session_id"] for row in rows] == [told[number].id for number in (3, 2, 1)]
    assert [row["energy_wh"] for row in rows] == ["1000.0", "1000.0", "900"]
    assert rows[1]["suspect"] == "concurrent, time_in_future"
    assert _rows(empty) == []
    assert empty.text.startswith("session_id,station_uid,identity")
    assert page.headers["content-type"] == "application/json"


async def test_no_cell_is_a_formula(database: str) -> None:
    log = Log()
    for identity in ("=HYPERLINK(1)", "+1", "-1", "@x", "\tx", 'a,"b"\nc'):
        charger = Charger(log, identity, vendor="=1+1")
        charger.connect()
        charger.boot()
    async with asking(database, log) as (client, _):
        rows = _rows(await client.get("/stations?format=csv"))
    assert {row["identity"] for row in rows} == {"'=HYPERLINK(1)", "'+1", "'-1", "'@x", "'\tx", 'a,"b"\nc'}
    assert {row["vendor"] for row in rows} == {"'=1+1"}


async def test_a_list_that_cannot_be_read_is_a_problem_not_half_a_sheet(database: str) -> None:
    async with asking(database, Log()) as (client, stage):
        await stage.tables._run("DROP VIEW console.live_stations")
        answer = await client.get("/stations?format=csv")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"


async def test_lists_keep_tenants_apart(database: str) -> None:
    ours, theirs = Log("demo"), Log("other")
    for log in (ours, theirs):
        charger = Charger(log, "CP-1", connectors=3)
        charger.connect()
        charger.boot()
        charger.status(2, "Faulted", error="GroundFailure")
        visit = Visit(charger)
        visit.plug()
        visit.start()
    async with asking(database, theirs) as (client, stage):
        await stage.tables.apply(ours.messages)
        foreign = f"search={theirs.uid('CP-1')}"
        for query in ("", "show=faulted", "show=charging", "show=available", "search=cp", "location=Depot%20North"):
            assert await names(client, f"/stations?{query}", "station_uid") == [ours.uid("CP-1")]
        assert await names(client, f"/stations?{foreign}") == []
        for query in ("", "search=cp-1", "search=170331552", "state=running", "location=Depot%20North"):
            assert await names(client, f"/sessions?{query}", "station_uid") == [ours.uid("CP-1")]
        assert await names(client, f"/sessions?{foreign}") == []
        assert len(_rows(await client.get("/sessions?format=csv"))) == 1
        assert (await client.get("/stations/count")).json()["count"] == 1
