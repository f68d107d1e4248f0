"""`voltlog drivers …`: tokens in from a file, what is known of one, and forgetting it; `account …`: people."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from volt_contracts.drivers import EraseToken, TokenRegistered
from volt_contracts.ids import entity_key
from volt_contracts.refs import NoSecret, normalise_token, token_ref
from volt_drivers import cli_accounts
from volt_drivers.asking import asking_tokens
from volt_drivers.checking import Checked, check, counted
from volt_drivers.importing import Owner, Tally, send
from volt_drivers.lookup import Known, look_up
from volt_drivers.settings import DriversSettings
from volt_drivers.terminal import ACTOR, Tenant, Yes, carried_out, done, err, fail, kafka_of, out, table
from volt_drivers.tokens_csv import NoTokens, TokensCsv

app = typer.Typer(help="Drivers' accounts and tokens.", no_args_is_help=True)
app.add_typer(cli_accounts.app, name="account")

CHECK_FAILED = 2

CsvFile = Annotated[Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, readable=True)]


@app.command("import")
def import_tokens(
    file: CsvFile,
    tenant: Tenant,
    issuer: Annotated[str | None, typer.Option(help="Who issued them; the tenant itself unless said.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file.")] = False,
) -> None:
    """Register the tokens of a CSV file: columns uid, type, status, expiry, group; only uid must be there.

    The whole file is checked first; while one row is wrong, nothing is sent. Importing a file again changes nothing.
    """
    checked = _check(file)
    if dry_run:
        out.print("Nothing was sent (--dry-run).")
        return
    settings = DriversSettings()
    secret = settings.token_secret.get_secret_value()
    owner = Owner(tenant=tenant, issuer=issuer or tenant, secret=secret, actor=ACTOR)
    tally = done(settings, _send(settings, owner, file, checked.tokens))
    _report(tally, checked.tokens)


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


def _check(file: Path) -> Checked:
    """Look through the file; ends the command with every fault's line when there is one."""
    try:
        with file.open("rb") as lines, _bar() as progress:
            bar = progress.add_task("checking", total=file.stat().st_size)
            checked = check(counted(lines, lambda size: progress.advance(bar, size)), datetime.now(UTC))
    except (NoTokens, OSError) as why:
        fail(f"{file}: {why}", CHECK_FAILED)
    if checked.ignored:
        out.print(f"Ignored columns: {', '.join(checked.ignored)}", markup=False)
    for fault in checked.faults:
        err.print(f"{file}:{fault.line}: {fault.sentence}", markup=False)
    if checked.fault_count:
        more = checked.fault_count - len(checked.faults)
        rest = f" ({more} more are not shown)" if more else ""
        fail(f"{checked.fault_count} rows are wrong{rest}; nothing was sent", CHECK_FAILED)
    if not checked.tokens:
        fail(f"{file} holds no tokens", CHECK_FAILED)
    words = ", ".join(f"{count} {word}" for word, count in checked.statuses.most_common())
    out.print(f"{checked.tokens} tokens: {words}; {checked.expired} of them expired", markup=False)
    return checked


async def _send(settings: DriversSettings, owner: Owner, file: Path, total: int) -> Tally:
    owner.key("")  # a missing secret shows before anything is sent
    with file.open("rb") as lines, _bar() as progress:
        bar = progress.add_task("registering", total=total)
        async with asking_tokens(kafka_of(settings), "cli") as ask:
            return await send(ask, owner, TokensCsv(lines), lambda count: progress.advance(bar, count))


def _report(tally: Tally, total: int) -> None:
    """Say what became of the tokens; exit 1 unless every one was accepted."""
    for refusal in tally.refusals:
        err.print(f"line {refusal.line}: {refusal.sentence}", markup=False)
    words = ", ".join(f"{count} {word}" for word, count in tally.outcomes.most_common()) or "none"
    out.print(f"{sum(tally.outcomes.values())} of {total} tokens answered: {words}", markup=False)
    if tally.stopped is not None:
        fail(f"stopped: {tally.stopped}. Import the file again when that is mended; nothing is done twice")
    if not tally.complete:
        raise typer.Exit(1)


def _show(ref: str, known: Known) -> None:
    rows: dict[str, Any] = {"token_ref": ref}
    if known.profile is not None:
        rows |= {"uid": known.profile.value, "group": known.profile.group}
    rows |= {"state": "registered" if isinstance(known.latest, TokenRegistered) else "erased"}
    names = ("token_type", "status", "valid_until", "issuer", "contract_ref", "concurrent", "account_uid")
    rows |= {name: getattr(known.latest, name, None) for name in (*names, "version", "at", "actor")}
    table(rows)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True)
