"""Releasing what stands still, in a real browser: found in one click, released in one more."""

import os
from pathlib import Path

import pytest
from browser.axe import violations
from browser.tabs import Browse, Hand
from integration.console.console_stage import served, staged
from playwright.async_api import expect
from unit.console.console_log import NOON, Log
from unit.console.console_story import Charger, parked

from volt_console.dead_records import DeadRecord
from volt_contracts.eventlog import KeyReleased
from volt_contracts.topics import STATION_EVENTS

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

SHOTS = os.environ.get("VOLT_SCREENSHOTS")
"""A folder for pictures of the pages, for whoever wants to look at them."""


async def test_a_dead_letter_is_released_in_two_clicks(database: str, browse: Browse, screen: str) -> None:
    log = Log()
    Charger(log, "CP-1").connect()
    log.append(STATION_EVENTS, "CP-1", parked(log))
    log.append(STATION_EVENTS, "-", parked(log, "ValueError: " + "no value " * 20), key="demo/" + "f" * 36)
    async with staged(database, log) as stage, served(stage) as address:
        stage.buried.records["demo"] = [
            DeadRecord(
                owner="station", position="gateway.frames-3@17", kept_at="station.dead:0:4", at=NOON, entity="e",
                type="gateway.exchange.v1", error="the value is no JSON: it ends too soon", value='{"half": ', size=9,
            )
        ]  # fmt: skip
        tab, hand = await browse(address), Hand()
        await hand.click(tab.page.get_by_role("link", name="Dead letters"))
        await expect(tab.page.locator("#parked .row")).to_have_count(2)
        await expect(tab.page.locator("#pulse")).to_have_text("Live")
        assert await tab.overflow() <= 0
        assert await violations(tab.page) == []
        if SHOTS:
            await tab.page.screenshot(path=Path(SHOTS) / f"dead-letters-{screen}.png", full_page=True)
        await hand.click(tab.page.get_by_role("button", name="Release CP-1"))
        await expect(tab.page.locator("#answer")).to_contain_text("Release: accepted")
        ((key, _, _),) = stage.station.asked
        assert key == f"demo/{log.uid('CP-1')}"
        log.append(STATION_EVENTS, "CP-1", KeyReleased(actor="operator:local", at=log.now))
        await stage.show()
        await expect(tab.page.locator("#parked")).to_contain_text("Catching up")
        assert hand.clicks == 2
        assert tab.troubles == []
