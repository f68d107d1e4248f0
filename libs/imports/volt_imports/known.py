"""What the log knows of the things that a file names, at a known position, and of nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from volt_contracts.codec import type_name
from volt_contracts.drivers import TokenErased, TokenRegistered
from volt_contracts.ids import entity_key, location_uid, organisation_uid, station_uid
from volt_contracts.network import LocationRow, OrganisationRow, StationRow, TenantRow, TenantSettings
from volt_contracts.refs import token_ref
from volt_contracts.topics import (
    DRIVERS_TOKEN_EVENTS,
    NETWORK_LOCATIONS,
    NETWORK_ORGANISATIONS,
    NETWORK_STATIONS,
    NETWORK_TENANTS,
    Topic,
)
from volt_eventlog.kafka import Kafka
from volt_eventlog.latest import Latest, latest
from volt_imports.contents import EVSE_NAMES, Contents
from volt_imports.rows import Progress, no_progress

TOKEN_FACTS = frozenset(type_name(one).encode() for one in (TokenRegistered, TokenErased))

Keys = dict[str, str]
"""What the file calls a thing → its record key."""


@dataclass
class Known:
    """Rows by what the file calls them. `checked_at`: `topic-partition` → offset behind the last record looked at."""

    settings: TenantSettings | None = None
    organisations: Callable[[str], OrganisationRow | None] = lambda _: None
    locations: Callable[[str], LocationRow | None] = lambda _: None
    stations: Callable[[str], StationRow | None] = lambda _: None
    charging: Callable[[str], StationRow | None] = lambda _: None
    """The station of a transaction, whether the file says more of it or not."""
    tokens: Callable[[str], TokenRegistered | TokenErased | None] = lambda _: None
    token_keys: Keys = field(default_factory=dict)
    evse_names: dict[str, str] = field(default_factory=dict)
    """Uids and ids of EVSEs in the file that a station has which is not in the file → that station's identity."""
    checked_at: dict[str, int] = field(default_factory=dict)


async def look_up(
    kafka: Kafka, tenant: str, secret: str, contents: Contents, progress: Progress = no_progress
) -> Known:
    """Read what is known of everything that the file names.

    Raises:
        KafkaError: the broker cannot be reached.
        StartError: topics were never made.
        NoSecret: there are tokens, and no secret to make their references with.
    """
    token_keys = {uid: entity_key(tenant, token_ref(secret, tenant, uid)) for uid in contents.tokens}
    looking = _Looking(kafka, tenant, progress)
    own = {tenant: entity_key(tenant, tenant)}
    row = (await looking.up(NETWORK_TENANTS, own))(tenant)
    known = looking.known
    known.settings = row.settings if isinstance(row, TenantRow) else None
    companies, places = _referred(contents)
    if companies:
        keys = {name: entity_key(tenant, organisation_uid(tenant, name)) for name in companies}
        known.organisations = await looking.up(NETWORK_ORGANISATIONS, keys)
    if places:
        keys = {name: entity_key(tenant, location_uid(tenant, name)) for name in places}
        known.locations = await looking.up(NETWORK_LOCATIONS, keys)
    if contents.stations:
        keys = {name: entity_key(tenant, station_uid(tenant, name)) for name in contents.stations}
        names = _Names(tenant, contents)
        known.stations = await looking.up(NETWORK_STATIONS, keys, others=names.see)
        known.evse_names = names.taken()
    known.charging = known.stations
    elsewhere = {one.station for one in contents.transactions.values()} - contents.stations.keys()
    if elsewhere:
        keys = {name: entity_key(tenant, station_uid(tenant, name)) for name in elsewhere}
        found = await looking.up(NETWORK_STATIONS, keys)
        known.charging = lambda name: found(name) if name in elsewhere else known.stations(name)
    if token_keys:
        known.token_keys = token_keys
        known.tokens = await looking.up(DRIVERS_TOKEN_EVENTS, token_keys, types=TOKEN_FACTS)
    return known


class _Looking:
    """One look at several topics; where each of them ended goes into what is known."""

    def __init__(self, kafka: Kafka, tenant: str, progress: Progress) -> None:
        self._kafka = kafka
        self._own = f"{tenant}/".encode()
        self._progress = progress
        self.known = Known()

    async def up(
        self,
        topic: Topic,
        keys: Keys,
        *,
        types: frozenset[bytes] | None = None,
        others: Callable[[bytes, bytes | None], None] | None = None,
    ) -> Callable[[str], Any]:
        """The latest of each of these keys, by its name."""
        found: Latest = await latest(
            self._kafka,
            topic,
            frozenset(key.encode() for key in keys.values()),
            types=types,
            others=others,
            holding=(self._own,),
            passed=lambda done, total: self._progress(f"looking at {topic.name}", done, total),
        )
        self.known.checked_at |= {f"{topic.name}-{number}": end for number, end in found.ends.items()}
        return lambda name: found.get(keys[name]) if name in keys else None


class _EvseNames(msgspec.Struct):
    uid: str | None = None
    evse_id: str | None = None


class _Names:
    """Watches the stations that are not in the file for names of EVSEs that are in it."""

    class Station(msgspec.Struct):
        """The little of a row that is needed."""

        identity: str
        evses: tuple[_EvseNames, ...] = ()

    def __init__(self, tenant: str, contents: Contents) -> None:
        self._own = f"{tenant}/".encode()
        self._decode = msgspec.json.Decoder(self.Station).decode
        self._wanted = {
            evse.said[column][1]
            for station in contents.stations.values()
            for evse in station.evses.values()
            for column in EVSE_NAMES
            if column in evse.said
        }
        self._bearing: dict[bytes, tuple[str, list[str]]] = {}

    def see(self, key: bytes, value: bytes | None) -> None:
        """A row of another station."""
        if not self._wanted or not key.startswith(self._own):
            return
        self._bearing.pop(key, None)
        if value is not None:
            row = self._decode(value)
            names = [name for evse in row.evses for name in (evse.uid, evse.evse_id) if name in self._wanted]
            if names:
                self._bearing[key] = (row.identity, [name for name in names if name is not None])

    def taken(self) -> dict[str, str]:
        """Each name that another station bears, with that station's identity."""
        return {name: identity for identity, names in self._bearing.values() for name in names}


def _referred(contents: Contents) -> tuple[set[str], set[str]]:
    """Ids of organisations and of locations that the file defines or refers to."""
    companies, places = set(contents.organisations), set(contents.locations)
    for location in contents.locations.values():
        companies |= {location.said[name] for name in ("site_host", "legal_entity") if name in location.said}
    places |= {station.said["location"][1] for station in contents.stations.values() if "location" in station.said}
    return companies, places
