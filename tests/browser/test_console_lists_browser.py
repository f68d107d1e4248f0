"""The console's lists in a real browser: filters that stand in the address, the keyboard, axe-core on every page."""

import re

import pytest
from browser.axe import violations
from browser.tabs import Browse
from integration.console.console_stage import served, staged
from playwright.async_api import expect
from unit.console.console_fleet import depot
from unit.console.console_log import Log
from unit.console.console_newcomers import refuse
from unit.console.console_story import Charger, tell_variables

from volt_contracts.session import SessionFinalised, SessionRevised

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


def pages(log: Log) -> list[str]:
    """Every page of the depot, with something on it."""
    bodies = [message.body for message in log.messages]
    final = next(body.session_id for body in bodies if isinstance(body, SessionFinalised))
    revised = next(body.session_id for body in bodies if isinstance(body, SessionRevised))
    station = f"/stations/{log.uid('CP-001')}"
    lists = ["/", "/stations", "/stations?vendor=ABB&search=zzz", "/sessions", "/sessions?revised=true&state=ended"]
    lists += [f"{station}/records", f"{station}/records?action=StartTransaction"]
    return [*lists, station, f"/sessions/{final}", f"/sessions/{revised}", "/onboarding", "/api", "/nowhere"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_breaks_a_rule_of_axe(database: str, browse: Browse, scheme: str) -> None:
    log = depot()
    refuse(log, "CP-NEW", "unknown_station")
    refuse(log, "CP-001", "wrong_password")
    tell_variables(Charger(log, "CP-001"), HeartbeatInterval="300")
    async with staged(database, log) as stage, served(stage) as address:
        tab = await browse(address)
        await tab.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for path in pages(log):
            await tab.page.goto(f"{address}{path}")
            assert (path, await violations(tab.page)) == (path, [])
            assert (path, await tab.overflow() <= 0) == (path, True)


async def test_an_empty_console_breaks_no_rule_either(database: str, browse: Browse) -> None:
    async with staged(database, Log()) as stage, served(stage) as address:
        tab = await browse(address)
        for path in ("/", "/stations", "/sessions", "/onboarding"):
            await tab.page.goto(f"{address}{path}")
            assert (path, await violations(tab.page)) == (path, [])


async def test_filters_stand_in_the_address_and_come_back_with_it(database: str, browse: Browse) -> None:
    async with staged(database, depot()) as stage, served(stage) as address:
        tab = await browse(f"{address}/stations")
        await tab.page.get_by_text("More filters").click()
        await tab.page.get_by_label("Vendor").select_option("Kempower")
        await expect(tab.page.locator("#stations .row")).to_have_count(4)
        await tab.page.get_by_label("Order").select_option("by name, backwards")
        await expect(tab.page.locator("#stations .row-link").first).to_have_text("CP-018")
        await expect(tab.page).to_have_url(re.compile(r"\?vendor=Kempower&sort=-identity$"))
        await expect(tab.page.locator(".listed")).to_contain_text("4 stations")
        sheet = await tab.page.get_by_role("link", name="CSV").get_attribute("href")
        assert sheet is not None
        assert "vendor=Kempower" in sheet
        await tab.page.reload()
        await expect(tab.page.locator("#stations .row")).to_have_count(4)
        await expect(tab.page.get_by_label("Vendor")).to_have_value("Kempower")
        assert tab.troubles == []


async def test_pages_are_turned_by_the_keyboard(database: str, browse: Browse) -> None:
    log = Log()
    for number in range(45):
        Charger(log, f"CP-{number:03d}").connect()
    async with staged(database, log) as stage, served(stage) as address:
        tab = await browse(f"{address}/stations?limit=20")
        await expect(tab.page.locator("#stations .row")).to_have_count(20)
        await tab.page.get_by_role("link", name="Next").focus()
        await tab.page.keyboard.press("Enter")
        await expect(tab.page.locator("#stations .row-link").first).to_have_text("CP-020")
        await tab.page.get_by_role("link", name="Next").press("Enter")
        await expect(tab.page.locator("#stations .row")).to_have_count(5)
        await tab.page.get_by_role("link", name="Previous").press("Enter")
        await expect(tab.page.locator("#stations .row-link").first).to_have_text("CP-020")
        assert tab.troubles == []


async def test_a_number_leads_to_its_list(database: str, browse: Browse) -> None:
    async with staged(database, depot()) as stage, served(stage) as address:
        tab = await browse(address)
        await tab.page.locator("a.count", has_text="Faulted").click()
        await expect(tab.page).to_have_url(re.compile("show=faulted"))
        await expect(tab.page.locator("#stations .row")).to_have_count(1)
        await expect(tab.page.locator("#stations")).to_contain_text("GroundFailure")


async def test_visits_are_searched_while_one_types(database: str, browse: Browse) -> None:
    async with staged(database, depot()) as stage, served(stage) as address:
        tab = await browse(f"{address}/sessions")
        await expect(tab.page.locator("#found .row")).to_have_count(16)
        await tab.page.keyboard.press("/")
        await tab.page.keyboard.type("cp-002")
        await expect(tab.page.locator("#found .row")).to_have_count(2)
        await tab.page.get_by_text("running", exact=True).click()
        await expect(tab.page.locator("#found .row")).to_have_count(1)
        await expect(tab.page).to_have_url(re.compile(r"\?search=cp-002&state=running$"))
        await tab.page.keyboard.press("Tab")
        assert tab.troubles == []
