"""A key from the command line opens the console's API, is revoked there, and all of it stands in the audit trail."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from integration.whole_pipe import SECRET, Pipe
from typer.testing import CliRunner

from volt_eventlog.kafka import Kafka
from volt_network.cli import app
from volt_testkit.polling import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


async def _told(*words: str) -> str:
    """What `voltlog network key …` prints, when it succeeds."""
    result = await asyncio.to_thread(CliRunner().invoke, app, ["key", *words, "--tenant", "demo"])
    assert result.exit_code == 0, result.output
    return result.stdout


async def test_a_key_lets_a_program_in_until_it_is_revoked(
    kafka: Kafka, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "VOLT_PREFIX": kafka.prefix, "VOLT_TOKEN_SECRET": SECRET,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    pipe = Pipe(kafka, database, tmp_path)
    await pipe.seed()
    async with (
        pipe.deciders(),
        pipe.console() as address,
        httpx.AsyncClient(base_url=f"{address}/api/v1", trust_env=False, timeout=20) as client,
    ):
        scopes = [word for scope in ("see", "keys", "audit") for word in ("--scope", scope)]
        said = await _told("create", "export", "--lasts", "30d", *scopes)
        first = said.rsplit("key: ", 1)[1].strip()
        client.headers["Authorization"] = f"Bearer {first}"

        async def listed() -> Any:
            answer = await client.get("/keys")
            return answer.json().get("items", []) if answer.status_code == 200 else []

        (known,) = await eventually(listed, bool, 60)
        assert (known["name"], known["state"], known["created_by"]) == ("export", "good", "operator:cli")
        made = await client.post("/keys", json={"name": "second", "scopes": ["see"]}, headers={"Idempotency-Key": "x"})
        assert (made.status_code, made.json()["outcome"]) == (200, "accepted"), made.text
        second = {"Authorization": f"Bearer {made.json()['key']}"}
        assert (await client.get("/keys", headers=second)).status_code == 403
        revoked = await client.post(f"/keys/{made.json()['key_id']}/revoke")
        assert revoked.json()["outcome"] == "accepted"
        assert (await client.get("/keys", headers=second)).status_code == 401

        trail = await client.get(f"/audit?min_position={revoked.json()['position']}")
        assert trail.status_code == 200, trail.text
        lines = [(line["command"], line["actor"]) for line in trail.json()["items"] if line["entity_kind"] == "key"]
        me = f"api_key:{known['key_id']}"
        assert lines == [
            ("network.revoke_api_key.v1", me),
            ("network.create_api_key.v1", me),
            ("network.create_api_key.v1", "operator:cli"),
        ]
        assert "second" in await _told("list")
        await _told("revoke", known["key_id"])

        async def status() -> int:
            return (await client.get("/keys")).status_code

        await eventually(status, lambda code: code == 401, 30)
