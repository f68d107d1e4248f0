"""A station's page and a visit's: links, variables, refusals, the record log; revisions in plain words."""

import csv
from decimal import Decimal
from io import StringIO

import httpx
import msgspec
import pytest
from integration.console.console_stage import staged
from integration.console.test_console_lists import asking, names
from unit.console.console_log import Log
from unit.console.console_newcomers import refuse
from unit.console.console_story import Charger, Visit, command, tell_variables

from volt_console.pages.suspicions import REASONS, missing, plain, revised
from volt_console.queries import twin
from volt_console.views import station_links
from volt_console.web.application import guarded
from volt_contracts import session
from volt_contracts.topics import SESSION_EVENTS

pytestmark = pytest.mark.postgres


async def page(stage: object, path: str) -> str:
    """A page as a browser gets it."""
    transport = httpx.ASGITransport(guarded(stage.console), raise_app_exceptions=False)  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        answer = await client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_links_tell_when_and_how_they_ended(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    for cause in ("silent", "closed"):
        charger.connect()
        log.wait(3_600)
        charger.lose_link(cause)
    charger.connect()
    async with asking(database, log) as (client, stage):
        links = (await client.get(f"/stations/{log.uid('CP-1')}/twin")).json()["links"]
        shown = await page(stage, f"/stations/{log.uid('CP-1')}")
    assert [(link["cause"], link["code"]) for link in links] == [(None, None), ("closed", 1006), ("silent", 1006)]
    assert [link["lost_at"] is None for link in links] == [True, False, False]
    assert "silent 1006" in shown


async def test_links_that_were_over_long_ago_are_forgotten(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(station_links, "FORGET_EVERY", 1)
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    first = charger.link
    charger.lose_link()
    charger.connect()
    log.wait(91 * 86_400)
    charger.connect()
    async with staged(database, log) as stage:
        links = (await twin.twin(stage.console.database, "demo", log.uid("CP-1"))).links
    assert first not in {link.link_id for link in links}
    assert len(links) == 2, "one whose end is not on record stays"


async def test_variables_are_known_as_they_were_told_last(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    tell_variables(charger, HeartbeatInterval="300", Secret="a\x00b")
    tell_variables(charger, HeartbeatInterval="60")
    async with asking(database, log) as (client, stage):
        found = (await client.get(f"/stations/{log.uid('CP-1')}/twin")).json()["variables"]
        shown = await page(stage, f"/stations/{log.uid('CP-1')}")
    assert [(known["variable"], known["value"]) for known in found] == [
        ("HeartbeatInterval", "60"),
        ("Secret", "a\ufffdb"),
    ]
    assert "2 variables, as it answered last" in shown


async def test_refusals_stand_on_the_stations_page(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    refuse(log, "CP-1", "wrong_password", count=3)
    refuse(log, "CP-1", "wrong_password", count=2)
    refuse(log, "CP-2", "unknown_station")
    async with asking(database, log) as (client, stage):
        (refusal,) = (await client.get(f"/stations/{log.uid('CP-1')}/twin")).json()["refusals"]
        shown = await page(stage, f"/stations/{log.uid('CP-1')}")
    assert (refusal["reason"], refusal["count"]) == ("wrong_password", 5)
    assert "5 times since" in shown


def busy() -> tuple[Log, str]:
    """A station with some frames of both directions."""
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    for _ in range(3):
        visit.meter(6_000)
    command(charger, "Reset", "accepted")
    return log, log.uid("CP-1")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("action=MeterValues", {"MeterValues"}),
        ("direction=out", {"Reset"}),
        ("direction=in&action=Reset", set()),
        ("lane=visit", {None}),
        ("lane=wire&direction=in", {"BootNotification", "StatusNotification", "StartTransaction", "MeterValues"}),
    ],
)
async def test_records_are_filtered(database: str, query: str, expected: set[str | None]) -> None:
    log, uid = busy()
    async with asking(database, log) as (client, _):
        found = await names(client, f"/stations/{uid}/timeline?{query}", "action")
    assert set(found) == expected
    if query == "action=MeterValues":
        assert len(found) == 3


async def test_records_come_newest_first_in_pages_and_as_csv(database: str) -> None:
    log, uid = busy()
    mine = [message.id for message in reversed(log.messages)]
    async with asking(database, log) as (client, stage):
        path = f"/stations/{uid}/timeline?limit=7"
        seen = [await client.get(path)]
        while (cursor := seen[-1].json()["next"]) is not None:
            seen.append(await client.get(f"{path}&cursor={cursor}"))
        back = (await client.get(f"{path}&cursor={seen[-1].json()['prev']}")).json()["items"]
        sheet = await client.get(f"/stations/{uid}/timeline?format=csv")
        shown = await page(stage, f"/stations/{uid}/records?action=MeterValues")
        elsewhere = await client.get("/stations/nobody/timeline")
    assert [item["event_id"] for answer in seen for item in answer.json()["items"]] == mine
    assert back == seen[-2].json()["items"]
    assert [row["event_id"] for row in csv.DictReader(StringIO(sheet.text))] == mine
    assert shown.count("MeterValues → answered") == 3
    assert elsewhere.status_code == 404


async def test_a_visits_page_explains_suspicions_and_revisions(database: str) -> None:
    log, _ = busy()
    charger = Charger(log, "CP-2")
    charger.connect()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    visit.stop()
    visit.unplug()
    summary = msgspec.structs.replace(visit.summary("Local"), suspect=("concurrent", "tomorrows_word"))
    revision = session.SessionRevised(
        session_id=visit.id,
        revision=1,
        reason="late_readings",
        before={"energy_wh": msgspec.Raw(b'"0"'), "missing": msgspec.Raw(b'["stop"]')},
        after={"energy_wh": msgspec.Raw(b'"1250.5"'), "missing": msgspec.Raw(b"[]")},
        summary=msgspec.structs.replace(summary, energy_wh=Decimal("1250.5")),
        at=log.now,
    )
    log.append(SESSION_EVENTS, "CP-2", revision)
    async with asking(database, log) as (_, stage):
        shown = await page(stage, f"/sessions/{visit.id}")
    assert "Readings came in after the visit was over." in shown
    assert "<td>energy wh</td><td>0</td><td>1250.5</td>" in shown
    assert "<td>missing</td><td>stop</td><td>–</td>" in shown
    assert "Another transaction ran on the same token at that time, and it went on." in shown
    assert "Tomorrows word." in shown


def test_every_word_becomes_a_sentence() -> None:
    said = [*map(plain, (*REASONS, "new_word")), revised("place"), revised(None), missing(["start"])[0][1]]
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in said)
    assert missing(["seq:9", "start", "seq:4", "seq:10"]) == [
        ("start", "The start of a transaction never came."),
        ("message 4", "Message number 4 of a transaction never came."),
        ("messages 9–10", "The messages with the numbers 9 to 10 of a transaction never came."),
    ]
