"""Tokens and accounts over a real database: found, corrected, blocked, erased; clear values only when asked for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import pytest
import pytest_asyncio
from integration.console.console_database import Tables
from integration.console.console_stage import Stage, staged
from unit.console.console_drivers import Card, Person
from unit.console.console_log import Log
from unit.console.console_story import Charger, Visit

from volt_console.web.application import guarded
from volt_contracts.accounts import AccountDetails, AccountProfile, Contract, EraseAccount, RegisterAccount
from volt_contracts.drivers import BlockToken, DriversCommandFinished, EraseToken, RegisterToken, TokenProfile
from volt_contracts.ids import derive
from volt_contracts.refs import token_ref
from volt_contracts.topics import DRIVERS_TOKEN_EVENTS

pytestmark = pytest.mark.postgres

BASE = "http://127.0.0.1:8080"
SECRET = "a secret of the tests"
UID = "0b7f9f04-6a5e-5b60-9f3c-111111111111"
OTHER = "0b7f9f04-6a5e-5b60-9f3c-222222222222"
PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, 23, 59, 59, tzinfo=UTC)


def ref(value: str) -> str:
    """What stands for a clear value."""
    return token_ref(SECRET, "demo", value)


TAG = ref("TAG-0001")


def story(log: Log) -> None:
    """Three cards of a person, one of nobody, one erased; the first one is used."""
    first = Card(log, TAG)
    first.said(group_ref=ref("FLEET7"), account_uid=UID, valid_until=FUTURE, contract_ref=ref("DE8AA1"))
    first.said("blocked", group_ref=ref("FLEET7"), account_uid=UID, valid_until=FUTURE, contract_ref=ref("DE8AA1"))
    first.said(group_ref=ref("FLEET7"), account_uid=UID, valid_until=FUTURE, contract_ref=ref("DE8AA1"))
    Card(log, ref("TAG-0002")).said("lost", account_uid=UID)
    Card(log, ref("TAG-0003")).said(valid_until=PAST, group_ref=ref("FLEET7"))
    gone = Card(log, ref("TAG-0004"))
    gone.said(account_uid=UID)
    gone.erased()
    person = Person(log, UID)
    person.joined(TAG)
    person.registered(contract_refs=(ref("DE8AA1"),))
    person.closed()
    person.registered()
    Person(log, OTHER).joined(ref("TAG-0009"))
    charger = Charger(log, "CP-1")
    charger.connect()
    visit = Visit(charger, token_ref=TAG)
    visit.plug()
    visit.start()
    visit.stop()
    visit.unplug()


@dataclass
class Api:
    """A client, and what it talks to."""

    client: httpx.AsyncClient
    stage: Stage

    async def get(self, path: str, **params: Any) -> Any:
        """The answer's JSON."""
        answer = await self.client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refs(self, **params: Any) -> set[str]:
        """The references in the list."""
        return {row["token_ref"] for row in (await self.get("/api/v1/tokens", **params))["items"]}


@pytest_asyncio.fixture
async def api(database: str) -> AsyncIterator[Api]:
    """The story, with the clear values that are kept."""
    log = Log()
    story(log)
    async with staged(database, log) as stage:
        profile = TokenProfile(token_ref=TAG, value="TAG0001", token_type="rfid", group="FLEET7")
        contract = Contract(contract_id="DE8AA1", contract_ref=ref("DE8AA1"))
        who = AccountProfile(account_uid=UID, details=AccountDetails(name="Zoë Quist"), contracts=(contract,))
        stage.persons |= {f"demo/{TAG}": profile, f"demo/{UID}": who}
        transport = httpx.ASGITransport(guarded(stage.console), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            yield Api(client, stage)


def problem(answer: httpx.Response, status: int, word: str) -> None:
    """Assert the one shape that every error has."""
    assert (answer.status_code, answer.json().get("type")) == (status, f"urn:voltlog:problem:{word}"), answer.text


@pytest.mark.parametrize("seed", range(3))
async def test_the_rows_are_the_same_however_the_log_is_cut(database: str, seed: int) -> None:
    log = Log()
    story(log)
    Person(log, UID, version=3).erased()
    async with Tables(database) as tables:
        await tables.apply(log.messages)
        whole = await tables.rows()
    async with Tables(database) as tables:
        await tables.apply(log.messages, Random(seed))
        await tables.apply(log.messages, Random(seed + 10))
        assert await tables.rows() == whole
    assert [len(whole[name]) for name in ("tokens", "token_versions", "accounts")] == [4, 7, 2]
    assert next(row for row in whole["accounts"] if row[1] == UID)[2:7] == (None, None, None, None, None)


async def test_a_list_is_filtered_and_paged(api: Api) -> None:
    assert await api.refs(standing="accepted") == {TAG}
    assert await api.refs(standing="expired") == {ref("TAG-0003")}
    assert await api.refs(standing="lost") == {ref("TAG-0002")}
    assert await api.refs(standing="erased") == {ref("TAG-0004")}
    assert await api.refs(standing="blocked") == set()
    assert await api.refs(group_ref=ref("FLEET7")) == {TAG, ref("TAG-0003")}
    assert await api.refs(account_uid=UID) == {TAG, ref("TAG-0002")}
    for search in (TAG[:6], UID, ref("FLEET7"), ref("DE8AA1")):
        assert TAG in await api.refs(search=search)
    assert await api.refs(search="%") == set()
    assert len(await api.refs(search="\x00")) == 4, "Postgres takes no NUL: it is as if it were not there"

    first = await api.get("/api/v1/tokens", limit=3)
    second = await api.get("/api/v1/tokens", limit=3, cursor=first["next"])
    listed = [row["token_ref"] for row in first["items"] + second["items"]]
    assert (len(listed), second["next"]) == (4, None)
    assert (await api.get("/api/v1/tokens/count"))["count"] == 4
    problem(await api.client.get("/api/v1/tokens", params={"cursor": "nonsense"}), 422, "bad-cursor")


async def test_a_list_is_a_sheet_without_clear_values(api: Api) -> None:
    answer = await api.client.get("/api/v1/tokens", params={"format": "csv"})
    lines = answer.text.splitlines()

    assert answer.headers["content-type"].startswith("text/csv")
    assert (len(lines), lines[0].split(",")[:2]) == (5, ["token_ref", "standing"])
    assert "TAG0001" not in answer.text
    accounts = (await api.client.get("/api/v1/accounts", params={"format": "csv"})).text
    assert UID in accounts
    assert "Quist" not in accounts


async def test_one_is_found_by_what_is_read_from_it_and_shown_with_its_history(api: Api) -> None:
    found = (await api.client.post("/api/v1/tokens/find", json={"value": "tag:00 01"})).json()
    shown = await api.get(f"/api/v1/tokens/{found['reference']}")

    assert [token["token_ref"] for token in found["tokens"]] == [TAG]
    assert [version["status"] for version in shown["versions"]] == ["accepted", "blocked", "accepted"]
    assert shown["last_used_at"] is not None
    assert "TAG0001" not in str(shown)
    value = await api.client.get(f"/api/v1/tokens/{TAG}/value")
    assert value.json() == {"token_ref": TAG, "value": "TAG0001", "group": "FLEET7"}
    assert value.headers["cache-control"] == "no-store"
    problem(await api.client.get(f"/api/v1/tokens/{ref('TAG-0004')}/value"), 404, "no-clear-value")
    problem(await api.client.get("/api/v1/tokens/nothing"), 404, "unknown-token")


async def test_a_correction_bears_the_version_that_was_seen(api: Api) -> None:
    body = {"status": "blocked", "expected_version": 3}
    answer = await api.client.patch(f"/api/v1/tokens/{TAG}", json=body)

    assert (answer.status_code, answer.json()["outcome"]) == (200, "accepted")
    key, command, _ = api.stage.cards.asked[0]
    assert key == f"demo/{TAG}"
    assert isinstance(command, RegisterToken)
    assert (command.value, command.status, command.expected_version) == ("TAG0001", "blocked", 3)
    assert (command.account_uid, command.group, command.actor.kind) == (UID, "FLEET7", "api_key")
    problem(await api.client.patch(f"/api/v1/tokens/{TAG}", json={"status": "blocked"}), 422, "invalid-request")
    gone = await api.client.patch(f"/api/v1/tokens/{ref('TAG-0004')}", json=body)
    problem(gone, 409, "token-erased")


async def test_a_conflict_is_an_outcome_in_plain_words(api: Api) -> None:
    api.stage.cards.answers = "rejected"
    api.stage.cards.sentence = "somebody has changed it meanwhile: it is at version 4, not 3"

    answer = await api.client.patch(f"/api/v1/tokens/{TAG}", json={"status": "lost", "expected_version": 3})

    assert answer.json()["outcome"] == "rejected"
    assert "meanwhile" in answer.json()["sentence"]


async def test_the_same_key_is_the_same_command(api: Api) -> None:
    key = {"Idempotency-Key": "once"}
    new = {"value": "TAG-0005", "group": "FLEET7", "valid_until": "2030-01-01T00:00:00Z"}
    first = await api.client.post("/api/v1/tokens", json=new, headers=key)
    Card(api.stage.log, ref("TAG-0005")).said()
    await api.stage.show()
    again = await api.client.post("/api/v1/tokens", json=new, headers=key)

    assert first.json() == again.json()
    assert len({command_id for _, _, command_id in api.stage.cards.asked}) == 1
    other = await api.client.post("/api/v1/tokens", json={**new, "status": "lost"}, headers=key)
    problem(other, 422, "key-reused")
    problem(await api.client.post("/api/v1/tokens", json=new), 409, "token-known")


@pytest.mark.parametrize("meanwhile", ["changed", "erased"])
@pytest.mark.parametrize("known", [True, False], ids=["told by the views", "on its way to the views"])
async def test_a_repeated_correction_has_the_first_answer_whatever_came_since(
    api: Api, meanwhile: str, known: bool
) -> None:
    key, body = {"Idempotency-Key": "once"}, {"status": "lost", "group": "FLEET8", "expected_version": 3}
    first = await api.client.patch(f"/api/v1/tokens/{TAG}", json=body, headers=key)
    ((_, sent, command_id),) = api.stage.cards.asked
    card = Card(api.stage.log, TAG, version=3)
    card.said("lost", group_ref=ref("FLEET8"))
    if known:
        done = DriversCommandFinished(command_id=command_id, outcome="accepted", command="x", at=api.stage.log.now)
        api.stage.log.append(DRIVERS_TOKEN_EVENTS, "", done, key=f"demo/{TAG}")
    if meanwhile == "changed":
        card.said("blocked", valid_until=PAST)
    else:
        card.erased()
        del api.stage.persons[f"demo/{TAG}"]
    await api.stage.show()
    again = await api.client.patch(f"/api/v1/tokens/{TAG}", json=body, headers=key)
    other = await api.client.patch(f"/api/v1/tokens/{TAG}", json={**body, "group": "FLEET9"}, headers=key)

    assert (again.status_code, again.json()["outcome"]) == (200, "accepted"), again.text
    assert again.json()["command_id"] == first.json()["command_id"]
    assert api.stage.cards.asked[1:] == ([] if known else [(f"demo/{TAG}", sent, command_id)])
    problem(other, 422, "key-reused")


async def test_a_console_that_has_just_started_repeats_an_answer_too(api: Api) -> None:
    key = {"Idempotency-Key": "once"}
    done = DriversCommandFinished(
        command_id=derive("demo", "once"), outcome="rejected", sentence="No.", command="x", at=api.stage.log.now
    )
    api.stage.log.append(DRIVERS_TOKEN_EVENTS, "", done, key=f"demo/{TAG}")
    await api.stage.show()
    gone = ref("TAG-0004")
    for answer in (
        await api.client.patch(f"/api/v1/tokens/{gone}", json={"expected_version": 1}, headers=key),
        await api.client.post("/api/v1/tokens", json={"value": "TAG-0001"}, headers=key),
    ):
        assert (answer.status_code, answer.json()["sentence"]) == (200, "No."), answer.text
    assert api.stage.cards.asked == []


async def test_blocking_and_erasing_are_commands_of_their_own(api: Api) -> None:
    await api.client.post(f"/api/v1/tokens/{TAG}/block", json={"expected_version": 3})
    await api.client.post(f"/api/v1/tokens/{TAG}/erase")

    block, erase = (command for _, command, _ in api.stage.cards.asked)
    assert isinstance(block, BlockToken)
    assert (block.expected_version, block.account_uid) == (3, None)
    assert isinstance(erase, EraseToken)
    problem(await api.client.post("/api/v1/tokens/nothing/erase"), 404, "unknown-token")


async def test_accounts_are_listed_without_who_they_are(api: Api) -> None:
    listed = (await api.get("/api/v1/accounts"))["items"]
    states = {row["account_uid"]: (row["state"], row["tokens"]) for row in listed}

    assert states == {UID: ("registered", 2), OTHER: ("not_registered", 0)}
    assert "Quist" not in str(listed)
    assert [row["account_uid"] for row in (await api.get("/api/v1/accounts", state="closed"))["items"]] == []
    details = await api.client.get(f"/api/v1/accounts/{UID}/details")
    assert (details.json()["name"], details.json()["contracts"]) == ("Zoë Quist", ["DE8AA1"])
    assert details.headers["cache-control"] == "no-store"
    problem(await api.client.get(f"/api/v1/accounts/{OTHER}/details"), 404, "no-clear-value")


async def test_a_person_is_erased_by_one_command(api: Api) -> None:
    answer = await api.client.post(f"/api/v1/accounts/{UID}/erase", headers={"Idempotency-Key": "once"})
    again = await api.client.post(f"/api/v1/accounts/{UID}/erase", headers={"Idempotency-Key": "once"})

    assert answer.json()["outcome"] == "accepted"
    assert answer.json() == again.json()
    assert {(key, type(command)) for key, command, _ in api.stage.people.asked} == {(f"demo/{UID}", EraseAccount)}
    problem(await api.client.post("/api/v1/accounts/nothing/erase"), 404, "unknown-account")


async def test_an_account_is_made_known_with_its_references(api: Api) -> None:
    who = {"name": "Zoë Quist", "contracts": ["DE8AA1"], "external_id": "CRM-7", "country": "DE"}
    answer = await api.client.post("/api/v1/accounts", json=who)

    key, command, _ = api.stage.people.asked[0]
    assert key == f"demo/{answer.json()['account_uid']}"
    assert isinstance(command, RegisterAccount)
    assert command.contracts[0].contract_ref == ref("DE8AA1")
    assert (command.external_ref, command.expected_version) == (ref("CRM-7"), 0)
    wrong = await api.client.post("/api/v1/accounts", json={"name": "Zoë Quist", "country": "Germany"})
    problem(wrong, 422, "invalid-request")
    assert "Quist" not in wrong.text


async def test_pages_find_correct_and_erase_also_without_a_script(api: Api) -> None:
    pages = {"Accept": "text/html"}
    found = await api.client.post("/tokens/find", data={"value": "tag 0001"}, headers=pages)
    assert (found.status_code, found.headers["location"]) == (303, f"/tokens/{TAG}")
    fleet = await api.client.post("/tokens/find", data={"value": "fleet7"}, headers=pages)
    assert fleet.headers["location"] == f"/tokens?search={ref('FLEET7')}"
    typed = await api.client.post("/tokens/find", data={"value": TAG}, headers=pages)
    assert typed.headers["location"] == f"/tokens/{TAG}"
    nobody = await api.client.post("/tokens/find", data={"value": "TAG-9999"}, headers=pages)
    assert nobody.headers["location"] == f"/tokens?search={ref('TAG-9999')}"

    page = (await api.client.get(f"/tokens/{TAG}", headers=pages)).text
    assert "TAG0001" not in page
    assert "status blocked → accepted" in page
    assert "TAG0001" in (await api.client.get(f"/tokens/{TAG}/value", headers=pages)).text
    form = {"expected_version": "3", "status": "lost", "valid_until": "2040-01-01", "account_uid": UID}
    answered = await api.client.post(f"/tokens/{TAG}/correct", data=form, headers=pages)
    assert "Correct: accepted" in answered.text
    command = api.stage.cards.asked[0][1]
    assert isinstance(command, RegisterToken)
    assert (command.status, command.valid_until, command.account_uid, command.group) == ("lost", FUTURE, UID, "FLEET7")
    unsure = await api.client.post(f"/tokens/{TAG}/erase", headers=pages)
    assert (unsure.status_code, "cannot be undone" in unsure.text) == (422, True)
    assert (
        "Erase: accepted" in (await api.client.post(f"/accounts/{UID}/erase", data={"sure": "1"}, headers=pages)).text
    )
    assert "Quist" in (await api.client.get(f"/accounts/{UID}/details", headers=pages)).text
    assert "Quist" not in (await api.client.get(f"/accounts/{UID}", headers=pages)).text


async def test_a_form_takes_away_what_was_emptied(api: Api) -> None:
    form = {"expected_version": "3", "status": "accepted", "no_group": "1", "valid_until": "", "account_uid": ""}
    await api.client.post(f"/tokens/{TAG}/correct", data=form)

    command = api.stage.cards.asked[0][1]
    assert isinstance(command, RegisterToken)
    assert (command.group, command.group_ref, command.valid_until, command.account_uid) == (None, None, None, None)


async def test_a_visit_leads_to_its_token(api: Api) -> None:
    listed = (await api.client.get("/sessions")).text
    assert f'href="/tokens/{TAG}"' in listed
    assert (await api.client.get("/tokens")).status_code == 200
