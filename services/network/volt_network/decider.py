"""The deciders of the network: tenants, and the stations that belong to them."""

from collections.abc import Mapping

from volt_contracts.ids import split_key
from volt_contracts.network import StationRow, TenantRow
from volt_contracts.topics import (
    NETWORK_DEAD,
    NETWORK_STATION_COMMANDS,
    NETWORK_STATION_EVENTS,
    NETWORK_STATION_STATE,
    NETWORK_STATIONS,
    NETWORK_TENANT_COMMANDS,
    NETWORK_TENANT_EVENTS,
    NETWORK_TENANT_STATE,
    NETWORK_TENANTS,
    Topic,
)
from volt_eventlog.decider import Decider
from volt_network.domain import answers, station, tenant
from volt_network.inbox import decide_station, decide_tenant


def tenant_row(_key: str, state: tenant.Tenant | None) -> Mapping[Topic, TenantRow | None]:
    """The public row of a tenant."""
    return {NETWORK_TENANTS: None if state is None else TenantRow(version=state.version, settings=state.settings)}


def station_row(key: str, state: station.Station | None) -> Mapping[Topic, StationRow | None]:
    """The public row of a station."""
    return {NETWORK_STATIONS: None if state is None else station.row(split_key(key)[1], state)}


TENANT = Decider(
    owner="network",
    name="tenant",
    inputs=(NETWORK_TENANT_COMMANDS,),
    commands=NETWORK_TENANT_COMMANDS,
    events=NETWORK_TENANT_EVENTS,
    state=NETWORK_TENANT_STATE,
    dead=NETWORK_DEAD,
    state_types=(tenant.Configured,),
    state_version=1,
    decide=decide_tenant,
    evolve=tenant.evolve,
    fold_modules=(tenant, answers),
    public=tenant_row,
    writes=(NETWORK_TENANTS,),
)

STATION = Decider(
    owner="network",
    name="station",
    inputs=(NETWORK_STATION_COMMANDS,),
    commands=NETWORK_STATION_COMMANDS,
    events=NETWORK_STATION_EVENTS,
    state=NETWORK_STATION_STATE,
    dead=NETWORK_DEAD,
    state_types=(station.Adopted, station.Registered),
    state_version=1,
    decide=decide_station,
    evolve=station.evolve,
    fold_modules=(station, answers),
    public=station_row,
    tables=(NETWORK_TENANTS,),
    writes=(NETWORK_STATIONS,),
)
