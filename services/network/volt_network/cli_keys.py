"""`voltlog network key …`: keys by which programs come in at the API."""

import re
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import Annotated

import typer

from volt_contracts.access import ApiKeyRow, CreateApiKey, RevokeApiKey
from volt_contracts.api_keys import RANDOM_BYTES, made
from volt_contracts.ids import entity_key, split_key
from volt_contracts.refs import NoSecret, api_key_hash
from volt_contracts.topics import NETWORK_API_KEYS
from volt_network.asking import API_KEYS, looking_at
from volt_network.settings import NetworkSettings
from volt_network.telling import ACTOR, BAD_INPUT, asked, done, err, fail, kafka_of, out, say

keys = typer.Typer(help="API keys: create, revoke, list.", no_args_is_help=True)

Tenant = Annotated[str, typer.Option(envvar="VOLT_TENANT", help="Whose key it is.")]
_LASTS = re.compile(r"([1-9][0-9]{0,4})d")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(keys, name="key")


@keys.command()
def create(
    name: str,
    tenant: Tenant,
    scope: Annotated[list[str], typer.Option(help="A right that the key gives, such as see or command; repeat it.")],
    lasts: Annotated[str | None, typer.Option(help="How long it is good, such as 90d; without: until revoked.")] = None,
) -> None:
    """Make a key and show it, once. What a right allows stands in the README of the console."""
    until = None if lasts is None else datetime.now(UTC) + _days(lasts)
    settings = NetworkSettings()
    key = made(tenant, token_bytes(RANDOM_BYTES))
    try:
        hashed = api_key_hash(settings.token_secret.get_secret_value(), tenant, key.text)
    except NoSecret as why:
        fail(str(why))
    command = CreateApiKey(name=name, hash=hashed, scopes=tuple(scope), expires_at=until, actor=ACTOR)
    where = entity_key(tenant, key.key_id)
    say(done(settings, asked(settings, API_KEYS, where, command), f"; the key then is {key.text}"))
    out.print(f"key: {key.text}", markup=False)
    err.print("The key is shown this once; only a hash of it is kept.")


@keys.command()
def revoke(key_id: str, tenant: Tenant) -> None:
    """Let a key in no longer, ever."""
    settings = NetworkSettings()
    command = RevokeApiKey(actor=ACTOR)
    say(done(settings, asked(settings, API_KEYS, entity_key(tenant, key_id), command)))


@keys.command("list")
def list_keys(tenant: Tenant) -> None:
    """Every key of a tenant, the latest made last."""
    settings = NetworkSettings()
    for key_id, row in done(settings, _rows(settings, tenant)):
        end = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else _end(row)
        out.print(f"{key_id}  {row.name:24}  {end:19}  {' '.join(row.scopes)}", markup=False)


async def _rows(settings: NetworkSettings, tenant: str) -> list[tuple[str, ApiKeyRow]]:
    async with looking_at(kafka_of(settings), NETWORK_API_KEYS) as table:
        found = [(split_key(key)[1], table.get(key)) for key in tuple(table.keys()) if split_key(key)[0] == tenant]
    return sorted(((key_id, row) for key_id, row in found if row is not None), key=lambda each: each[1].created_at)


def _end(row: ApiKeyRow) -> str:
    return "until it is revoked" if row.expires_at is None else f"until {row.expires_at:%Y-%m-%d}"


def _days(lasts: str) -> timedelta:
    found = _LASTS.fullmatch(lasts)
    if found is None:
        fail(f"{lasts!r} is no time: a number of days, such as 90d", BAD_INPUT)
    return timedelta(days=int(found[1]))
