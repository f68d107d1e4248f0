"""`voltlog network …`: tenants and their policies, stations and their keys."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

import msgspec
import typer

from volt_contracts.credentials import of_key, of_password
from volt_contracts.gateway import Registration, Verdict
from volt_contracts.ids import entity_key, station_uid
from volt_contracts.network import ConfigureTenant, Credential, RegisterStation, TenantRow, TenantSettings
from volt_contracts.refs import NoSecret
from volt_contracts.topics import NETWORK_STATIONS, NETWORK_TENANTS
from volt_network import cli_import, cli_keys, cli_places
from volt_network.asking import STATIONS, TENANTS, looking_at
from volt_network.credential import BadPassword, checked, generate
from volt_network.settings import NetworkSettings
from volt_network.telling import ACTOR, BAD_INPUT, asked, done, err, fail, kafka_of, out, say

app = typer.Typer(help="Tenants, organisations, locations, stations and their addresses.", no_args_is_help=True)
cli_places.add_to(app)
cli_keys.add_to(app)
app.command("import")(cli_import.import_network)

WITH_PASSWORD = (1, 2)
"""Security profiles under which a station logs in with basic auth."""

Policy = Literal["adopt", "pending", "refuse"]
Protocol = Literal["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
Profile = Annotated[
    int, typer.Option("--profile", min=0, max=3, help="0 none, 1 basic auth, 2 with TLS, 3 certificate.")
]
PasswordFile = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, readable=True, help="Holds its password.")
]


@app.command()
def register(
    identity: str,
    tenant: Annotated[str, typer.Option(envvar="VOLT_TENANT", help="Whose station it is.")],
    password_file: PasswordFile = None,
    generate_key: Annotated[bool, typer.Option("--generate", help="Give it a new key, shown once.")] = False,
    profile: Profile = 1,
    protocol: Annotated[Protocol | None, typer.Option(help="For a station that offers no subprotocol.")] = None,
    registration: Annotated[Registration, typer.Option(help="What its BootNotification is answered.")] = "accepted",
) -> None:
    """Make a station known by its OCPP identity, or change it; what is not said stays as it is.

    A station with basic auth that has no key yet gets one, shown once.
    """
    if password_file is not None and generate_key:
        fail("either --password-file or --generate", BAD_INPUT)
    settings = NetworkSettings()
    chosen = None if password_file is None else _password(password_file)
    key = entity_key(tenant, station_uid(tenant, identity))
    needs_key = profile in WITH_PASSWORD and chosen is None and not generate_key
    if needs_key and done(settings, _has_key(settings, key)):
        needs_key = False
    made = generate() if needs_key or generate_key else None
    command = RegisterStation(
        identity=identity,
        credential=_credential(settings, tenant, made, chosen),
        security_profile=profile,
        protocol=protocol,
        registration=registration,
        actor=ACTOR,
    )
    outcome = done(
        settings, asked(settings, STATIONS, key, command), "" if made is None else f"; its key then is {made}"
    )
    say(outcome)
    if made is not None:
        out.print(f"key: {made}", markup=False)
        err.print("The key is shown this once; only a hash of it is kept.")


@app.command()
def tenant(
    name: str,
    unknown: Annotated[Policy | None, typer.Option(help="What becomes of stations nobody registered.")] = None,
    profile: Annotated[int | None, typer.Option(min=0, max=3, help="The least security profile of a station.")] = None,
    protocol: Annotated[Protocol | None, typer.Option(help="For stations that offer no subprotocol.")] = None,
    unknown_token: Annotated[Verdict | None, typer.Option(help="The answer for unknown tokens.")] = None,
    party: Annotated[str | None, typer.Option(help="OCPI party_id, such as VLT.")] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-2, such as DE.")] = None,
    legal_entity: Annotated[str | None, typer.Option(help="Who operates the stations.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="IANA name, such as Europe/Berlin.")] = None,
    settlement_delay: Annotated[int | None, typer.Option(min=0, help="Seconds until a visit is final.")] = None,
) -> None:
    """Create a tenant or change what is said of it; without options, show its settings."""
    if time_zone is not None and time_zone not in available_timezones():
        fail(f"there is no time zone {time_zone}", BAD_INPUT)
    changes = {
        "unknown_stations": unknown,
        "security_profile": profile,
        "default_protocol": protocol,
        "unknown_token": unknown_token,
        "party": party,
        "country": country,
        "legal_entity": legal_entity,
        "time_zone": time_zone,
        "settlement_delay_s": settlement_delay,
    }
    said = {field: value for field, value in changes.items() if value is not None}
    settings = NetworkSettings()
    known = done(settings, _tenant_row(settings, name))
    if said:
        before = TenantSettings(name=name) if known is None else known.settings
        wanted = msgspec.structs.replace(before, **said)
        command = ConfigureTenant(settings=wanted, actor=ACTOR)
        say(done(settings, asked(settings, TENANTS, entity_key(name, name), command)))
    elif known is None:
        fail(f"there is no tenant {name}; say what it is like to create it")
    else:
        for field, value in msgspec.structs.asdict(known.settings).items():
            out.print(f"{field:20} {'-' if value is None else value}", markup=False)


async def _has_key(settings: NetworkSettings, key: str) -> bool:
    async with looking_at(kafka_of(settings), NETWORK_STATIONS) as stations:
        row = stations.get(key)
        return row is not None and row.credential is not None


async def _tenant_row(settings: NetworkSettings, name: str) -> TenantRow | None:
    async with looking_at(kafka_of(settings), NETWORK_TENANTS) as tenants:
        row: TenantRow | None = tenants.get(entity_key(name, name))
        return row


def _password(file: Path) -> bytes:
    try:
        return checked(file.read_bytes().rstrip(b"\r\n"))
    except (BadPassword, OSError) as why:
        fail(f"{file}: {why}", BAD_INPUT)


def _credential(settings: NetworkSettings, tenant: str, made: str | None, chosen: bytes | None) -> Credential | None:
    if made is None:
        return None if chosen is None else of_password(chosen)
    try:
        return of_key(settings.token_secret.get_secret_value(), tenant, made.encode())
    except NoSecret as why:
        fail(str(why))
