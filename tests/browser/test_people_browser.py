"""Signing in, keys and the audit trail in a real browser, by mouse and by keyboard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from browser.tabs import Browse, Tab
from integration.console.console_stage import Stage, served, staged
from playwright.async_api import expect
from pydantic import SecretStr
from unit.console.console_twins import our_story

from volt_console.access.opening import door_of
from volt_testkit.stack import free_port

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@asynccontextmanager
async def local(database: str) -> AsyncIterator[tuple[Stage, str]]:
    """A console with the issuer of the local stack."""
    log, _, _ = our_story()
    port = free_port()
    async with staged(database, log, console_port=port, dev_issuer=True) as stage:
        settings = stage.console.settings.model_copy(update={"token_secret": SecretStr("a secret of the tests")})
        stage.console = replace(stage.console, door=door_of(settings, stage.key_rows))
        async with served(stage, port) as address:
            yield stage, address


async def _come_in(tab: Tab, who: str) -> None:
    await tab.page.locator(f"#as-{who}").click()


async def test_the_first_page_has_five_people_and_the_keyboard_is_enough(database: str, browse: Browse) -> None:
    async with local(database) as (_, address):
        tab = await browse(f"{address}/sessions")
        await expect(tab.page.locator(".row.person")).to_have_count(5)
        assert await tab.overflow() <= 0
        for _ in range(9):
            await tab.page.keyboard.press("Tab")
            if await tab.page.evaluate("document.activeElement.id") == "as-ada":
                break
        await tab.page.keyboard.press("Enter")
        await expect(tab.page.locator("h1")).to_have_text("Visits")
        await expect(tab.page.locator(".leave")).to_contain_text("Ada Adler")
        assert await tab.overflow() <= 0
        await tab.page.get_by_role("button", name="Sign out").click()
        await expect(tab.page.locator("h1")).to_have_text("Signed out")
        await tab.page.goto(f"{address}/")
        await expect(tab.page.locator("h1")).to_have_text("Sign in")
        assert tab.troubles == []


async def test_who_only_looks_gets_no_buttons_and_another_network_is_empty(database: str, browse: Browse) -> None:
    async with local(database) as (stage, address):
        tab = await browse(f"{address}/")
        await _come_in(tab, "vera")
        await expect(tab.page.locator("#stations .row")).to_have_count(1)
        await expect(tab.page.locator("nav[aria-label=Main] a")).to_have_text(
            ["Overview", "Stations", "Visits", "Tokens", "Accounts", "Onboarding", "API"]
        )
        await tab.page.goto(f"{address}/stations/{stage.log.uid('CP-1')}")
        await expect(tab.page.locator("#connectors .card")).to_have_count(2)
        await expect(tab.page.locator("main button:not([data-copy])")).to_have_count(0)
        await tab.page.get_by_role("button", name="Sign out").click()
        await expect(tab.page.locator("h1")).to_have_text("Signed out")
        await tab.page.goto(f"{address}/")
        await _come_in(tab, "hanna")
        await expect(tab.page.locator("#stations")).to_contain_text("No station has connected yet")
        assert tab.troubles == []


async def test_all_of_the_navigation_is_in_sight_on_any_screen(database: str, browse: Browse) -> None:
    async with local(database) as (_, address):
        tab = await browse(f"{address}/accounts")
        await _come_in(tab, "ada")
        navigation = tab.page.locator("nav[aria-label=Main]")
        await expect(navigation.locator("a")).to_have_count(11)
        for width in (320, 390, 500, 768, 900, 1024, 1280, 1366, 1440):
            await tab.page.set_viewport_size({"width": width, "height": 800})
            hidden = await navigation.evaluate("seen => seen.scrollWidth - seen.clientWidth")
            assert hidden <= 0, f"at {width} px"
            assert await tab.overflow() <= 0, f"at {width} px"


async def test_a_key_is_made_shown_once_and_revoked(database: str, browse: Browse) -> None:
    async with local(database) as (_, address):
        tab = await browse(f"{address}/keys")
        await _come_in(tab, "ada")
        await expect(tab.page.locator("#keys")).to_contain_text("No program has a key yet")
        await tab.page.get_by_label("What it is for").fill("billing export")
        await tab.page.get_by_label("read the audit trail").check()
        await tab.page.get_by_role("button", name="Make the key").click()
        key = await tab.page.locator("#made-key").inner_text()
        assert key.startswith("vlk_demo_")
        await expect(tab.page.locator("#keys .row")).to_contain_text("billing export")
        assert await tab.overflow() <= 0
        answer = await tab.page.request.get(f"{address}/api/v1/audit", headers={"Authorization": f"Bearer {key}"})
        assert answer.status == 200
        tab.page.on("dialog", lambda dialog: dialog.accept())
        await tab.page.get_by_role("button", name="Revoke billing export").click()
        await expect(tab.page.locator("#keys .row")).to_contain_text("revoked")
        answer = await tab.page.request.get(f"{address}/api/v1/audit", headers={"Authorization": f"Bearer {key}"})
        assert answer.status == 401
        await tab.page.reload()
        await expect(tab.page.locator("main")).not_to_contain_text(key)
        assert tab.troubles == []


async def test_the_trail_is_searched_and_given_away_as_csv(database: str, browse: Browse) -> None:
    async with local(database) as (_, address):
        tab = await browse(f"{address}/audit")
        await _come_in(tab, "ada")
        await expect(tab.page.locator(".row.audit")).to_have_count(4)
        await expect(tab.page.locator(".row.audit").first).to_contain_text("rejected")
        assert await tab.overflow() <= 0
        await tab.page.get_by_label("What").fill("CP-1")
        await tab.page.keyboard.press("Enter")
        await expect(tab.page.locator(".row.audit")).to_have_count(1)
        await tab.page.get_by_label("From").fill("2031-01-01")
        await expect(tab.page.locator("#found")).to_contain_text("Nothing matches")
        assert tab.troubles == []
