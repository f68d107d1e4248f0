"""Every route names the right that it needs; roles are what the table says; nobody comes in without a right."""

from collections.abc import Sequence

import httpx
import pytest
from fastapi import APIRouter, Request
from pydantic import SecretStr
from unit.console.console_keys import FakeKeyRows
from unit.console.console_routes import Found, empty_console, others_of, routes_of

from volt_console.access.loopback import is_loopback
from volt_console.access.opening import door_of
from volt_console.access.principal import NOBODY, Principal
from volt_console.access.rights import RIGHTS, ROLES, known_rights, known_roles, rights_of
from volt_console.settings import ConsoleSettings
from volt_console.web.application import application, guarded
from volt_contracts.message import Actor
from volt_runtime.run import StartError

OPEN_TO_ALL = frozenset(
    (
        "GET /sign-in",
        "GET /sign-in/back",
        "POST /sign-out",
        "GET /dev-issuer/.well-known/openid-configuration",
        "GET /dev-issuer/keys",
        "GET /dev-issuer/authorize",
        "POST /dev-issuer/token",
    )
)
"""Routes that ask for no right: nobody could come in or leave otherwise."""

LOCAL = ConsoleSettings(dev_issuer=True, token_secret=SecretStr("a secret of the tests"))
ROUTES = routes_of(application(empty_console(door_of(LOCAL, FakeKeyRows()))))
BASE = "http://127.0.0.1:8080"


class Closed:
    """A door that knows one principal, or nobody."""

    known: Principal | None = None

    async def principal(self, request: Request) -> Principal | None:
        """Whoever it was told to know."""
        return self.known

    def routes(self) -> Sequence[APIRouter]:
        """No pages of its own."""
        return ()


DOOR = Closed()
APP = guarded(empty_console(DOOR))


def _client(known: Principal | None) -> httpx.AsyncClient:
    DOOR.known = known
    return httpx.AsyncClient(transport=httpx.ASGITransport(APP, raise_app_exceptions=False), base_url=BASE)


def _address(route: Found) -> str:
    path = route.path
    for name in route.names:
        path = path.replace(f"{{{name}}}", "0").replace(f"{{{name}:path}}", "0")
    return path


def _as(*roles: str) -> Principal:
    return Principal(tenant="demo", actor=Actor(kind="operator", id="one"), name="One", roles=known_roles(roles))


def test_there_are_routes() -> None:
    assert len(ROUTES) >= 30
    assert {str(route) for route in ROUTES} >= OPEN_TO_ALL
    assert {"GET /", "GET /live/overview", "POST /api/v1/stations/{uid}/reset"} <= {str(route) for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_names_exactly_one_right(route: Found) -> None:
    if str(route) in OPEN_TO_ALL:
        assert route.rights == frozenset()
    else:
        assert len(route.rights) == 1
        assert route.rights <= RIGHTS.keys()


def test_whatever_changes_something_needs_more_than_to_see() -> None:
    assert [str(route) for route in ROUTES if route.method != "GET" and route.rights == {"see"}] == []


def test_only_files_and_the_document_are_served_beside_the_routes() -> None:
    assert others_of(application(empty_console())) == ["/api/v1/openapi.json", "/static"]


@pytest.mark.parametrize("route", [route for route in ROUTES if route.rights], ids=str)
async def test_nobody_comes_in_without_being_known_or_without_the_right(route: Found) -> None:
    async with _client(None) as client:
        unknown = await client.request(route.method, _address(route))
    assert (unknown.status_code, unknown.json()["type"]) == (401, "urn:voltlog:problem:signed-out")
    assert unknown.headers["www-authenticate"] == "Bearer"
    without = Principal("demo", NOBODY.actor, "", scopes=known_rights(RIGHTS.keys() - route.rights))
    async with _client(without) as client:
        refused = await client.request(route.method, _address(route))
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:voltlog:problem:not-allowed")


async def test_a_person_is_answered_with_a_page() -> None:
    async with _client(_as("finance")) as client:
        answer = await client.post("/onboarding/policy", headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "You may not change the network&#39;s settings" in answer.text


def test_roles_are_what_the_table_says() -> None:
    assert rights_of(["admin"]) == RIGHTS.keys()
    assert rights_of(["viewer"]) == {"see"}
    assert "command" in rights_of(["operator"])
    assert {"keys", "settings", "audit", "finance"}.isdisjoint(rights_of(["operator"]))
    assert rights_of(["viewer", "finance"]) == {"see", "finance"}
    assert rights_of([]) == frozenset()
    assert all("see" in ROLES[role] for role in ROLES)


def test_words_that_are_no_role_or_right_give_nothing() -> None:
    assert known_roles(["admin ", "root", "viewer"]) == {"viewer"}
    assert known_rights(["see", "everything"]) == {"see"}
    assert not any(NOBODY.may(right) for right in RIGHTS)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_without_an_issuer_the_console_opens_on_loopback(host: str) -> None:
    assert is_loopback(host)
    assert door_of(ConsoleSettings(console_host=host), FakeKeyRows()) is not None


def test_without_an_issuer_the_console_opens_in_a_container_that_is_published_on_loopback_only() -> None:
    assert door_of(ConsoleSettings(console_host="0.0.0.0", console_on_loopback_only=True), FakeKeyRows()) is not None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "console.example", ""])
def test_without_an_issuer_the_console_opens_nowhere_else(host: str) -> None:
    with pytest.raises(StartError, match="anybody would be an admin"):
        door_of(ConsoleSettings(console_host=host), FakeKeyRows())
