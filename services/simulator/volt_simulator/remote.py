"""What a command does at a station, the same in every version."""

from typing import TYPE_CHECKING

from volt_simulator.connector import Connector, Start, Stop, Unplug
from volt_simulator.transaction import StopReason

if TYPE_CHECKING:
    from volt_simulator.station import Station


def connector_of(station: "Station", evse: int) -> Connector | None:
    """The connector with that number, if the station has it."""
    return next((connector for connector in station.connectors if connector.evse == evse), None)


def start(station: "Station", order: Start, evse: int | None) -> bool:
    """Starts at that connector, or at the first free one. False when it cannot."""
    if station.traits.faults.refuses_remote_start:
        return False
    if evse is None:
        connector = next((one for one in station.connectors if one.can_start), None)
    else:
        connector = connector_of(station, evse)
    if connector is None or not connector.can_start or station.gate.draining:
        return False
    connector.starting = True
    station.later(station.traits.delays.start_s, lambda: connector.orders.put_nowait(order))
    return True


def stop(station: "Station", wire_id: int | str) -> bool:
    """Stops the running transaction with that protocol id. False when there is none."""
    for connector in station.connectors:
        transaction = connector.transaction
        if transaction is not None and transaction.wire_id == wire_id:
            connector.orders.put_nowait(Stop(StopReason.REMOTE, transaction))
            return True
    return False


def unlock(station: "Station", connector: Connector) -> None:
    """The lock opens; whoever stands there takes the cable out."""
    station.later(station.traits.delays.unlock_s, lambda: connector.orders.put_nowait(Unplug(StopReason.UNLOCK)))


def reset(station: "Station", reason: StopReason, graceful: bool) -> None:
    """The station restarts because it was told to."""
    station.later(station.traits.delays.reset_s, lambda: station.reboot(reason, "RemoteReset", graceful))


def change_availability(station: "Station", connectors: list[Connector], operative: bool) -> bool:
    """Takes connectors in or out of service, at once or, where a transaction runs, after it. True when it waits."""
    waits = not operative and any(connector.transaction is not None for connector in connectors)
    for connector in connectors:
        connector.operative = operative
        station.announcer.announce(connector)
    return waits
