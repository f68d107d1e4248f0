"""Signing in and out as a browser does it, with the issuer of the local stack in the same process."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.types import ASGIApp
from unit.console.console_keys import FakeKeyRows
from unit.console.console_routes import empty_console

from volt_console.access import opening
from volt_console.access.claims import Claims
from volt_console.access.dev_issuer import MOST_CODES, PEOPLE, DevIssuer, dev_issuer_pages
from volt_console.access.errors import BadToken
from volt_console.access.issuer import Issuer
from volt_console.access.issuer_door import IssuerDoor
from volt_console.access.keys import Keys
from volt_console.access.principal import Principal
from volt_console.access.seal import Seal
from volt_console.access.sign_in import Way, own_page
from volt_console.settings import ConsoleSettings
from volt_console.web.application import guarded
from volt_contracts.message import Actor
from volt_runtime.run import StartError

HERE = "http://127.0.0.1:8080"
PAGE = {"Accept": "text/html"}
SECRET = "a secret of the tests"


@dataclass
class Local:
    """A console with its own issuer, and a browser."""

    app: ASGIApp
    issuer: DevIssuer
    browser: httpx.AsyncClient

    async def people(self, page: str = "/api") -> dict[str, str]:
        """Where each of the people is a click away, coming from a page."""
        answer = await self.browser.get(page, headers=PAGE, follow_redirects=True)
        assert answer.status_code == 200
        return {key: unescape(to) for key, to in re.findall(r'id="as-(\w+)" href="([^"]+)"', answer.text)}

    async def come_in(self, who: str, page: str = "/api") -> httpx.Response:
        """Click on somebody."""
        return await self.browser.get((await self.people(page))[who], headers=PAGE, follow_redirects=True)

    async def attempt(self, who: str = "ada") -> str:
        """The address that the issuer sends the browser back to."""
        answer = await self.browser.get((await self.people())[who])
        return answer.headers["location"]


def local(url: str = HERE, session: timedelta = timedelta(hours=1), secret: str = SECRET) -> Local:
    """A console that is reached at `url`."""
    own = DevIssuer(f"{HERE}/dev-issuer", "voltlog-console", "voltlog", secret)
    apps: list[ASGIApp] = []

    def http() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(apps[0]))

    door = IssuerDoor(
        Issuer(own.url, "voltlog-console", http=http),
        Claims("tenant", "roles", {}),
        Seal(secret, session),
        Way("", "openid profile", int(session.total_seconds())),
        "voltlog",
        Keys(FakeKeyRows(), secret),
        (dev_issuer_pages(own),),
    )
    apps.append(guarded(empty_console(door, console_hosts=("127.0.0.1", "console.example"))))
    transport = httpx.ASGITransport(apps[0], raise_app_exceptions=False)
    return Local(apps[0], own, httpx.AsyncClient(transport=transport, base_url=url))


@pytest_asyncio.fixture
async def stack() -> AsyncIterator[Local]:
    """On loopback."""
    found = local()
    async with found.browser:
        yield found


async def test_the_first_page_is_that_of_the_people(stack: Local) -> None:
    assert set(await stack.people("/")) == set(PEOPLE)
    assert [person.role for person in PEOPLE.values()] == ["admin", "operator", "viewer", "finance", "admin"]
    assert {person.tenant for person in PEOPLE.values()} == {"demo", "harbour"}


async def test_one_click_signs_in_and_goes_where_one_wanted_to(stack: Local) -> None:
    answer = await stack.come_in("hanna", "/api?x=1&y=2")
    assert answer.status_code == 200
    assert str(answer.url) == f"{HERE}/api?x=1&y=2"
    assert "Hanna Holt" in answer.text
    assert ">harbour<" in answer.text
    (kept,) = [line for line in answer.history[-1].headers.get_list("set-cookie") if "voltlog-session" in line]
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=3600"} <= set(kept.split("; "))
    assert "Secure" not in kept


async def test_rights_follow_the_person(stack: Local) -> None:
    await stack.come_in("vera")
    assert (await stack.browser.post("/api/v1/stations/x/reset", json={})).status_code == 403
    await stack.browser.post("/sign-out")
    await stack.come_in("otto")
    assert (await stack.browser.post("/api/v1/stations/x/reset", json={})).status_code == 503


async def test_signing_out_forgets_the_session(stack: Local) -> None:
    await stack.come_in("ada")
    assert (await stack.browser.get("/api", headers=PAGE)).status_code == 200
    answer = await stack.browser.post("/sign-out", headers=PAGE)
    assert "Signed out" in answer.text
    assert (await stack.browser.get("/api", headers=PAGE)).status_code == 303
    assert (await stack.browser.get("/live/overview")).status_code == 401


async def test_a_foreign_page_cannot_sign_anybody_out(stack: Local) -> None:
    answer = await stack.browser.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


async def test_a_button_of_a_page_that_is_signed_out_says_so(stack: Local) -> None:
    answer = await stack.browser.post("/stations/x/commands/reset", headers={**PAGE, "HX-Request": "true"})
    assert answer.status_code == 401
    assert "<b>Not signed in</b>" in answer.text


async def test_a_code_is_good_once_and_a_state_in_one_browser(stack: Local) -> None:
    back = await stack.attempt()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(stack.app), base_url=HERE) as other:
        assert (await other.get(back)).status_code == 403
    assert (await stack.browser.get(back)).status_code == 303
    again = await stack.browser.get(back)
    assert (again.status_code, again.json()["type"]) == (403, "urn:voltlog:problem:not-signed-in")


async def test_two_attempts_of_one_browser_do_not_disturb_each_other(stack: Local) -> None:
    first, second = await stack.attempt("ada"), await stack.attempt("vera")
    assert (await stack.browser.get(first)).status_code == 303
    assert (await stack.browser.get(second)).status_code == 303


@pytest.mark.parametrize("change", ["state", "code", "error"])
async def test_what_comes_back_changed_is_refused(stack: Local, change: str) -> None:
    back = await stack.attempt()
    said = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    answer = await stack.browser.get("/sign-in/back", params={**said, change: said.get(change, "x")[::-1]})
    assert answer.status_code == 403
    assert "voltlog-session" not in str(answer.headers)


async def test_the_code_of_another_attempt_is_refused(stack: Local) -> None:
    first, second = [parse_qs(urlsplit(await stack.attempt()).query) for _ in range(2)]
    mixed = {"state": first["state"][0], "code": second["code"][0]}
    assert (await stack.browser.get("/sign-in/back", params=mixed)).status_code == 403


async def test_every_process_with_the_secret_knows_the_session(stack: Local) -> None:
    await stack.come_in("ada")
    twin, stranger = local(), local(secret="another secret")
    for found, status in ((twin, 200), (stranger, 303)):
        async with found.browser as browser:
            browser.cookies = stack.browser.cookies
            assert (await browser.get("/api", headers=PAGE)).status_code == status


async def test_cookies_go_by_tls_only_where_others_could_listen() -> None:
    async with local("https://console.example").browser as browser:
        answer = await browser.get("/sign-in")
    assert answer.status_code == 303
    assert "__Host-voltlog-sign-in=" in answer.headers["set-cookie"]
    assert "Secure" in answer.headers["set-cookie"].split("; ")


async def test_the_issuer_of_the_local_stack_takes_only_this_machine_back() -> None:
    stack = local("https://console.example")
    async with stack.browser as browser:
        to = urlsplit((await browser.get("/sign-in")).headers["location"])
        answer = await browser.get(f"{HERE}{to.path}?{to.query}&person=ada")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:voltlog:problem:bad-client")


async def test_an_access_token_opens_the_api_and_an_id_token_does_not(stack: Local) -> None:
    access = stack.issuer.token("otto", "voltlog")
    identity = stack.issuer.token("otto", "voltlog-console", nonce="n")
    reset = "/api/v1/stations/x/reset"
    for token, status in ((access, 503), (identity, 401), ("nonsense", 401), ("", 401)):
        answer = await stack.browser.post(reset, json={}, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, token
    await stack.come_in("otto")
    answer = await stack.browser.post(reset, json={}, headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401, "a token that is sent counts, not the session beside it"


async def test_a_token_endpoint_that_is_asked_wrongly(stack: Local) -> None:
    code = parse_qs(urlsplit(await stack.attempt()).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": "wrong"}
    answer = await stack.browser.post("/dev-issuer/token", data=form)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})
    for address in ("/dev-issuer/authorize", "/dev-issuer/authorize?client_id=voltlog-console&redirect_uri=http://x/"):
        assert (await stack.browser.get(address)).status_code == 400


async def test_codes_do_not_fill_the_memory(stack: Local) -> None:
    click = (await stack.people())["ada"]
    for _ in range(MOST_CODES):
        assert (await stack.browser.get(click)).status_code == 303
    assert (await stack.browser.get(click)).status_code == 503


def _someone() -> Principal:
    return Principal("demo", Actor(kind="operator", id="s"), "Some One", frozenset({"viewer"}))


def test_a_session_ends_and_cannot_be_changed() -> None:
    seal = Seal(SECRET, timedelta(hours=1))
    session = seal.session(_someone())
    known = seal.known(session)
    assert (known.tenant, known.actor.id, known.name) == ("demo", "s", "Some One")
    assert known.roles == {"viewer"}
    state = seal.sign_in("browser", "/").state
    for text in (Seal(SECRET, timedelta(seconds=-1)).session(_someone()), session[:-2], state, "", "a.b.c"):
        with pytest.raises(BadToken):
            seal.known(text)
    with pytest.raises(BadToken):
        seal.resumed("browser", session)


@given(st.text(max_size=40))
def test_afterwards_one_is_on_a_page_of_this_console(wanted: str) -> None:
    for text in (wanted, f"/{wanted}"):
        found = urlsplit(own_page(text))
        assert (found.scheme, found.netloc) == ("", "")
        assert own_page(text).startswith("/")


@pytest.mark.parametrize("bad", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", ""])
def test_a_foreign_page_is_none_to_go_to(bad: str) -> None:
    assert own_page(bad) == "/"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"dev_issuer": True, "environment": "production"}, "for the local stack alone"),
        ({"dev_issuer": True, "console_host": "0.0.0.0"}, "on loopback only"),
        (
            {"console_host": "0.0.0.0", "console_on_loopback_only": True, "environment": "production"},
            "anybody would be an admin",
        ),
        ({"dev_issuer": True, "token_secret": ""}, "no session could be signed"),
        ({"oidc_issuer": "http://issuer.example"}, "has to be an https address"),
        ({"oidc_issuer": "https://issuer.example", "console_host": "0.0.0.0"}, "VOLT_CONSOLE_URL is not set"),
    ],
)
def test_settings_that_would_let_in_anybody_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(StartError, match=why):
        opening.door_of(ConsoleSettings(**{"token_secret": SECRET, **settings}), FakeKeyRows())


async def test_the_issuer_of_the_local_stack_is_not_there_beside_a_real_one() -> None:
    settings = ConsoleSettings(token_secret=SecretStr(SECRET), dev_issuer=True, oidc_issuer="https://issuer.example")
    door = opening.door_of(settings, FakeKeyRows())
    transport = httpx.ASGITransport(guarded(empty_console(door)))
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        assert (await client.get("/dev-issuer/keys")).status_code == 404
        assert (await client.get("/api", headers=PAGE)).headers["location"] == "/sign-in?next=%2Fapi"
