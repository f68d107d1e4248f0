"""Tenants, organisations, locations, stations: what the operator says his network is."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from volt_contracts.gateway import Registration, Verdict
from volt_contracts.message import Command, Event, Outcome, Row
from volt_contracts.session import Meter, Place


class TenantSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a tenant treats stations and tokens that it does not know."""

    name: str
    unknown_stations: Literal["adopt", "pending", "refuse"] = "refuse"
    security_profile: int = 1
    """The least that is asked of a station: 0 none, 1 basic auth, 2 with TLS, 3 client certificate."""
    default_protocol: str | None = None
    """For stations that offer no subprotocol."""
    unknown_token: Verdict = "Unknown"
    """The answer for a token that nobody could be asked about in time."""
    party: str | None = None
    country: str | None = None
    legal_entity: str | None = None
    time_zone: str = "UTC"
    settlement_delay_s: int = 259_200
    """How long a visit with something missing waits before it is finalised all the same."""


class ConfigureTenant(Command, frozen=True, kw_only=True, tag="network.configure_tenant.v1"):
    """Create a tenant or change its settings."""

    settings: TenantSettings


class TenantConfigured(Event, frozen=True, kw_only=True, tag="network.tenant_configured.v1"):
    """The tenant's settings from now on."""

    version: int
    settings: TenantSettings
    actor: str
    at: datetime


class TenantRow(Row, frozen=True, kw_only=True, tag="network.tenant.v1"):
    """Public row of `network.tenants`; key `{tenant}/{tenant}`."""

    version: int
    settings: TenantSettings


class Credential(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a station's basic-auth password is compared with; never the password (OCPP security whitepaper §2)."""

    kind: Literal["hmac-sha256", "argon2id"]
    hash: str
    """Hexadecimal HMAC, or the encoded argon2 string."""
    keyed_for: str | None = None
    """Below which tenant's key the HMAC was made, when that is another than the station's: it was transferred."""


class Connector(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One plug or socket of an EVSE; the words are OCPI's (2.2.1 §8.3.3)."""

    number: int = 1
    """The station's own number of it, from 1 (in 1.6 connectors are numbered through: that number is the EVSE's)."""
    standard: str | None = None
    """OCPI ConnectorType, such as IEC_62196_T2 or IEC_62196_T2_COMBO."""
    format: Literal["socket", "cable"] | None = None
    power_type: Literal["AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"] | None = None
    max_voltage_v: int | None = None
    max_current_a: int | None = None
    max_power_w: Decimal | None = None


class Evse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One place to charge at; `number` is the station's own, from 1 (OCPP 2.x evseId, 1.6 connectorId)."""

    number: int
    uid: str | None = None
    """Stable and unique in the tenant; derived from the station and the number unless somebody says otherwise."""
    evse_id: str | None = None
    """What is printed on it: DE*VLT*E0001*1 (eMI3)."""
    meter: Meter = Meter()
    connectors: tuple[Connector, ...] = ()


class Moved(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a station went: its record key there."""

    tenant: str
    station_uid: str


class AdoptStation(Command, frozen=True, kw_only=True, tag="network.adopt_station.v1"):
    """A station that nobody registered has connected and its tenant adopts such stations."""

    identity: str
    protocol: str
    remote_address: str


class RegisterStation(Command, frozen=True, kw_only=True, tag="network.register_station.v1"):
    """Make a station known, or change what is known of it."""

    identity: str
    credential: Credential | None = None
    security_profile: int = 1
    protocol: str | None = None
    registration: Registration = "accepted"
    place: Place = Place()
    name: str | None = None
    location_id: str | None = None
    evses: tuple[Evse, ...] | None = None
    """All of them; null leaves what is known."""
    expected_version: int | None = None
    """The version that the sender has seen, 0 for none: with another one the command is refused."""


class TransferStation(Command, frozen=True, kw_only=True, tag="network.transfer_station.v1"):
    """Give the station to another tenant. Its history stays; there it gets a uid of its own."""

    to_tenant: str
    location_id: str | None = None
    """Of the other tenant."""


class ReceiveStation(Command, frozen=True, kw_only=True, tag="network.receive_station.v1"):
    """The other half of a transfer, sent by the decider to the new tenant's key."""

    came_from: Moved
    transfer_id: str
    identity: str
    credential: Credential | None = None
    security_profile: int
    protocol: str | None = None
    registration: Registration
    name: str | None = None
    location_id: str | None = None
    evses: tuple[Evse, ...] = ()


class EndTransfer(Command, frozen=True, kw_only=True, tag="network.end_transfer.v1"):
    """What the new tenant's key said of a transfer: it has the station, or why not."""

    transfer_id: str
    refused: str | None = None


class StationAdopted(Event, frozen=True, kw_only=True, tag="network.station_adopted.v1"):
    """The station belongs to the tenant from now on, though nobody registered it."""

    version: int
    identity: str
    protocol: str
    remote_address: str
    place: Place
    registration: Registration
    security_profile: int
    at: datetime


class StationRegistered(Event, frozen=True, kw_only=True, tag="network.station_registered.v1"):
    """The station is known, with these properties."""

    version: int
    identity: str
    credential: Credential | None = None
    security_profile: int
    protocol: str | None = None
    registration: Registration
    place: Place
    name: str | None = None
    location_id: str | None = None
    evses: tuple[Evse, ...] = ()
    came_from: Moved | None = None
    """By a transfer from another tenant, where its former history is."""
    actor: str
    at: datetime


class TransferBegan(Event, frozen=True, kw_only=True, tag="network.transfer_began.v1"):
    """The station was offered to another tenant; it belongs here until `StationMoved`."""

    transfer_id: str
    to: Moved
    actor: str
    at: datetime


class TransferRefused(Event, frozen=True, kw_only=True, tag="network.transfer_refused.v1"):
    """The station stays here, for the other tenant's key did not take it."""

    transfer_id: str
    sentence: str
    at: datetime


class StationMoved(Event, frozen=True, kw_only=True, tag="network.station_moved.v1"):
    """The station belongs to another tenant from now on; visits here are closed, its old address leads there."""

    version: int
    transfer_id: str
    to: Moved
    at: datetime


class NetworkCommandFinished(Outcome, frozen=True, kw_only=True, tag="network.command_finished.v1"):
    """The one outcome of a command to the network."""

    command: str
    at: datetime


class StationRow(Row, frozen=True, kw_only=True, tag="network.station.v1"):
    """Public row of `network.stations`: all that gateway, station and session need of a station."""

    version: int
    station_uid: str
    identity: str
    adopted: bool
    credential: Credential | None = None
    security_profile: int
    protocol: str | None = None
    registration: Registration
    place: Place
    name: str | None = None
    location_id: str | None = None
    evses: tuple[Evse, ...] = ()
    moved: Moved | None = None
    """It belongs to another tenant now; who connects under this name is let in there."""


# Locations and organisations: each a document that is replaced as a whole.


class Location(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where stations stand. What it says goes before what tenant or station say of the same."""

    name: str
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    time_zone: str | None = None
    """IANA, such as Europe/Berlin."""
    site_host: str | None = None
    """Id of the organisation whose ground it is."""
    legal_entity: str | None = None
    """Id of the organisation that sells the energy here."""


class ConfigureLocation(Command, frozen=True, kw_only=True, tag="network.configure_location.v1"):
    """Make a location known or change it. The key's uid is `ids.location_uid`."""

    location_id: str
    location: Location
    expected_version: int | None = None


class LocationConfigured(Event, frozen=True, kw_only=True, tag="network.location_configured.v1"):
    """The location from now on."""

    version: int
    location_id: str
    location: Location
    actor: str
    at: datetime


class LocationRow(Row, frozen=True, kw_only=True, tag="network.location.v1"):
    """Public row of `network.locations`."""

    version: int
    location_id: str
    location: Location


class Organisation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A company: a legal entity that sells energy, or the host of a site. No person: persons are accounts."""

    name: str
    kind: Literal["legal_entity", "site_host"]
    country: str | None = None
    vat_id: str | None = None
    registration_number: str | None = None
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None


class ConfigureOrganisation(Command, frozen=True, kw_only=True, tag="network.configure_organisation.v1"):
    """Make an organisation known or change it. The key's uid is `ids.organisation_uid`."""

    organisation_id: str
    organisation: Organisation
    expected_version: int | None = None


class OrganisationConfigured(Event, frozen=True, kw_only=True, tag="network.organisation_configured.v1"):
    """The organisation from now on."""

    version: int
    organisation_id: str
    organisation: Organisation
    actor: str
    at: datetime


class OrganisationRow(Row, frozen=True, kw_only=True, tag="network.organisation.v1"):
    """Public row of `network.organisations`."""

    version: int
    organisation_id: str
    organisation: Organisation
