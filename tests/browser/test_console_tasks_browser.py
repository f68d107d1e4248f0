"""What an operator does every day, in a real browser, in at most so many clicks from the first page."""

import re

import pytest
from browser.tabs import Browse, Hand
from integration.console.console_stage import served, staged
from playwright.async_api import expect
from unit.console.console_fleet import depot
from unit.console.console_log import Log
from unit.console.console_newcomers import refuse
from unit.console.console_story import Charger

from volt_contracts.network import TenantSettings
from volt_contracts.station import Reset

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

REFUSING = TenantSettings(name="Demo", unknown_stations="refuse", security_profile=1)


async def test_a_broken_station_is_found_in_two_clicks_and_restarted_in_one_more(database: str, browse: Browse) -> None:
    log = depot()
    broken = Charger(log, "CP-BROKEN")
    broken.connect()
    broken.boot()
    broken.status(1, "Faulted", error="GroundFailure")
    async with staged(database, log) as stage, served(stage) as address:
        tab, hand = await browse(address), Hand()
        tab.page.on("dialog", lambda dialog: dialog.accept())
        await hand.click(tab.page.get_by_role("link", name=re.compile("Faulted")))
        await hand.click(tab.page.get_by_role("link", name="CP-BROKEN", exact=True))
        await expect(tab.page.locator("h1")).to_contain_text("CP-BROKEN")
        await expect(tab.page.locator("#connectors")).to_contain_text("GroundFailure")
        assert hand.clicks == 2
        await hand.click(tab.page.get_by_role("button", name="Reset", exact=True))
        await expect(tab.page.locator("#answer")).to_contain_text("Reset: accepted")
        assert hand.clicks == 3
        ((key, command, _),) = stage.station.asked
        assert key == f"demo/{log.uid('CP-BROKEN')}"
        assert isinstance(command, Reset)
        assert tab.troubles == []


async def test_why_a_station_is_refused_is_read_after_one_click(database: str, browse: Browse) -> None:
    log = Log()
    Charger(log, "CP-1").connect()
    refuse(log, "CP-NEW", "unknown_station")
    async with staged(database, log, REFUSING) as stage, served(stage) as address:
        tab, hand = await browse(address), Hand()
        await hand.click(tab.page.get_by_role("link", name="Onboarding"))
        entry = tab.page.locator("#newcomers .row", has_text="CP-NEW")
        await expect(entry).to_contain_text("Not registered")
        await expect(entry).to_contain_text("What to do:")
        assert hand.clicks == 1
        assert tab.troubles == []
