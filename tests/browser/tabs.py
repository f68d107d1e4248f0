"""A page in the browser as tests handle it."""

from dataclasses import dataclass, field
from typing import Protocol

from playwright.async_api import Locator, Page


@dataclass
class Tab:
    """A page in the browser, and what went wrong in it."""

    page: Page
    troubles: list[str] = field(default_factory=list)

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the screen."""
        found = await self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return int(found)


class Hand:
    """Clicks, and counts it."""

    clicks = 0

    async def click(self, what: Locator) -> None:
        """Once."""
        self.clicks += 1
        await what.click()


class Browse(Protocol):
    """Opens a tab."""

    async def __call__(self, address: str) -> Tab:
        """Load `address`, following what goes wrong."""
