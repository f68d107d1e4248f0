"""Tenants and stations: what the operator says his network is."""

from datetime import datetime
from typing import Literal

import msgspec

from volt_contracts.gateway import Registration, Verdict
from volt_contracts.message import Command, Event, Outcome, Row
from volt_contracts.session import Place


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
    actor: str
    at: datetime


class NetworkCommandFinished(Outcome, frozen=True, kw_only=True, tag="network.command_finished.v1"):
    """The one outcome of a command to the network."""

    command: str
    at: datetime


class StationRow(Row, frozen=True, kw_only=True, tag="network.station.v1"):
    """Public row of `network.stations`: all that gateway and session need of a station."""

    version: int
    station_uid: str
    identity: str
    adopted: bool
    credential: Credential | None = None
    security_profile: int
    protocol: str | None = None
    registration: Registration
    place: Place
