"""The console in a real browser: it shows what is there, follows what changes without a reload, and fits its screen."""

import re

import pytest
from browser.tabs import Browse
from integration.console.console_stage import served, staged
from playwright.async_api import expect
from unit.console.console_fleet import depot
from unit.console.console_log import Log
from unit.console.console_newcomers import refuse, register
from unit.console.console_story import Charger, Visit

from volt_contracts.network import TenantSettings

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

ASKS_FOR_PASSWORDS = TenantSettings(name="Demo", unknown_stations="refuse", security_profile=1)


async def test_the_overview_shows_the_depot_and_fits(database: str, browse: Browse) -> None:
    async with staged(database, depot()) as stage, served(stage) as address:
        tab = await browse(address)
        await expect(tab.page.locator("#stations .row")).to_have_count(20)
        await expect(tab.page.locator("#running .row")).to_have_count(7)
        await expect(tab.page.locator("#ended .row")).to_have_count(9)
        await expect(tab.page.locator("#pulse")).to_have_text("Live")
        await expect(tab.page.locator("#counts")).to_contain_text("of 20")
        await expect(tab.page.locator("footer")).to_contain_text("adopts stations that nobody registered")
        assert await tab.overflow() <= 0
        assert tab.troubles == []


async def test_changes_come_without_a_reload(database: str, browse: Browse) -> None:
    log = Log()
    async with staged(database, log) as stage, served(stage) as address:
        tab = await browse(address)
        await expect(tab.page.locator("#stations")).to_contain_text("No station has connected yet")
        await expect(tab.page.locator("#pulse")).to_have_text("Live")
        await tab.page.evaluate("window.loadedOnce = true")
        charger = Charger(log, "CP-77")
        charger.connect()
        charger.boot()
        await stage.show()
        await expect(tab.page.locator("#stations .row")).to_contain_text("CP-77")
        visit = Visit(charger)
        visit.plug()
        visit.start()
        visit.meter(6_000, minutes=10)
        await stage.show()
        await expect(tab.page.locator("#running .row")).to_contain_text("1.00 kWh")
        await expect(tab.page.locator("#stations .plug.live")).to_have_text(re.compile("1 Charging"))
        visit.stop()
        visit.unplug()
        await stage.show()
        await expect(tab.page.locator("#running")).to_contain_text("Nobody is charging")
        await expect(tab.page.locator("#ended .row")).to_contain_text("1.00 kWh")
        assert await tab.page.evaluate("window.loadedOnce") is True
        assert tab.troubles == []


async def test_a_search_narrows_the_list_and_what_it_follows(database: str, browse: Browse) -> None:
    async with staged(database, depot()) as stage, served(stage) as address:
        tab = await browse(f"{address}/stations")
        await expect(tab.page.locator("#pulse")).to_have_text("Live")
        await tab.page.keyboard.press("/")
        await tab.page.keyboard.type("cp-01")
        await expect(tab.page.locator("#stations .row")).to_have_count(10)
        await expect(tab.page).to_have_url(re.compile(r"/stations\?search=cp-01$"))
        assert await tab.page.evaluate("document.activeElement.id") == "search"
        charger = Charger(stage.log, "CP-01X")
        charger.connect()
        await stage.show()
        await expect(tab.page.locator("#stations .row")).to_have_count(11)
        await tab.page.get_by_text("offline", exact=True).first.click()
        await expect(tab.page.locator("#stations .row")).to_have_count(2)
        assert tab.troubles == []


async def test_a_visits_page_follows_its_visit_and_opens_raw_frames(database: str, browse: Browse) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    async with staged(database, log) as stage, served(stage) as address:
        tab = await browse(f"{address}/sessions/{visit.id}")
        await expect(tab.page.locator("#pulse")).to_have_text("Live")
        frame = tab.page.locator(".lane.wire .record", has_text="StartTransaction")
        await frame.locator("summary").click()
        await expect(frame.locator("pre.in")).to_contain_text("TAG0001")
        await expect(frame.locator("pre.out")).to_contain_text("[3,")
        steps = await tab.page.locator(".step").count()
        visit.meter(6_000, minutes=10, soc=55)
        await stage.show()
        await expect(tab.page.locator("#visit")).to_contain_text("1.00")
        await expect(tab.page.locator(".step")).to_have_count(steps + 1)
        await expect(frame.locator("pre.in"), "what was opened stays open").to_be_visible()
        assert await tab.overflow() <= 0
        assert tab.troubles == []


async def test_a_stations_buttons_ask_and_show_the_outcome(database: str, browse: Browse) -> None:
    async with staged(database, depot()) as stage, served(stage) as address:
        uid = stage.log.uid("CP-001")
        tab = await browse(f"{address}/stations/{uid}")
        await expect(tab.page.locator("#pulse")).to_have_text("Live")
        assert await tab.overflow() <= 0
        await tab.page.get_by_label("Ask for").select_option("MeterValues")
        await tab.page.get_by_role("button", name="Trigger").click()
        await expect(tab.page.locator("#answer")).to_contain_text("Trigger: accepted")
        await tab.page.get_by_label("Token").fill("TAG0001")
        await tab.page.get_by_role("button", name="Start").click()
        await expect(tab.page.locator("#answer")).to_contain_text("Start: accepted")
        stage.station.answers, stage.station.sentence = "rejected", "A transaction runs."
        await tab.page.get_by_role("button", name="Unlock").first.click()
        await expect(tab.page.locator("#answer")).to_contain_text("A transaction runs.")
        tab.page.on("dialog", lambda dialog: dialog.accept())
        await tab.page.get_by_role("button", name="Stop").click()
        await expect(tab.page.locator("#answer")).to_contain_text("Stop: accepted")
        assert [type(asked).__name__ for _, asked, _ in stage.session.asked] == ["StartSession", "StopSession"]
        assert tab.troubles == []


async def test_typing_is_not_disturbed_by_what_comes_in(database: str, browse: Browse) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot()
    async with staged(database, log) as stage, served(stage) as address:
        tab = await browse(f"{address}/stations/{log.uid('CP-1')}")
        await expect(tab.page.locator("#pulse")).to_have_text("Live")
        token = tab.page.get_by_label("Token").first
        await token.fill("TAG")
        charger.status(2, "Faulted", error="GroundFailure")
        await stage.show()
        await expect(tab.page.locator("#connectors")).to_contain_text("GroundFailure")
        await tab.page.keyboard.type("0001")
        await expect(token).to_have_value("TAG0001")
        assert tab.troubles == []


async def test_everything_is_reached_by_the_keyboard(database: str, browse: Browse) -> None:
    async with staged(database, depot()) as stage, served(stage) as address:
        tab = await browse(address)
        await tab.page.keyboard.press("Tab")
        assert await tab.page.evaluate("document.activeElement.className") == "skip"
        for _ in range(40):
            await tab.page.keyboard.press("Tab")
            if await tab.page.evaluate("document.activeElement.className") == "row-link":
                break
        await tab.page.keyboard.press("Enter")
        await expect(tab.page).to_have_url(re.compile("/(stations|sessions)/"))
        assert tab.troubles == []


async def test_a_page_says_that_it_lost_the_console_and_comes_back(database: str, browse: Browse) -> None:
    async with staged(database, depot()) as stage:
        async with served(stage) as address:
            tab = await browse(address)
            await expect(tab.page.locator("#pulse")).to_have_text("Live")
            port = int(address.rsplit(":", 1)[1])
        await expect(tab.page.locator("#pulse")).to_have_text("Reconnecting")
        async with served(stage, port):
            await expect(tab.page.locator("#pulse")).to_have_text("Live", timeout=15_000)


async def test_a_stranger_is_explained_and_adopted(database: str, browse: Browse) -> None:
    log = Log()
    async with staged(database, log, ASKS_FOR_PASSWORDS) as stage, served(stage) as address:
        tab = await browse(f"{address}/onboarding")
        await expect(tab.page.locator("#newcomers")).to_contain_text("Every station that tried got in")
        await expect(tab.page.locator("#pulse")).to_have_text("Live")
        refuse(log, "CP-NEW", "unknown_station")
        refuse(log, "CP-OLD", "no_subprotocol")
        await stage.show()
        await expect(tab.page.locator("#newcomers .row")).to_have_count(2)
        await tab.page.get_by_label("Show only").select_option("Not registered")
        await expect(tab.page.locator("#newcomers .row")).to_have_count(1)
        await expect(tab.page.locator("#newcomers")).to_contain_text("If it is yours, adopt it.")
        assert await tab.overflow() <= 0
        await tab.page.get_by_role("button", name="Adopt").click()
        await expect(tab.page.locator("#answer")).to_contain_text("Adopt: accepted")
        await expect(tab.page.locator("#answer .key")).to_have_text(re.compile("^[0-9a-f]{32}$"))
        assert await tab.overflow() <= 0
        register(log, "CP-NEW")
        await stage.show()
        await expect(tab.page.get_by_role("button", name="Adopt")).to_have_count(0)
        await expect(tab.page.locator("#answer .key"), "the key stays until it has been read").to_be_visible()
        Charger(log, "CP-NEW").connect()
        await stage.show()
        await expect(tab.page.locator("#newcomers .row.in")).to_contain_text("got in since")
        assert tab.troubles == []
