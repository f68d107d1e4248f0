"""By which names and addresses stations reach their tenant: further identities, and URLs of former systems.

Messages of the owner `network`. An identity that nobody has claimed belongs to the station whose uid is derived from
it.
"""

from datetime import datetime

from volt_contracts.message import Command, Event, Row


class ClaimIdentity(Command, frozen=True, kw_only=True, tag="network.claim_identity.v1"):
    """This OCPP identity is to lead to that station too. The key's uid is `ids.identity_uid`."""

    identity: str
    station_uid: str


class ReleaseIdentity(Command, frozen=True, kw_only=True, tag="network.release_identity.v1"):
    """This OCPP identity leads to the station of its own name again."""

    identity: str


class IdentityClaimed(Event, frozen=True, kw_only=True, tag="network.identity_claimed.v1"):
    """The identity leads to that station from now on."""

    version: int
    identity: str
    station_uid: str
    actor: str
    at: datetime


class IdentityReleased(Event, frozen=True, kw_only=True, tag="network.identity_released.v1"):
    """The identity leads to nobody but a station of its own name."""

    version: int
    identity: str
    actor: str
    at: datetime


class IdentityRow(Row, frozen=True, kw_only=True, tag="network.identity.v1"):
    """Public row of `network.identities`: an alias."""

    version: int
    identity: str
    station_uid: str


class ConfigureRoute(Command, frozen=True, kw_only=True, tag="network.configure_route.v1"):
    """Stations that connect to this host and path belong to that tenant. Key: `ids.route_key`, of no tenant."""

    host: str | None = None
    """The `Host` of the upgrade without its port, in lower case; null: any."""
    path: str
    """What stands before the identity: `/`, or `/steve/websocket/CentralSystemService/`."""
    tenant: str


class RemoveRoute(Command, frozen=True, kw_only=True, tag="network.remove_route.v1"):
    """The address leads nowhere from now on. Only its own tenant can do that."""

    tenant: str


class RouteConfigured(Event, frozen=True, kw_only=True, tag="network.route_configured.v1"):
    """The address leads to this tenant from now on."""

    version: int
    host: str | None = None
    path: str
    tenant: str
    actor: str
    at: datetime


class RouteRemoved(Event, frozen=True, kw_only=True, tag="network.route_removed.v1"):
    """The address leads nowhere."""

    version: int
    tenant: str
    actor: str
    at: datetime


class RouteRow(Row, frozen=True, kw_only=True, tag="network.route.v1"):
    """Public row of `network.routes`."""

    version: int
    host: str | None = None
    path: str
    tenant: str
