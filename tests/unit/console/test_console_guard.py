"""What reaches the application: only requests under the console's own name, and changes from its own pages."""

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from volt_console.web.guard import LARGEST_BODY, Guard

HERE = "http://127.0.0.1:8080"


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await PlainTextResponse(f"{scope['method']} {len(body)}")(scope, receive, send)


def _client() -> httpx.AsyncClient:
    guard = Guard(_echo, ("127.0.0.1", "localhost", "[::1]"))
    return httpx.AsyncClient(transport=httpx.ASGITransport(guard), base_url=HERE)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "127.0.0.1", "localhost:9", "[::1]:8080", "[::1]"])
async def test_own_names_are_let_in(host: str) -> None:
    async with _client() as client:
        assert (await client.get("/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8080", "", "127.0.0.1:8080.evil.example"])
async def test_a_foreign_name_that_points_here_is_refused(host: str) -> None:
    async with _client() as client:
        answer = await client.get("/api/v1/stations", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": HERE}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:3000"}, 403),
        ({"Origin": HERE}, 200),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Origin": "https://evil.example"}, 403),
    ],
)
async def test_only_own_pages_may_change_something(headers: dict[str, str], status: int) -> None:
    async with _client() as client:
        assert (await client.post("/api/v1/x", headers=headers)).status_code == status
        assert (await client.get("/", headers=headers)).status_code == 200


async def test_large_bodies_never_reach_the_application() -> None:
    async def drip() -> object:
        for _ in range(20):
            yield b"x" * (LARGEST_BODY // 8)

    async with _client() as client:
        assert (await client.post("/", content=b"x" * (LARGEST_BODY + 1))).status_code == 413
        assert (await client.post("/", content=b"x" * LARGEST_BODY)).text == f"POST {LARGEST_BODY}"
        dripped = await client.post("/", content=drip())  # type: ignore[arg-type]
    assert int(dripped.text.split()[1]) <= LARGEST_BODY


async def test_every_answer_carries_the_policy() -> None:
    async with _client() as client:
        answer = await client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
