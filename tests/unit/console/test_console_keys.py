"""API keys: made by whoever may, shown once, good for what they say, and for one tenant."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
import pytest_asyncio
from fastapi import APIRouter, Request
from unit.console.console_keys import FakeKeyRows
from unit.console.console_routes import SECRET, empty_console

from volt_console.access.bearer import bearer
from volt_console.access.errors import BadToken
from volt_console.access.keys import Keys
from volt_console.access.principal import Principal
from volt_console.access.rights import known_roles
from volt_console.web.application import guarded
from volt_contracts.message import Actor

API = "/api/v1/keys"
HTMX = {"HX-Request": "true", "Accept": "text/html"}
FORM = {**HTMX, "Content-Type": "application/x-www-form-urlencoded"}
ROWS = FakeKeyRows()


class Known:
    """A door for one person, and for keys."""

    person: Principal
    keys = Keys(ROWS, SECRET)

    async def principal(self, request: Request) -> Principal | None:
        """Whose key it is, or the person."""
        token = bearer(request)
        return self.person if token is None else self.keys.principal(token)

    def routes(self) -> tuple[APIRouter, ...]:
        """None."""
        return ()


DOOR = Known()
APP = guarded(empty_console(DOOR, ROWS))


def _as(tenant: str, *roles: str) -> None:
    DOOR.person = Principal(tenant, Actor(kind="operator", id="ada"), "Ada", known_roles(roles))


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """An admin of `demo` who has made no key yet."""
    ROWS.rows.clear()
    _as("demo", "admin")
    transport = httpx.ASGITransport(APP, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as found:
        yield found


async def _make(client: httpx.AsyncClient, **body: object) -> dict[str, str]:
    answer = await client.post(API, json={"name": "export", "scopes": ["see", "command"], **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


def _with(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_a_key_may_what_it_says_and_no_more(client: httpx.AsyncClient) -> None:
    made = await _make(client)
    assert made["key"].startswith(f"vlk_demo_{made['key_id']}_")
    assert (await client.get("/api", headers=_with(made["key"]))).status_code == 200
    answer = await client.get(API, headers=_with(made["key"]))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:voltlog:problem:not-allowed")
    who = DOOR.keys.principal(made["key"])
    assert (who.tenant, who.actor.text) == ("demo", f"api_key:{made['key_id']}")
    assert who.rights == {"see", "command"}


async def test_a_key_is_shown_once_and_kept_by_nobody(client: httpx.AsyncClient) -> None:
    made = await _make(client)
    secret = made["key"].rsplit("_", 1)[1]
    assert secret not in (await client.get(API)).text
    assert secret not in (await client.get("/keys")).text
    assert secret not in msgspec.json.encode(ROWS.rows).decode()
    (listed,) = (await client.get(API)).json()["items"]
    assert (listed["name"], listed["state"], listed["scopes"]) == ("export", "good", ["command", "see"])
    assert "hash" not in listed


async def test_a_revoked_or_expired_key_lets_nobody_in(client: httpx.AsyncClient) -> None:
    made = await _make(client)
    assert (await client.post(f"{API}/{made['key_id']}/revoke")).json()["outcome"] == "accepted"
    answer = await client.get("/api/v1/stations", headers=_with(made["key"]))
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    soon = await _make(client, expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    assert DOOR.keys.principal(soon["key"]).until is not None
    name = f"demo/{soon['key_id']}"
    ROWS.rows[name] = msgspec.structs.replace(ROWS.rows[name], expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(BadToken, match="expired"):
        DOOR.keys.principal(soon["key"])
    states = {found["key_id"]: found["state"] for found in (await client.get(API)).json()["items"]}
    assert states == {made["key_id"]: "revoked", soon["key_id"]: "expired"}


async def test_whatever_is_no_key_gets_one_answer(client: httpx.AsyncClient) -> None:
    key = (await _make(client))["key"]
    tenant_changed = key.replace("vlk_demo_", "vlk_other_")
    for text in (key[:-1], key + "0", tenant_changed, "vlk_demo_0000000000000000_" + "0" * 40, "vlk_", "vlk_x"):
        with pytest.raises(BadToken, match="the key is not valid"):
            DOOR.keys.principal(text)
    with pytest.raises(BadToken):
        Keys(ROWS, SECRET, only="other").principal(key)
    with pytest.raises(BadToken):
        Keys(ROWS, "another secret").principal(key)


async def test_a_key_gives_no_right_that_its_maker_has_not(client: httpx.AsyncClient) -> None:
    keeper = (await _make(client, scopes=["keys", "see"]))["key"]
    body = {"name": "more", "scopes": ["see", "settings"]}
    answer = await client.post(API, json=body, headers=_with(keeper))
    assert answer.status_code == 403
    assert "you have not settings" in answer.json()["detail"]
    assert (await client.post(API, json={**body, "scopes": ["see"]}, headers=_with(keeper))).status_code == 200


async def test_no_tenant_sees_or_revokes_anothers_key(client: httpx.AsyncClient) -> None:
    made = await _make(client)
    _as("other", "admin")
    assert (await client.get(API)).json()["items"] == []
    answer = await client.post(f"{API}/{made['key_id']}/revoke")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:voltlog:problem:unknown-key")
    assert DOOR.keys.principal(made["key"]).tenant == "demo"


async def test_keys_come_in_pages(client: httpx.AsyncClient) -> None:
    made = [(await _make(client, name=f"key {number}"))["key_id"] for number in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(f"{API}?limit=2{cursor}")).json()
        seen += [found["key_id"] for found in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == list(reversed(made))
    assert (await client.get(f"{API}?cursor=nonsense")).status_code == 422


@pytest.mark.parametrize(
    "body", [{"scopes": []}, {"scopes": ["everything"]}, {"name": ""}, {"name": "x" * 61}, {"x": 1}]
)
async def test_a_body_that_makes_no_sense(client: httpx.AsyncClient, body: dict[str, object]) -> None:
    answer = await client.post(API, json={"name": "export", "scopes": ["see"], **body})
    assert answer.status_code == 422


async def test_the_decider_has_the_last_word(client: httpx.AsyncClient) -> None:
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    answer = await client.post(API, json={"name": "export", "scopes": ["see"], "expires_at": past})
    assert (answer.json()["outcome"], answer.json()["key"]) == ("rejected", None)
    assert answer.json()["sentence"] == "the key would have expired already"


async def test_the_page_makes_and_revokes(client: httpx.AsyncClient) -> None:
    answer = await client.post("/keys", content="name=export&days=30&scope=see&scope=audit", headers=FORM)
    (name,) = ROWS.rows
    assert answer.status_code == 200
    assert f"vlk_demo_{name.split('/')[1]}_" in answer.text
    assert 'hx-target="#keys"' in answer.text
    assert ROWS.rows[name].scopes == ("audit", "see")
    revoked = await client.post(f"/keys/{name.split('/')[1]}/revoke", headers=HTMX)
    assert "Revoke: accepted" in revoked.text
    assert ROWS.rows[name].revoked_by == "operator:ada"
    plain = await client.post("/keys", content="name=second&days=&scope=see", headers=FORM | {"HX-Request": ""})
    assert plain.status_code == 200


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ("name=a&days=30", "Choose at least one thing"),
        ("days=30&scope=see", "Say what the key is for"),
        ("name=a&days=31&scope=see", "Choose how long"),
        ("name=a&days=30&scope=root", "Say what the key is for"),
    ],
)
async def test_a_form_that_makes_no_sense(client: httpx.AsyncClient, form: str, sentence: str) -> None:
    answer = await client.post("/keys", content=form, headers=FORM)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert ROWS.rows == {}


async def test_only_who_keeps_keys_sees_the_page(client: httpx.AsyncClient) -> None:
    assert 'href="/keys"' in (await client.get("/api")).text
    _as("demo", "operator")
    assert 'href="/keys"' not in (await client.get("/api")).text
    assert (await client.get("/keys", headers={"Accept": "text/html"})).status_code == 403
