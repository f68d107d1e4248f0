"""The deciders of the network, one for each kind of thing that it consists of."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import msgspec

from volt_contracts.ids import split_key
from volt_contracts.message import Command
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
from volt_eventlog.answering import Inbox, answering
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


def _decider(
    name: str,
    module: ModuleType,
    inbox: Inbox,
    topics: tuple[Topic, Topic, Topic, Topic],
    state_types: tuple[type[msgspec.Struct], ...],
    public: Callable[[str, Any], Rows],
    *,
    later: frozenset[type[Command]] = frozenset(),
    tables: tuple[Topic, ...] = (),
    writes: tuple[Topic, ...] = (),
) -> Decider:
    """The owner of one kind of thing, folded by `module`. `topics`: its commands, events, state and public rows."""
    commands, events, state, rows = topics
    return Decider(
        owner="network",
        name=name,
        inputs=(commands,),
        commands=commands,
        events=events,
        state=state,
        dead=NETWORK_DEAD,
        state_types=state_types,
        state_version=1,
        decide=answering(inbox, NetworkCommandFinished, later),
        evolve=module.evolve,
        fold_modules=(module, answers, memory),
        public=public,
        tables=tables,
        writes=(rows, *writes),
    )


TENANT = _decider(
    "tenant",
    tenant,
    TENANT_INBOX,
    (NETWORK_TENANT_COMMANDS, NETWORK_TENANT_EVENTS, NETWORK_TENANT_STATE, NETWORK_TENANTS),
    (tenant.Configured,),
    tenant_row,
)
ORGANISATION = _decider(
    "organisation",
    organisation,
    ORGANISATION_INBOX,
    (NETWORK_ORGANISATION_COMMANDS, NETWORK_ORGANISATION_EVENTS, NETWORK_ORGANISATION_STATE, NETWORK_ORGANISATIONS),
    (organisation.Known,),
    organisation_row,
)
LOCATION = _decider(
    "location",
    location,
    LOCATION_INBOX,
    (NETWORK_LOCATION_COMMANDS, NETWORK_LOCATION_EVENTS, NETWORK_LOCATION_STATE, NETWORK_LOCATIONS),
    (location.Known,),
    location_row,
)
STATION = _decider(
    "station",
    station,
    STATION_INBOX,
    (NETWORK_STATION_COMMANDS, NETWORK_STATION_EVENTS, NETWORK_STATION_STATE, NETWORK_STATIONS),
    (station.Adopted, station.Registered, station.Gone),
    station_row,
    later=ANSWERED_LATER,
    tables=(NETWORK_TENANTS, NETWORK_LOCATIONS),
    writes=(NETWORK_STATION_COMMANDS,),
)
IDENTITY = _decider(
    "identity",
    identity,
    IDENTITY_INBOX,
    (NETWORK_IDENTITY_COMMANDS, NETWORK_IDENTITY_EVENTS, NETWORK_IDENTITY_STATE, NETWORK_IDENTITIES),
    (identity.Identity,),
    identity_row,
    tables=(NETWORK_STATIONS,),
)
ROUTE = _decider(
    "route",
    route,
    ROUTE_INBOX,
    (NETWORK_ROUTE_COMMANDS, NETWORK_ROUTE_EVENTS, NETWORK_ROUTE_STATE, NETWORK_ROUTES),
    (route.Route,),
    route_row,
    tables=(NETWORK_TENANTS,),
)
IMPORT = _decider(
    "import",
    imported,
    IMPORT_INBOX,
    (NETWORK_IMPORT_COMMANDS, NETWORK_IMPORT_EVENTS, NETWORK_IMPORT_STATE, NETWORK_IMPORTS),
    (imported.Imported,),
    import_row,
)
API_KEY = _decider(
    "api_key",
    api_key,
    API_KEY_INBOX,
    (NETWORK_API_KEY_COMMANDS, NETWORK_API_KEY_EVENTS, NETWORK_API_KEY_STATE, NETWORK_API_KEYS),
    (api_key.Good, api_key.Revoked),
    api_key_row,
)

DECIDERS = (TENANT, ORGANISATION, LOCATION, STATION, IDENTITY, ROUTE, IMPORT, API_KEY)
