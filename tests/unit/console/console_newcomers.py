"""Stations that knock: refusals as the gateway records them, and registrations."""

from datetime import timedelta

import msgspec
from unit.console.console_log import Log

from volt_contracts import gateway, network, session
from volt_contracts.ids import entity_key, station_uid
from volt_contracts.topics import GATEWAY_FRAMES, NETWORK_STATION_EVENTS


def refuse(log: Log, identity: str, reason: str, *, path: str | None = None, count: int = 1, held_s: float = 0) -> None:
    """The gateway does not let a station in; the tenant is known where it looked at who the station is."""
    path = f"/ocpp/{log.tenant}/{identity}" if path is None else path
    tenant = "-" if reason in NAMELESS else log.tenant
    refused = gateway.LinkRefused(
        identity=identity,
        path=path,
        remote_address="203.0.113.7",
        reason=msgspec.convert(reason, gateway.RefusalReason),
        sentence=f"because of {reason}",
        count=count,
        at=log.now + timedelta(seconds=held_s),
    )
    log.append(GATEWAY_FRAMES, identity, refused, key=entity_key(tenant, station_uid(tenant, identity)))


NAMELESS = frozenset(
    {"unknown_tenant", "bad_path", "identity_too_long", "malformed_upgrade", "not_ready", "too_many_connections"}
)
"""Reasons of refusals before the gateway looked whose station it is."""


def register(
    log: Log, identity: str, *, profile: int = 1, password: bool = True, registration: gateway.Registration = "accepted"
) -> None:
    """Somebody registers a station."""
    registered = network.StationRegistered(
        version=1,
        identity=identity,
        credential=network.Credential(kind="hmac-sha256", hash="0" * 64) if password else None,
        security_profile=profile,
        registration=registration,
        place=session.Place(),
        actor="operator:local",
        at=log.now,
    )
    log.append(NETWORK_STATION_EVENTS, identity, registered)
