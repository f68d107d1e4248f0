"""What the deciders of the network answer: message type → function."""

from collections.abc import Sequence

from volt_contracts.access import CreateApiKey, RevokeApiKey
from volt_contracts.addresses import ClaimIdentity, ConfigureRoute, ReleaseIdentity, RemoveRoute
from volt_contracts.ids import entity_key, location_uid, station_uid
from volt_contracts.imports import RecordImport
from volt_contracts.message import Command
from volt_contracts.network import (
    AdoptStation,
    ConfigureLocation,
    ConfigureOrganisation,
    ConfigureTenant,
    EndTransfer,
    LocationRow,
    ReceiveStation,
    RegisterStation,
    StationRow,
    TenantRow,
    TenantSettings,
    TransferStation,
)
from volt_contracts.topics import NETWORK_LOCATIONS, NETWORK_STATIONS, NETWORK_TENANTS
from volt_eventlog.answering import Inbox
from volt_eventlog.answers import Refused
from volt_eventlog.decider import Output, Tables
from volt_eventlog.message import Message
from volt_network.domain import api_key, identity, imported, location, organisation, route, station, tenant, transfer


def configure(state: tenant.Tenant | None, message: Message, _tables: Tables) -> Sequence[Output] | Refused:
    """ConfigureTenant → TenantConfigured."""
    return tenant.configure(state, message.body, _key(message), message.at)


def configure_location(state: location.Known | None, message: Message, _tables: Tables) -> Sequence[Output] | Refused:
    """ConfigureLocation → LocationConfigured."""
    return location.configure(state, message.body, _key(message), message.at)


def configure_organisation(
    state: organisation.Known | None, message: Message, _tables: Tables
) -> Sequence[Output] | Refused:
    """ConfigureOrganisation → OrganisationConfigured."""
    return organisation.configure(state, message.body, _key(message), message.at)


def adopt(state: station.Station | None, message: Message, tables: Tables) -> Sequence[Output] | Refused:
    """AdoptStation → StationAdopted, by the tenant's policy."""
    return station.adopt(state, message.body, _settings(message.tenant, tables), message.at)


def register(state: station.Station | None, message: Message, tables: Tables) -> Sequence[Output] | Refused:
    """RegisterStation → StationRegistered."""
    tenant_settings = _settings(message.tenant, tables)
    location_row = _location(message.tenant, message.body.location_id, tables)
    return station.register(state, message.body, message.entity, tenant_settings, location_row, message.at)


def offer(state: station.Station | None, message: Message, tables: Tables) -> Sequence[Output] | Refused:
    """TransferStation → TransferBegan, and ReceiveStation to the other tenant's key."""
    other = _settings(message.body.to_tenant, tables)
    return transfer.offer(state, message.body, message.id, _key(message), other, message.at)


def receive(state: station.Station | None, message: Message, tables: Tables) -> Sequence[Output] | Refused:
    """ReceiveStation → StationRegistered, and EndTransfer to the former tenant's key."""
    return transfer.receive(state, message.body, message.entity, _settings(message.tenant, tables), message.at)


def end_transfer(state: station.Station | None, message: Message, _tables: Tables) -> Sequence[Output] | Refused:
    """EndTransfer → StationMoved or TransferRefused, and the outcome of the TransferStation."""
    return transfer.end(state, message.body, message.at)


def claim(state: identity.Identity | None, message: Message, tables: Tables) -> Sequence[Output] | Refused:
    """ClaimIdentity → IdentityClaimed."""
    uids = (message.body.station_uid, station_uid(message.tenant, message.body.identity))
    meant, namesake = (_station(message.tenant, uid, tables) for uid in uids)
    return identity.claim(state, message.body, _key(message), (meant, namesake), message.at)


def release(state: identity.Identity | None, message: Message, _tables: Tables) -> Sequence[Output] | Refused:
    """ReleaseIdentity → IdentityReleased."""
    return identity.release(state, message.body, message.at)


def configure_route(state: route.Route | None, message: Message, tables: Tables) -> Sequence[Output] | Refused:
    """ConfigureRoute → RouteConfigured."""
    exists = _settings(message.body.tenant, tables) is not None
    return route.configure(state, message.body, _key(message), exists, message.at)


def remove_route(state: route.Route | None, message: Message, _tables: Tables) -> Sequence[Output] | Refused:
    """RemoveRoute → RouteRemoved."""
    return route.remove(state, message.body, message.at)


def record_import(state: imported.Imported | None, message: Message, _tables: Tables) -> Sequence[Output] | Refused:
    """RecordImport → ImportRecorded."""
    return imported.record(state, message.body, message.entity, message.at)


def create_api_key(state: api_key.ApiKey | None, message: Message, _tables: Tables) -> Sequence[Output] | Refused:
    """CreateApiKey → ApiKeyCreated."""
    return api_key.create(state, message.body, message.entity, message.at)


def revoke_api_key(state: api_key.ApiKey | None, message: Message, _tables: Tables) -> Sequence[Output] | Refused:
    """RevokeApiKey → ApiKeyRevoked."""
    return api_key.revoke(state, message.body, message.at)


TENANT_INBOX: Inbox = {ConfigureTenant: configure}
LOCATION_INBOX: Inbox = {ConfigureLocation: configure_location}
ORGANISATION_INBOX: Inbox = {ConfigureOrganisation: configure_organisation}
STATION_INBOX: Inbox = {
    AdoptStation: adopt,
    RegisterStation: register,
    TransferStation: offer,
    ReceiveStation: receive,
    EndTransfer: end_transfer,
}
IDENTITY_INBOX: Inbox = {ClaimIdentity: claim, ReleaseIdentity: release}
ROUTE_INBOX: Inbox = {ConfigureRoute: configure_route, RemoveRoute: remove_route}
IMPORT_INBOX: Inbox = {RecordImport: record_import}
API_KEY_INBOX: Inbox = {CreateApiKey: create_api_key, RevokeApiKey: revoke_api_key}

ANSWERED_LATER: frozenset[type[Command]] = frozenset({TransferStation})
"""Commands whose outcome comes with another message, unless they are refused at once."""


def _key(message: Message) -> tuple[str, str]:
    return message.tenant, message.entity


def _settings(tenant_name: str, tables: Tables) -> TenantSettings | None:
    row = tables.get(NETWORK_TENANTS, entity_key(tenant_name, tenant_name))
    return row.settings if isinstance(row, TenantRow) else None


def _station(tenant_name: str, uid: str, tables: Tables) -> StationRow | None:
    row = tables.get(NETWORK_STATIONS, entity_key(tenant_name, uid))
    return row if isinstance(row, StationRow) else None


def _location(tenant_name: str, location_id: str | None, tables: Tables) -> LocationRow | None:
    if location_id is None:
        return None
    row = tables.get(NETWORK_LOCATIONS, entity_key(tenant_name, location_uid(tenant_name, location_id)))
    return row if isinstance(row, LocationRow) else None
