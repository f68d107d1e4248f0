"""What the two deciders of the network answer: message type → function, and the outcome that every command gets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from volt_contracts.ids import entity_key
from volt_contracts.message import Command, Event
from volt_contracts.network import AdoptStation, ConfigureTenant, RegisterStation, TenantRow, TenantSettings
from volt_contracts.topics import NETWORK_TENANTS
from volt_eventlog.decider import Tables
from volt_eventlog.message import Message, Tick
from volt_network.domain import station, tenant
from volt_network.domain.answers import Refused, again, expired, finished

Handler = Callable[[Any, Message, Tables], tuple[Event, ...] | Refused]


def configure(state: tenant.Tenant | None, message: Message, _tables: Tables) -> tuple[Event, ...] | Refused:
    """ConfigureTenant → TenantConfigured."""
    return tenant.configure(state, message.body, (message.tenant, message.entity), message.at)


def adopt(state: station.Station | None, message: Message, tables: Tables) -> tuple[Event, ...] | Refused:
    """AdoptStation → StationAdopted, by the tenant's policy."""
    return station.adopt(state, message.body, _settings(message, tables), message.at)


def register(state: station.Station | None, message: Message, tables: Tables) -> tuple[Event, ...] | Refused:
    """RegisterStation → StationRegistered."""
    return station.register(state, message.body, _settings(message, tables), message.at)


TENANT_INBOX: Mapping[type[Command], Handler] = {
    ConfigureTenant: configure,
}

STATION_INBOX: Mapping[type[Command], Handler] = {
    AdoptStation: adopt,
    RegisterStation: register,
}


def decide_tenant(state: tenant.Tenant | None, message: Message | Tick, tables: Tables) -> Sequence[Event]:
    """The events of a command to a tenant, its outcome last."""
    return _answered(TENANT_INBOX, state, message, tables)


def decide_station(state: station.Station | None, message: Message | Tick, tables: Tables) -> Sequence[Event]:
    """The events of a command to a station's registration, its outcome last."""
    return _answered(STATION_INBOX, state, message, tables)


def _answered(
    inbox: Mapping[type[Command], Handler],
    state: tenant.Tenant | station.Station | None,
    message: Message | Tick,
    tables: Tables,
) -> Sequence[Event]:
    handler = None if isinstance(message, Tick) else inbox.get(type(message.body))
    if isinstance(message, Tick) or handler is None:
        return ()
    command = message.body
    said_before = None if state is None else again(state.answers, message.id, command)
    if said_before is not None:
        return (said_before,)
    if command.not_after is not None and message.at > command.not_after:
        return (expired(message.id, command, command.not_after, message.at),)
    result = handler(state, message, tables)
    if isinstance(result, Refused):
        return (finished(message.id, command, result, message.at),)
    return (*result, finished(message.id, command, None, message.at))


def _settings(message: Message, tables: Tables) -> TenantSettings | None:
    row = tables.get(NETWORK_TENANTS, entity_key(message.tenant, message.tenant))
    return row.settings if isinstance(row, TenantRow) else None
