"""The deciders of the network, one for each kind of thing that it consists of."""

from collections.abc import Mapping

import msgspec

from volt_contracts.ids import split_key
from volt_contracts.network import LocationRow, NetworkCommandFinished, OrganisationRow, TenantRow
from volt_contracts.topics import (
    NETWORK_API_KEY_COMMANDS,
    NETWORK_API_KEY_EVENTS,
    NETWORK_API_KEY_STATE,
    NETWORK_API_KEYS,
    NETWORK_DEAD,
    NETWORK_IDENTITIES,
    NETWORK_IDENTITY_COMMANDS,
    NETWORK_IDENTITY_EVENTS,
    NETWORK_IDENTITY_STATE,
    NETWORK_IMPORT_COMMANDS,
    NETWORK_IMPORT_EVENTS,
    NETWORK_IMPORT_STATE,
    NETWORK_IMPORTS,
    NETWORK_LOCATION_COMMANDS,
    NETWORK_LOCATION_EVENTS,
    NETWORK_LOCATION_STATE,
    NETWORK_LOCATIONS,
    NETWORK_ORGANISATION_COMMANDS,
    NETWORK_ORGANISATION_EVENTS,
    NETWORK_ORGANISATION_STATE,
    NETWORK_ORGANISATIONS,
    NETWORK_ROUTE_COMMANDS,
    NETWORK_ROUTE_EVENTS,
    NETWORK_ROUTE_STATE,
    NETWORK_ROUTES,
    NETWORK_STATION_COMMANDS,
    NETWORK_STATION_EVENTS,
    NETWORK_STATION_STATE,
    NETWORK_STATIONS,
    NETWORK_TENANT_COMMANDS,
    NETWORK_TENANT_EVENTS,
    NETWORK_TENANT_STATE,
    NETWORK_TENANTS,
    Topic,
)
from volt_eventlog import answers as memory
from volt_eventlog.answering import answering
from volt_eventlog.decider import Decider
from volt_network.domain import answers, api_key, identity, imported, location, organisation, route, station, tenant
from volt_network.inbox import (
    ANSWERED_LATER,
    API_KEY_INBOX,
    IDENTITY_INBOX,
    IMPORT_INBOX,
    LOCATION_INBOX,
    ORGANISATION_INBOX,
    ROUTE_INBOX,
    STATION_INBOX,
    TENANT_INBOX,
)

Rows = Mapping[Topic, msgspec.Struct | None]


def tenant_row(_key: str, state: tenant.Tenant | None) -> Rows:
    """The public row of a tenant."""
    return {NETWORK_TENANTS: None if state is None else TenantRow(version=state.version, settings=state.settings)}


def location_row(_key: str, state: location.Known | None) -> Rows:
    """The public row of a location."""
    if state is None:
        return {NETWORK_LOCATIONS: None}
    row = LocationRow(version=state.version, location_id=state.location_id, location=state.location)
    return {NETWORK_LOCATIONS: row}


def organisation_row(_key: str, state: organisation.Known | None) -> Rows:
    """The public row of an organisation."""
    if state is None:
        return {NETWORK_ORGANISATIONS: None}
    row = OrganisationRow(version=state.version, organisation_id=state.organisation_id, organisation=state.organisation)
    return {NETWORK_ORGANISATIONS: row}


def station_row(key: str, state: station.Station | None) -> Rows:
    """The public row of a station."""
    return {NETWORK_STATIONS: None if state is None else station.row(split_key(key)[1], state)}


def identity_row(_key: str, state: identity.Identity | None) -> Rows:
    """The public row of an alias."""
    return {NETWORK_IDENTITIES: identity.row(state)}


def route_row(_key: str, state: route.Route | None) -> Rows:
    """The public row of an address."""
    return {NETWORK_ROUTES: route.row(state)}


def import_row(key: str, state: imported.Imported | None) -> Rows:
    """The public row of an import."""
    return {NETWORK_IMPORTS: imported.row(split_key(key)[1], state)}


def api_key_row(_key: str, state: api_key.ApiKey | None) -> Rows:
    """The public row of an API key."""
    return {NETWORK_API_KEYS: api_key.row(state)}


TENANT = Decider(
    owner="network",
    name="tenant",
    inputs=(NETWORK_TENANT_COMMANDS,),
    commands=NETWORK_TENANT_COMMANDS,
    events=NETWORK_TENANT_EVENTS,
    state=NETWORK_TENANT_STATE,
    dead=NETWORK_DEAD,
    state_types=(tenant.Configured,),
    state_version=1,
    decide=answering(TENANT_INBOX, NetworkCommandFinished),
    evolve=tenant.evolve,
    fold_modules=(tenant, answers, memory),
    public=tenant_row,
    writes=(NETWORK_TENANTS,),
)

ORGANISATION = Decider(
    owner="network",
    name="organisation",
    inputs=(NETWORK_ORGANISATION_COMMANDS,),
    commands=NETWORK_ORGANISATION_COMMANDS,
    events=NETWORK_ORGANISATION_EVENTS,
    state=NETWORK_ORGANISATION_STATE,
    dead=NETWORK_DEAD,
    state_types=(organisation.Known,),
    state_version=1,
    decide=answering(ORGANISATION_INBOX, NetworkCommandFinished),
    evolve=organisation.evolve,
    fold_modules=(organisation, answers, memory),
    public=organisation_row,
    writes=(NETWORK_ORGANISATIONS,),
)

LOCATION = Decider(
    owner="network",
    name="location",
    inputs=(NETWORK_LOCATION_COMMANDS,),
    commands=NETWORK_LOCATION_COMMANDS,
    events=NETWORK_LOCATION_EVENTS,
    state=NETWORK_LOCATION_STATE,
    dead=NETWORK_DEAD,
    state_types=(location.Known,),
    state_version=1,
    decide=answering(LOCATION_INBOX, NetworkCommandFinished),
    evolve=location.evolve,
    fold_modules=(location, answers, memory),
    public=location_row,
    writes=(NETWORK_LOCATIONS,),
)

STATION = Decider(
    owner="network",
    name="station",
    inputs=(NETWORK_STATION_COMMANDS,),
    commands=NETWORK_STATION_COMMANDS,
    events=NETWORK_STATION_EVENTS,
    state=NETWORK_STATION_STATE,
    dead=NETWORK_DEAD,
    state_types=(station.Adopted, station.Registered, station.Gone),
    state_version=1,
    decide=answering(STATION_INBOX, NetworkCommandFinished, ANSWERED_LATER),
    evolve=station.evolve,
    fold_modules=(station, answers, memory),
    public=station_row,
    tables=(NETWORK_TENANTS, NETWORK_LOCATIONS),
    writes=(NETWORK_STATIONS, NETWORK_STATION_COMMANDS),
)

IDENTITY = Decider(
    owner="network",
    name="identity",
    inputs=(NETWORK_IDENTITY_COMMANDS,),
    commands=NETWORK_IDENTITY_COMMANDS,
    events=NETWORK_IDENTITY_EVENTS,
    state=NETWORK_IDENTITY_STATE,
    dead=NETWORK_DEAD,
    state_types=(identity.Identity,),
    state_version=1,
    decide=answering(IDENTITY_INBOX, NetworkCommandFinished),
    evolve=identity.evolve,
    fold_modules=(identity, answers, memory),
    public=identity_row,
    tables=(NETWORK_STATIONS,),
    writes=(NETWORK_IDENTITIES,),
)

ROUTE = Decider(
    owner="network",
    name="route",
    inputs=(NETWORK_ROUTE_COMMANDS,),
    commands=NETWORK_ROUTE_COMMANDS,
    events=NETWORK_ROUTE_EVENTS,
    state=NETWORK_ROUTE_STATE,
    dead=NETWORK_DEAD,
    state_types=(route.Route,),
    state_version=1,
    decide=answering(ROUTE_INBOX, NetworkCommandFinished),
    evolve=route.evolve,
    fold_modules=(route, answers, memory),
    public=route_row,
    tables=(NETWORK_TENANTS,),
    writes=(NETWORK_ROUTES,),
)

IMPORT = Decider(
    owner="network",
    name="import",
    inputs=(NETWORK_IMPORT_COMMANDS,),
    commands=NETWORK_IMPORT_COMMANDS,
    events=NETWORK_IMPORT_EVENTS,
    state=NETWORK_IMPORT_STATE,
    dead=NETWORK_DEAD,
    state_types=(imported.Imported,),
    state_version=1,
    decide=answering(IMPORT_INBOX, NetworkCommandFinished),
    evolve=imported.evolve,
    fold_modules=(imported, answers, memory),
    public=import_row,
    writes=(NETWORK_IMPORTS,),
)

API_KEY = Decider(
    owner="network",
    name="api_key",
    inputs=(NETWORK_API_KEY_COMMANDS,),
    commands=NETWORK_API_KEY_COMMANDS,
    events=NETWORK_API_KEY_EVENTS,
    state=NETWORK_API_KEY_STATE,
    dead=NETWORK_DEAD,
    state_types=(api_key.Good, api_key.Revoked),
    state_version=1,
    decide=answering(API_KEY_INBOX, NetworkCommandFinished),
    evolve=api_key.evolve,
    fold_modules=(api_key, answers, memory),
    public=api_key_row,
    writes=(NETWORK_API_KEYS,),
)

DECIDERS = (TENANT, ORGANISATION, LOCATION, STATION, IDENTITY, ROUTE, IMPORT, API_KEY)
