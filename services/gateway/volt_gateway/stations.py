"""What is published of tenants and stations, found by tenant and OCPP identity."""

from collections.abc import Callable
from typing import Any, Protocol

from volt_contracts.gateway import Registration
from volt_contracts.ids import entity_key, split_key
from volt_contracts.network import StationRow, TenantSettings
from volt_contracts.station import StationProfile


class PublicTable(Protocol):
    """A public compacted topic in memory: `volt_eventlog.table.Table`."""

    def get(self, key: str) -> Any | None:
        """The row of `key`."""

    def follow(self, follower: Callable[[str, Any | None], None]) -> None:
        """Be told of every row there is, and of every change from now on."""


Changed = Callable[[str], None]
"""Told the key of a station of which something changed."""


class Directory:
    """Looks up tenants, stations and their profiles, and says when a station's row or profile changes."""

    def __init__(self, tenants: PublicTable, stations: PublicTable, profiles: PublicTable) -> None:
        self._tenants = tenants
        self._stations = stations
        self._profiles = profiles
        self._keys: dict[tuple[str, str], str] = {}
        self._identities: dict[str, tuple[str, str]] = {}
        self._changed: Changed = _nobody

    def start(self, changed: Changed) -> None:
        """Index what is there and follow what comes."""
        self._changed = changed
        self._stations.follow(self._station)
        self._profiles.follow(self._profile)

    def tenant(self, tenant: str) -> TenantSettings | None:
        """The tenant's settings, None for one that does not exist."""
        row = self._tenants.get(entity_key(tenant, tenant))
        return None if row is None else row.settings

    def station(self, tenant: str, identity: str) -> StationRow | None:
        """The registered or adopted station with this OCPP identity."""
        key = self._keys.get((tenant, identity))
        row: StationRow | None = None if key is None else self._stations.get(key)
        return row

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
