"""axe-core in a page: what it finds wrong for people who cannot see, or cannot use a mouse."""

from importlib.resources import files
from typing import Any

from playwright.async_api import Page

_SOURCE = files("axe_playwright_python").joinpath("axe.min.js").read_text()

_RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations"""


async def violations(page: Page) -> list[str]:
    """Each rule that the page breaks, and where; the rules are all that axe-core has."""
    await page.evaluate(_SOURCE)
    found: list[dict[str, Any]] = await page.evaluate(_RUN)
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
