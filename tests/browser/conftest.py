"""The system's Chromium, on two kinds of screens; without one these tests are skipped and say so."""

import shutil
from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio
from browser.tabs import Browse, Tab
from playwright.async_api import Browser, ConsoleMessage, async_playwright

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

SCREENS = {"desktop": (1280, 800), "phone": (390, 844)}


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The program, started once with an empty profile; each test gets a context that knows nothing of the others."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("there is no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest) -> str:
    """Both kinds of screens."""
    return str(request.param)


@pytest_asyncio.fixture
async def browse(chromium: Browser, screen: str) -> AsyncIterator[Browse]:
    """A way to open tabs: light on the desktop, dark on the phone."""
    width, height = SCREENS[screen]
    scheme: Literal["light", "dark"] = "light" if screen == "desktop" else "dark"
    context = await chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)

    async def visit(address: str) -> Tab:
        tab = Tab(await context.new_page())
        tab.page.on("console", lambda message: _note(tab, message))
        tab.page.on("pageerror", lambda error: tab.troubles.append(f"error: {error}"))
        await tab.page.goto(address)
        return tab

    try:
        yield visit
    finally:
        await context.close()


def _note(tab: Tab, message: ConsoleMessage) -> None:
    if message.type in {"error", "warning"}:
        tab.troubles.append(f"{message.type}: {message.text}")
