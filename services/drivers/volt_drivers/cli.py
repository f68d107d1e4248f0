"""`voltlog drivers …`: tokens in from a file, what is known of one, and forgetting it; `account …`: people."""

from pathlib import Path
from typing import Annotated, Any

import typer

from volt_contracts.drivers import EraseToken, TokenRegistered
from volt_contracts.ids import entity_key
from volt_contracts.refs import NoSecret, normalise_token, token_ref
from volt_drivers import cli_accounts
from volt_drivers.asking import asking_tokens
from volt_drivers.lookup import Known, look_up
from volt_drivers.settings import DriversSettings
from volt_drivers.terminal import ACTOR, Tenant, Yes, carried_out, done, fail, kafka_of, out, table
from volt_imports.importing import Order
from volt_imports.terminal import import_at_terminal

app = typer.Typer(help="Drivers' accounts and tokens.", no_args_is_help=True)
app.add_typer(cli_accounts.app, name="account")

TokenFile = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)]


@app.command("import")
def import_tokens(
    file: TokenFile,
    tenant: Tenant,
    issuer: Annotated[str | None, typer.Option(help="Who issued them; the tenant itself unless said.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file and say what would be sent.")] = False,
    key: Annotated[str | None, typer.Option("--id", help="Names this import: repeated, it is done once.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="For the outcome of every row.")] = True,
    report: Annotated[Path | None, typer.Option(dir_okay=False, help="Write it here, row by row, as CSV.")] = None,
) -> None:
    """Register the tokens of a file: columns uid, type, status, expiry, group; only uid must be there.

    The whole file is checked first; while one row is wrong, nothing is sent. Importing a file again changes nothing.
    """
    settings = DriversSettings()
    order = Order(
        path=file,
        name=file.name,
        tenant=tenant,
        actor=ACTOR,
        secret=settings.token_secret.get_secret_value(),
        kind="tokens",
        issuer=issuer,
        key=key,
        dry_run=dry_run,
        wait=wait,
        source="voltlog drivers import",
    )
    raise typer.Exit(import_at_terminal(kafka_of(settings), order, report))


@app.command()
def show(uid: str, tenant: Tenant) -> None:
    """Show what is known of one token, in any spelling of its uid."""
    settings = DriversSettings()
    ref = _reference(settings, tenant, uid)
    known = done(settings, look_up(kafka_of(settings), entity_key(tenant, ref)))
    if known.latest is None:
        fail(f"{tenant} knows no token {normalise_token(uid)}")
    _show(ref, known)


@app.command()
def erase(uid: str, tenant: Tenant, yes: Yes = False) -> None:
    """Forget a token's clear value, and block it for good. A person with all tokens: `account erase`."""
    settings = DriversSettings()
    ref = _reference(settings, tenant, uid)
    if not yes:
        typer.confirm(f"Forget {normalise_token(uid)} for good?", abort=True)
    done(settings, _erase(settings, entity_key(tenant, ref)))
    out.print(f"{ref} is blocked, and its clear value is forgotten", markup=False)


async def _erase(settings: DriversSettings, key: str) -> None:
    async with asking_tokens(kafka_of(settings), "cli") as ask:
        await carried_out(ask, key, EraseToken(actor=ACTOR))


def _reference(settings: DriversSettings, tenant: str, uid: str) -> str:
    try:
        return token_ref(settings.token_secret.get_secret_value(), tenant, uid)
    except NoSecret as why:
        fail(str(why))


def _show(ref: str, known: Known) -> None:
    rows: dict[str, Any] = {"token_ref": ref}
    if known.profile is not None:
        rows |= {"uid": known.profile.value, "group": known.profile.group}
    rows |= {"state": "registered" if isinstance(known.latest, TokenRegistered) else "erased"}
    names = ("token_type", "status", "valid_until", "issuer", "contract_ref", "concurrent", "account_uid")
    rows |= {name: getattr(known.latest, name, None) for name in (*names, "version", "at", "actor")}
    table(rows)
