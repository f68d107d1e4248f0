"""A station that nobody knows, on its way in: refused, explained, adopted by the console, and let in by the gateway."""

from base64 import b64encode
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from integration.whole_pipe import Pipe
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from volt_eventlog.kafka import Kafka
from volt_testkit.polling import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

PASSWORD = "chosen by a person"


async def _knock(pipe: Pipe, password: str | None = None) -> int:
    """The status that the gateway answers an upgrade with."""
    headers = (
        {} if password is None else {"Authorization": f"Basic {b64encode(f'CP-NEW:{password}'.encode()).decode()}"}
    )
    address = f"ws://127.0.0.1:{pipe.port}/ocpp/demo/CP-NEW"
    try:
        async with connect(address, subprotocols=["ocpp1.6"], additional_headers=headers, proxy=None):  # type: ignore[list-item]
            return HTTPStatus.SWITCHING_PROTOCOLS
    except InvalidStatus as refused:
        return refused.response.status_code


def _is_a_verdict(status: int) -> bool:
    return status != HTTPStatus.SERVICE_UNAVAILABLE


async def _listed(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """The entries of the station, by their reasons."""
    answer = await client.get("/api/v1/onboarding")
    return {found["reason"]: found for found in answer.json()["items"]} if answer.status_code == 200 else {}


async def _posted(client: httpx.AsyncClient, path: str, body: dict[str, str]) -> httpx.Response:
    return await client.post(f"/api/v1/onboarding/{path}", json=body)


async def test_a_stranger_is_explained_adopted_and_let_in(kafka: Kafka, database: str, tmp_path: Path) -> None:
    pipe = Pipe(kafka, database, tmp_path)
    await pipe.seed()
    async with (
        pipe.deciders(),
        pipe.gateway(),
        pipe.console() as address,
        httpx.AsyncClient(base_url=address, trust_env=False, timeout=20) as client,
    ):
        refuse = {"unknown_stations": "refuse"}
        await eventually(lambda: _posted(client, "policy", refuse), lambda said: said.status_code == 200, 60)
        await eventually(lambda: _knock(pipe), lambda status: status == HTTPStatus.NOT_FOUND, 30)
        listed = await eventually(lambda: _listed(client), lambda found: "unknown_station" in found, 60)
        assert listed["unknown_station"]["next_step"] == "adopt"
        adopted = await _posted(client, "CP-NEW/adopt", {"password": PASSWORD})
        assert (adopted.status_code, adopted.json()["outcome"]) == (200, "accepted"), adopted.text
        await eventually(lambda: _knock(pipe), lambda status: status == HTTPStatus.UNAUTHORIZED, 30)
        # A chosen password is checked slowly, beside the gateway's work: whoever comes again finds the verdict.
        wrong = await eventually(lambda: _knock(pipe, "not this one, surely"), _is_a_verdict, 30)
        assert wrong == HTTPStatus.UNAUTHORIZED
        listed = await eventually(lambda: _listed(client), lambda found: "wrong_password" in found, 30)
        assert {found["next_step"] for found in listed.values()} == {None, "password"}
        assert await eventually(lambda: _knock(pipe, PASSWORD), _is_a_verdict, 30) == HTTPStatus.SWITCHING_PROTOCOLS
        listed = await eventually(
            lambda: _listed(client), lambda found: all(entry["got_in_at"] for entry in found.values()), 30
        )
        assert set(listed) == {"unknown_station", "no_password", "wrong_password", "password_unchecked"}
        assert PASSWORD not in (await client.get("/onboarding")).text
        made = await _posted(client, "CP-NEW/password", {})
        assert made.status_code == 409, "nothing is wrong with its password now"
