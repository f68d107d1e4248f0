"""An address that stations of a former system still call: whose it is."""

import re
from datetime import datetime

import msgspec

from volt_contracts.addresses import ConfigureRoute, RemoveRoute, RouteConfigured, RouteRemoved, RouteRow
from volt_contracts.ids import entity_key, route_key
from volt_contracts.message import Event
from volt_contracts.network import NetworkCommandFinished
from volt_eventlog.answers import Answers, Refused
from volt_network.domain.answers import remember

LONGEST_PATH = 256
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]")
_PATH = re.compile(r"/([A-Za-z0-9._~!$&'()*+,;=:@%-]+/)*")
OWN = "/ocpp/"
"""Where every tenant is reached by its name; an address without one may stand there, but no other tenant's name."""


class Route(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`tenant` is null when the address leads nowhere now."""

    version: int
    host: str | None = None
    path: str
    tenant: str | None = None
    answers: Answers = ()


def configure(
    known: Route | None, command: ConfigureRoute, key: tuple[str, str], exists: bool, at: datetime
) -> tuple[Event, ...] | Refused:
    """Let the address lead to the tenant; `exists`: there is such a tenant."""
    refused = _objection(command, key)
    if refused is not None:
        return refused
    if not exists:
        return Refused("the tenant is not configured")
    if known is not None and known.tenant == command.tenant:
        return ()
    if known is not None and known.tenant is not None:
        return Refused("the address belongs to another tenant")
    return (
        RouteConfigured(
            version=1 if known is None else known.version + 1,
            host=command.host,
            path=command.path,
            tenant=command.tenant,
            actor=command.actor.text,
            at=at,
        ),
    )


def remove(known: Route | None, command: RemoveRoute, at: datetime) -> tuple[Event, ...] | Refused:
    """Let the address lead nowhere."""
    if known is None or known.tenant != command.tenant:
        return Refused("the tenant has no such address")
    removed = RouteRemoved(version=known.version + 1, tenant=command.tenant, actor=command.actor.text, at=at)
    return (removed,)


def evolve(known: Route | None, event: Event) -> Route | None:
    """The address after an event of its own."""
    match event:
        case RouteConfigured():
            return Route(
                version=event.version,
                host=event.host,
                path=event.path,
                tenant=event.tenant,
                answers=() if known is None else known.answers,
            )
        case RouteRemoved() if known is not None:
            return msgspec.structs.replace(known, version=event.version, tenant=None)
        case NetworkCommandFinished() if known is not None:
            return msgspec.structs.replace(known, answers=remember(known.answers, event))
        case _:
            return known


def row(known: Route | None) -> RouteRow | None:
    """The public row, as long as the address leads somewhere."""
    if known is None or known.tenant is None:
        return None
    return RouteRow(version=known.version, host=known.host, path=known.path, tenant=known.tenant)


def _objection(command: ConfigureRoute, key: tuple[str, str]) -> Refused | None:
    """The first thing that is wrong with an address."""
    if entity_key(*key) != route_key(command.host, command.path):
        return Refused("the key is not that of this address")
    if command.host is not None and not _HOST.fullmatch(command.host):
        return Refused(f"{command.host!r} is no host name in lower case without a port")
    if len(command.path) > LONGEST_PATH or not _PATH.fullmatch(command.path):
        return Refused(f"{command.path!r} is no path: it begins and ends with a slash, the identity follows it")
    if command.path.startswith(OWN) and command.path != OWN:
        return Refused(f"below {OWN} every tenant is reached by its name")
    if command.path == "/" and command.host is None:
        return Refused("an address without a host has a path: otherwise it would take every station there is")
    return None
