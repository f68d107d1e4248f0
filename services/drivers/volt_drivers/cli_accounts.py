"""`voltlog drivers account …`: an account made known, looked at, and a person erased by one command."""

import re
from typing import Annotated, Any
from uuid import uuid4

import typer

from volt_contracts.accounts import AccountDetails, Contract, EraseAccount, RegisterAccount, details_ref
from volt_contracts.ids import entity_key
from volt_contracts.refs import NoSecret, token_ref
from volt_drivers.asking import asking_accounts
from volt_drivers.domain.account import UID
from volt_drivers.lookup import KnownAccount, look_up_account
from volt_drivers.settings import DriversSettings
from volt_drivers.terminal import ACTOR, Tenant, Yes, carried_out, done, fail, kafka_of, out, table

app = typer.Typer(help="Drivers' accounts.", no_args_is_help=True)

Uid = Annotated[str, typer.Argument(metavar="UID", help="The account's uid.")]
Text = Annotated[str | None, typer.Option()]


@app.command()
def register(
    tenant: Tenant,
    uid: Annotated[str | None, typer.Option(help="Of an account to be changed; a new one gets its own.")] = None,
    name: Text = None,
    email: Text = None,
    phone: Text = None,
    address: Text = None,
    external_id: Annotated[str | None, typer.Option(help="What another system calls the person.")] = None,
    contract: Annotated[list[str] | None, typer.Option(help="A contract id (EMAID); may be repeated.")] = None,
    country: Annotated[str | None, typer.Option(help="Such as DE.")] = None,
    language: Annotated[str | None, typer.Option(help="Such as de or en-GB.")] = None,
    currency: Annotated[str | None, typer.Option(help="Such as EUR.")] = None,
) -> None:
    """Make an account known, or replace what is known of it. Prints its uid."""
    settings = DriversSettings()
    secret = settings.token_secret.get_secret_value()
    account_uid = _uid(uid) if uid else str(uuid4())
    details = AccountDetails(name=name, email=email, phone=phone, address=address, external_id=external_id)
    try:
        contracts = tuple(
            Contract(contract_id=known, contract_ref=token_ref(secret, tenant, known)) for known in contract or ()
        )
        command = RegisterAccount(
            actor=ACTOR,
            details=details,
            details_ref=details_ref(secret, tenant, details, contracts),
            external_ref=token_ref(secret, tenant, external_id) if external_id else None,
            contracts=contracts,
            country=country,
            language=language,
            currency=currency,
        )
    except NoSecret as why:
        fail(str(why))
    done(settings, _ask(settings, entity_key(tenant, account_uid), command))
    out.print(account_uid, markup=False)


@app.command()
def show(uid: Uid, tenant: Tenant) -> None:
    """Show what is known of an account, with its clear values."""
    settings = DriversSettings()
    known = done(settings, look_up_account(kafka_of(settings), entity_key(tenant, _uid(uid))))
    if known.state is None:
        fail(f"{tenant} knows no account {uid}")
    _show(uid, known)


@app.command()
def erase(uid: Uid, tenant: Tenant, yes: Yes = False) -> None:
    """Forget a person for good: the account's clear values and those of all its tokens, which are blocked."""
    settings = DriversSettings()
    key = entity_key(tenant, _uid(uid))
    if not yes:
        typer.confirm(f"Forget the person of account {uid} for good?", abort=True)
    done(settings, _ask(settings, key, EraseAccount(actor=ACTOR)))
    out.print(f"{uid} is erased, and its tokens are told to forget", markup=False)


async def _ask(settings: DriversSettings, key: str, command: RegisterAccount | EraseAccount) -> None:
    async with asking_accounts(kafka_of(settings), "cli") as ask:
        await carried_out(ask, key, command)


def _uid(text: str) -> str:
    uid = text.strip().lower()
    if not re.fullmatch(UID, uid):
        fail(f"{text} is no account's uid: those are UUIDs", 2)
    return uid


def _show(uid: str, known: KnownAccount) -> None:
    rows: dict[str, Any] = {"account_uid": uid, "state": known.state}
    names = ("version", "country", "language", "currency")
    rows |= {name: getattr(known.registered, name, None) for name in names}
    if known.profile is not None:
        details = known.profile.details
        rows |= {name: getattr(details, name) for name in details.__struct_fields__}
        rows |= {"contracts": ", ".join(contract.contract_id for contract in known.profile.contracts) or None}
    latest = known.ended or known.registered
    rows |= {"version": getattr(latest, "version", None), "at": getattr(latest, "at", None)}
    rows |= {"actor": getattr(latest, "actor", None), "tokens": ", ".join(known.tokens) or None}
    table(rows)
