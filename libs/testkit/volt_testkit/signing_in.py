"""Coming in at the console of a local stack as one of the people of its development issuer."""

import re
from html import unescape

import httpx


async def come_in(client: httpx.AsyncClient, who: str = "ada") -> None:
    """Click on one of the people, as a browser would; the client keeps the session."""
    page = await client.get("/api", headers={"Accept": "text/html"}, follow_redirects=True)
    found = re.search(rf'id="as-{who}" href="([^"]+)"', page.text)
    assert found is not None, f"{page.status_code} {page.url}: no {who} to click on"
    answer = await client.get(unescape(found[1]), headers={"Accept": "text/html"}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
