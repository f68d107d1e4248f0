"""The list of accounts: found by uid, reference or an id that is typed, by state and by pages, without who they are."""

import csv
from collections.abc import AsyncIterator
from io import StringIO
from typing import Any

import httpx
import pytest
import pytest_asyncio
from integration.console.console_stage import staged
from unit.console.console_drivers import Card, Person
from unit.console.console_log import Log

from volt_console.web.application import guarded
from volt_contracts.refs import token_ref

pytestmark = pytest.mark.postgres

API = "/api/v1/accounts"
PAGE = {"Accept": "text/html"}


def uid(number: int) -> str:
    """The uid of an account."""
    return f"{number:08x}-6a5e-5b60-9f3c-111111111111"


def ref(value: str) -> str:
    """What stands for a clear value."""
    return token_ref("a secret of the tests", "demo", value)


def story(log: Log) -> None:
    """Seven accounts: one closed, one erased, one that only a token names."""
    for number in range(6):
        person = Person(log, uid(number))
        person.registered(external_ref=ref(f"CRM-{number}"), contract_refs=(ref("DE8AA1"), ref(f"DE8AA{number + 2}")))
        if number == 4:
            person.closed()
        if number == 5:
            person.erased()
    Person(log, uid(6)).joined(ref("TAG-0001"))
    Card(log, ref("TAG-0001")).said(account_uid=uid(6))


@pytest_asyncio.fixture
async def client(database: str) -> AsyncIterator[httpx.AsyncClient]:
    """Requests to a console that has folded the story."""
    log = Log()
    story(log)
    async with staged(database, log) as stage:
        transport = httpx.ASGITransport(guarded(stage.console), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            yield client


async def found(client: httpx.AsyncClient, **wanted: Any) -> list[str]:
    """The accounts in the list, which are as many as are counted."""
    listed, counted = [await client.get(f"{API}{more}", params=wanted) for more in ("", "/count")]
    assert listed.status_code == 200, listed.text
    uids = [row["account_uid"] for row in listed.json()["items"]]
    assert counted.json() == {"count": len(uids), "more": False}
    return uids


async def test_accounts_are_found_by_uid_reference_and_state(client: httpx.AsyncClient) -> None:
    assert await found(client) == [uid(number) for number in (6, 5, 4, 3, 2, 1, 0)]
    assert await found(client, search=uid(3)[:8]) == [uid(3)]
    assert await found(client, search="0000000") == [uid(number) for number in (6, 5, 4, 3, 2, 1, 0)]
    assert await found(client, search=ref("CRM-2")) == [uid(2)]
    assert await found(client, search=ref("DE8AA1")) == [uid(number) for number in (4, 3, 2, 1, 0)]
    assert await found(client, search=ref("DE8AA5")) == [uid(3)]
    assert await found(client, search=ref("CRM-5")) == [], "nothing is kept of who was erased"
    assert await found(client, state="closed", search=ref("DE8AA1")) == [uid(4)]
    assert await found(client, state="erased") == [uid(5)]
    assert await found(client, state="not_registered") == [uid(6)]
    for odd in ("%", "\\", "'", '"', "6a5e"):
        assert await found(client, search=odd) == []
    assert len(await found(client, search="\x00")) == 7
    wrong = await client.get(API, params={"state": "gone"})
    assert wrong.status_code == 422


async def test_accounts_come_by_pages_forward_and_back(client: httpx.AsyncClient) -> None:
    first = (await client.get(API, params={"limit": 3})).json()
    second = (await client.get(API, params={"limit": 3, "cursor": first["next"]})).json()
    third = (await client.get(API, params={"limit": 3, "cursor": second["next"]})).json()
    back = (await client.get(API, params={"limit": 3, "cursor": third["prev"]})).json()
    assert [len(page["items"]) for page in (first, second, third)] == [3, 3, 1]
    assert (first["prev"], third["next"], back["items"]) == (None, None, second["items"])


async def test_the_list_is_a_sheet(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("volt_console.queries.accounts.EXPORTED_AT_ONCE", 2)
    answer = await client.get(API, params={"search": ref("DE8AA1")}, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert answer.headers["content-disposition"] == 'attachment; filename="accounts.csv"'
    assert [(row["account_uid"], row["state"]) for row in rows][:2] == [(uid(4), "closed"), (uid(3), "registered")]
    assert len(rows) == 5


async def test_the_page_lists_them_and_leads_to_each(client: httpx.AsyncClient) -> None:
    page = (await client.get("/accounts", params={"state": "closed"}, headers=PAGE)).text
    assert f'href="/accounts/{uid(4)}"' in page
    assert f'href="/accounts/{uid(3)}"' not in page
    assert 'href="/api/v1/accounts?state=closed&amp;format=csv"' in page
    assert '<a href="/accounts" aria-current="page">Accounts</a>' in page
    assert 'rel="next"' in (await client.get("/accounts?limit=3", headers=PAGE)).text
    assert "No account matches" in (await client.get("/accounts?search=nothing", headers=PAGE)).text
    assert 'href="/accounts"' in (await client.get(f"/accounts/{uid(3)}", headers=PAGE)).text


async def test_an_account_is_found_by_what_is_typed_which_is_in_no_address(client: httpx.AsyncClient) -> None:
    async def where(typed: str) -> str:
        answer = await client.post("/accounts/find", data={"value": typed}, headers=PAGE)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    assert await where("crm 2") == f"/accounts/{uid(2)}"
    assert await where("DE-8AA-5") == f"/accounts/{uid(3)}"
    assert await where("DE8AA1") == f"/accounts?search={ref('DE8AA1')}"
    assert await where("zoe@example.org") == f"/accounts?search={ref('zoe@example.org')}"
    nothing = await client.post("/accounts/find", data={"value": " "}, headers=PAGE)
    assert nothing.status_code == 422


async def test_of_no_account_yet_the_page_says_so(database: str) -> None:
    async with staged(database, Log()) as stage:
        transport = httpx.ASGITransport(guarded(stage.console), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            assert "No account yet" in (await client.get("/accounts", headers=PAGE)).text
