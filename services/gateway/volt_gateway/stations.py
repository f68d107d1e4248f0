"""What is published of tenants and stations, found by tenant and OCPP identity, or by an old address."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from volt_contracts.addresses import IdentityRow, RouteRow
from volt_contracts.gateway import Registration
from volt_contracts.ids import entity_key, identity_uid, split_key, station_uid
from volt_contracts.network import StationRow, TenantSettings
from volt_contracts.station import StationProfile


class PublicTable(Protocol):
    """A public compacted topic in memory: `volt_eventlog.table.Table`."""

    def get(self, key: str) -> Any | None:
        """The row of `key`."""

    def follow(self, follower: Callable[[str, Any | None], None]) -> None:
        """Be told of every row there is, and of every change from now on."""


MOST_MOVES = 8
"""A station that went from tenant to tenant is followed that far."""


class StationTables(NamedTuple):
    """The public tables that stations are looked up in."""

    tenants: PublicTable
    stations: PublicTable
    identities: PublicTable
    routes: PublicTable
    profiles: PublicTable


class Found(NamedTuple):
    """Where an identity leads: the tenant that its station belongs to now, and the station, if anybody knows it."""

    tenant: str
    row: StationRow | None

    def key(self, identity: str) -> str:
        """The record key of the station; of one that nobody knows it is derived from its identity."""
        uid = station_uid(self.tenant, identity) if self.row is None else self.row.station_uid
        return entity_key(self.tenant, uid)


Changed = Callable[[str], None]
"""Told the key of a station of which something changed."""


class Directory:
    """Looks up tenants, stations and their profiles, and says when a station's row or profile changes."""

    def __init__(self, tables: StationTables) -> None:
        self._tenants = tables.tenants
        self._stations = tables.stations
        self._aliases = tables.identities
        self._routes = tables.routes
        self._profiles = tables.profiles
        self._keys: dict[tuple[str, str], str] = {}
        self._identities: dict[str, tuple[str, str]] = {}
        self._aliased: dict[str, IdentityRow] = {}
        self._addresses: dict[tuple[str | None, str], str] = {}
        self._routed: dict[str, tuple[str | None, str]] = {}
        self._changed: Changed = _nobody

    def start(self, changed: Changed) -> None:
        """Index what is there and follow what comes."""
        self._changed = changed
        self._stations.follow(self._station)
        self._aliases.follow(self._alias)
        self._routes.follow(self._route)
        self._profiles.follow(self._profile)

    def tenant(self, tenant: str) -> TenantSettings | None:
        """The tenant's settings, None for one that does not exist."""
        row = self._tenants.get(entity_key(tenant, tenant))
        return None if row is None else row.settings

    def find(self, tenant: str, identity: str) -> Found:
        """The station that this OCPP identity of this tenant leads to: an alias goes before a name."""
        alias: IdentityRow | None = self._aliases.get(entity_key(tenant, identity_uid(tenant, identity)))
        key = self._keys.get((tenant, identity)) if alias is None else entity_key(tenant, alias.station_uid)
        row: StationRow | None = None if key is None else self._stations.get(key)
        for _ in range(MOST_MOVES):
            if row is None or row.moved is None:
                break
            tenant = row.moved.tenant
            row = self._stations.get(entity_key(tenant, row.moved.station_uid))
        return Found(tenant, row)

    def tenant_at(self, host: str | None, path: str) -> str | None:
        """The tenant whose stations connect to `path` of `host`: an address with its host goes before one without."""
        return self._addresses.get((host, path)) or self._addresses.get((None, path))

    def profile(self, key: str) -> StationProfile | None:
        """What the twin has published of the station with this record key."""
        profile: StationProfile | None = self._profiles.get(key)
        return profile

    def registration(self, key: str) -> Registration | None:
        """Whether the station is accepted: the twin's word, else the network's, None while neither knows it."""
        profile = self.profile(key)
        if profile is not None and profile.registration is not None:
            return profile.registration
        row: StationRow | None = self._stations.get(key)
        return None if row is None else row.registration

    def is_known(self, key: str) -> bool:
        """Whether the network has a row of this station."""
        return self._stations.get(key) is not None

    def _station(self, key: str, row: StationRow | None) -> None:
        self._index(key, row)
        self._changed(key)

    def _alias(self, key: str, row: IdentityRow | None) -> None:
        """Both stations are looked at again: the one that the identity led to, and the one of that very name."""
        former = self._aliased.pop(key, None)
        if row is not None:
            self._aliased[key] = row
        tenant = split_key(key)[0]
        for one in (former, row):
            if one is not None:
                self._changed(entity_key(tenant, one.station_uid))
                self._changed(entity_key(tenant, station_uid(tenant, one.identity)))

    def _route(self, key: str, row: RouteRow | None) -> None:
        former = self._routed.pop(key, None)
        if former is not None:
            del self._addresses[former]
        if row is not None:
            address = self._routed[key] = (row.host, row.path)
            self._addresses[address] = row.tenant

    def _profile(self, key: str, _row: StationProfile | None) -> None:
        self._changed(key)

    def _index(self, key: str, row: StationRow | None) -> None:
        """An identity may move to another station: only the entry that still points here is taken away."""
        before = self._identities.pop(key, None)
        if before is not None and self._keys.get(before) == key:
            del self._keys[before]
        if row is not None:
            address = (split_key(key)[0], row.identity)
            self._keys[address] = key
            self._identities[key] = address


def _nobody(_key: str) -> None:
    return None
