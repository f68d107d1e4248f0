"""`voltlog network organisation|location|transfer|alias|route`: where stations stand, and by which names they come."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal
from zoneinfo import available_timezones

import msgspec
import typer

from volt_contracts.addresses import ClaimIdentity, ConfigureRoute, ReleaseIdentity, RemoveRoute
from volt_contracts.ids import (
    entity_key,
    identity_uid,
    location_uid,
    organisation_uid,
    route_key,
    station_uid,
)
from volt_contracts.network import (
    ConfigureLocation,
    ConfigureOrganisation,
    Location,
    LocationRow,
    Organisation,
    OrganisationRow,
    TransferStation,
)
from volt_contracts.topics import NETWORK_LOCATIONS, NETWORK_ORGANISATIONS, Topic
from volt_network.asking import IDENTITIES, LOCATIONS, ORGANISATIONS, ROUTES, STATIONS, looking_at
from volt_network.settings import NetworkSettings
from volt_network.telling import ACTOR, BAD_INPUT, asked, done, fail, kafka_of, out, say

TenantName = Annotated[str, typer.Option(envvar="VOLT_TENANT", help="Whose it is.")]
Said = Annotated[str | None, typer.Option()]
Known = LocationRow | OrganisationRow | None


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (organisation, location, transfer, alias, route):
        app.command()(command)


def organisation(
    organisation_id: str,
    tenant: TenantName,
    name: Said = None,
    kind: Annotated[Literal["legal_entity", "site_host"] | None, typer.Option()] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-2, such as DE.")] = None,
    vat_id: Said = None,
    registration_number: Said = None,
    address: Said = None,
    city: Said = None,
    postal_code: Said = None,
) -> None:
    """Make a legal entity or a site host known, or change it; without options, show it."""
    key = entity_key(tenant, organisation_uid(tenant, organisation_id))
    settings = NetworkSettings()
    row = _row(settings, NETWORK_ORGANISATIONS, key)
    known = row.organisation if isinstance(row, OrganisationRow) else None
    said = _said(
        name=name, kind=kind, country=country, vat_id=vat_id, registration_number=registration_number,
        address=address, city=city, postal_code=postal_code,
    )  # fmt: skip
    if not said:
        _show(known, f"there is no organisation {organisation_id}; say its name and kind to create it")
        return
    if known is None and not {"name", "kind"} <= said.keys():
        fail("a new organisation has a --name and a --kind", BAD_INPUT)
    wanted = msgspec.convert({**_told(known), **said}, Organisation)
    command = ConfigureOrganisation(
        organisation_id=organisation_id, organisation=wanted, expected_version=_version(row), actor=ACTOR
    )
    say(done(settings, asked(settings, ORGANISATIONS, key, command)))


def location(
    location_id: str,
    tenant: TenantName,
    name: Said = None,
    address: Said = None,
    city: Said = None,
    postal_code: Said = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-2, such as DE.")] = None,
    latitude: Annotated[str | None, typer.Option(help="WGS 84, such as 52.51.")] = None,
    longitude: Said = None,
    time_zone: Annotated[str | None, typer.Option(help="IANA name, such as Europe/Berlin.")] = None,
    site_host: Annotated[str | None, typer.Option(help="Id of the organisation whose ground it is.")] = None,
    legal_entity: Annotated[str | None, typer.Option(help="Id of the organisation that sells here.")] = None,
) -> None:
    """Make a location known, or change it; without options, show it."""
    if time_zone is not None and time_zone not in available_timezones():
        fail(f"there is no time zone {time_zone}", BAD_INPUT)
    key = entity_key(tenant, location_uid(tenant, location_id))
    settings = NetworkSettings()
    row = _row(settings, NETWORK_LOCATIONS, key)
    known = row.location if isinstance(row, LocationRow) else None
    said = _said(
        name=name, address=address, city=city, postal_code=postal_code, country=country, time_zone=time_zone,
        latitude=_degrees(latitude), longitude=_degrees(longitude), site_host=site_host, legal_entity=legal_entity,
    )  # fmt: skip
    if not said:
        _show(known, f"there is no location {location_id}; say its name to create it")
        return
    if known is None and "name" not in said:
        fail("a new location has a --name", BAD_INPUT)
    wanted = msgspec.convert({**_told(known), **said}, Location)
    command = ConfigureLocation(location_id=location_id, location=wanted, expected_version=_version(row), actor=ACTOR)
    say(done(settings, asked(settings, LOCATIONS, key, command)))


def transfer(
    identity: str,
    tenant: TenantName,
    to: Annotated[str, typer.Option(help="The tenant that gets it.")],
    location: Annotated[str | None, typer.Option(help="Id of a location of that tenant.")] = None,
) -> None:
    """Give a station to another tenant. Its history stays; its address and its password go on to lead to it."""
    command = TransferStation(to_tenant=to, location_id=location, actor=ACTOR)
    settings = NetworkSettings()
    say(done(settings, asked(settings, STATIONS, entity_key(tenant, station_uid(tenant, identity)), command)))


def alias(
    identity: Annotated[str, typer.Argument(help="The further OCPP identity.")],
    tenant: TenantName,
    station: Annotated[str | None, typer.Option(help="The station's own identity, to which it shall lead.")] = None,
    release: Annotated[bool, typer.Option("--release", help="It shall lead nowhere any more.")] = False,
) -> None:
    """Let a further OCPP identity lead to a station: one that it had in a former system."""
    if (station is None) is not release:
        fail("either --station or --release", BAD_INPUT)
    key, settings = entity_key(tenant, identity_uid(tenant, identity)), NetworkSettings()
    command: ClaimIdentity | ReleaseIdentity = ReleaseIdentity(identity=identity, actor=ACTOR)
    if station is not None:
        command = ClaimIdentity(identity=identity, station_uid=station_uid(tenant, station), actor=ACTOR)
    say(done(settings, asked(settings, IDENTITIES, key, command)))


def route(
    path: Annotated[
        str, typer.Argument(help="What stands before the identity: /steve/websocket/CentralSystemService/")
    ],
    tenant: TenantName,
    host: Annotated[str | None, typer.Option(help="Only for stations that call this host.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="The address shall lead nowhere any more.")] = False,
) -> None:
    """Let an address of a former system lead to a tenant."""
    key, settings = route_key(host, path), NetworkSettings()
    command: ConfigureRoute | RemoveRoute = RemoveRoute(tenant=tenant, actor=ACTOR)
    if not remove:
        command = ConfigureRoute(host=host, path=path, tenant=tenant, actor=ACTOR)
    say(done(settings, asked(settings, ROUTES, key, command)))


def _row(settings: NetworkSettings, topic: Topic, key: str) -> Known:
    async def looked_up() -> Known:
        async with looking_at(kafka_of(settings), topic) as table:
            row: Known = table.get(key)
            return row

    return done(settings, looked_up())


def _version(row: Known) -> int:
    return 0 if row is None else row.version


def _told(known: Location | Organisation | None) -> dict[str, object]:
    return {} if known is None else msgspec.structs.asdict(known)


def _said(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _show(known: Location | Organisation | None, nothing: str) -> None:
    if known is None:
        fail(nothing)
    for field, value in _told(known).items():
        out.print(f"{field:20} {'-' if value is None else value}", markup=False)


def _degrees(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        fail(f"{text} is no number of degrees", BAD_INPUT)
    return value if value.is_finite() else fail(f"{text} is no number of degrees", BAD_INPUT)
