"""The control port: what the fleet does now, and orders to it, as JSON over loopback HTTP."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from volt_simulator.fault_catalogue import CATALOGUE
from volt_simulator.faults import Dose, inflict, present
from volt_simulator.fleet import Fleet
from volt_simulator.http import Answer, Problem, Route
from volt_simulator.station import Station

LOGGER = logging.getLogger("volt.simulator.control")
LONGEST_S = 86_400
FURTHEST_OFF_S = 10 * 366 * 86_400


def control_routes(fleet: Fleet) -> Mapping[Route, Callable[[Any], Answer]]:
    """What can be asked of a fleet."""
    return {
        ("GET", "/state"): lambda body: Answer(200, state(fleet)),
        ("GET", "/stations"): lambda body: Answer(200, [_station(one) for one in fleet.stations.values()]),
        ("POST", "/drain"): lambda body: _drain(fleet),
        ("POST", "/pause"): lambda body: _pause(fleet, paused=True),
        ("POST", "/resume"): lambda body: _pause(fleet, paused=False),
        ("POST", "/fault"): lambda body: _fault(fleet, body),
        **health_routes(fleet),
    }


def health_routes(fleet: Fleet) -> Mapping[Route, Callable[[Any], Answer]]:
    """Alive, and ready: the stations run. Whether they find a gateway is not the simulator's health."""
    return {
        ("GET", "/healthz"): lambda body: Answer(200, {"status": "alive"}),
        ("GET", "/readyz"): lambda body: Answer(200 if fleet.is_running else 503, {"ready": fleet.is_running}),
    }


def state(fleet: Fleet) -> dict[str, Any]:
    """The fleet in numbers."""
    stations = list(fleet.stations.values())
    connectors = [connector for station in stations for connector in station.connectors]
    queues = [len(station.outbox.queue) for station in stations]
    return {
        "stations": len(stations),
        "connected": sum(station.outbox.linked for station in stations),
        "accepted": sum(station.is_online for station in stations),
        "settled": sum(station.is_settled for station in stations),
        "connectors": len(connectors),
        "charging": sum(connector.flow is not None for connector in connectors),
        "plugged": sum(connector.visit is not None for connector in connectors),
        "statuses": dict(Counter(connector.shown.value for connector in connectors)),
        "versions": dict(Counter(station.traits.version for station in stations)),
        "faults": dict(Counter(name for station in stations for name in present(station.traits.faults))),
        "paused": fleet.gate.paused,
        "draining": fleet.gate.draining,
        "queued": sum(queues),
        "longest_queue": max(queues),
        "counters": fleet.counters.as_dict(),
    }


def _station(station: Station) -> dict[str, Any]:
    return {
        "station": station.traits.station,
        "version": station.traits.version,
        "model": station.traits.model,
        "connected": station.outbox.linked,
        "accepted": station.is_online,
        "settled": station.is_settled,
        "queued": len(station.outbox.queue),
        "faults": present(station.traits.faults),
        "clock": station.traits.faults.clock,
        "register": station.traits.register.value,
        "duplicates": station.traits.faults.duplicates,
        "late_stop_s": station.traits.faults.late_stop_s,
        "connectors": [
            {
                "evse": connector.evse,
                "status": connector.shown.value,
                "operative": connector.operative,
                "transaction_id": None if connector.transaction is None else connector.transaction.wire_id,
                "token": None if connector.transaction is None else connector.transaction.token,
                "visits": connector.visits,
            }
            for connector in station.connectors
        ],
    }


def _drain(fleet: Fleet) -> Answer:
    if not fleet.gate.draining:
        fleet.drain()
    return Answer(202, {"draining": True})


def _pause(fleet: Fleet, paused: bool) -> Answer:
    fleet.gate.paused = paused
    return Answer(200, {"paused": paused})


def _fault(fleet: Fleet, body: Any) -> Answer:
    if not isinstance(body, dict):
        raise Problem(400, 'the body must be an object such as {"station": "CP-0001", "name": "disconnect"}')
    name = str(body.get("name"))
    if name not in CATALOGUE:
        raise Problem(400, f"unknown fault {body.get('name')!r}; there are {', '.join(CATALOGUE)}")
    dose = _dose(body)
    afflicted = _named(fleet, body.get("station"))
    for station in afflicted:
        inflict(station, name, dose)
    LOGGER.info("fault %s at %d stations", name, len(afflicted))
    return Answer(200, {"stations": [station.traits.station for station in afflicted]})


def _dose(body: dict[str, Any]) -> Dose:
    seconds, offset = body.get("seconds"), body.get("offset_s")
    if seconds is not None and (
        isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_S
    ):
        raise Problem(400, f"seconds must be a number from 0 to {LONGEST_S}")
    if offset is not None and (isinstance(offset, bool) or not isinstance(offset, int) or abs(offset) > FURTHEST_OFF_S):
        raise Problem(400, f"offset_s must be a whole number of seconds, at most {FURTHEST_OFF_S} either way")
    switches = {name: body.get(name, False) for name in ("stuck", "without_zone")}
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise Problem(400, f"{name} must be true or false")
    return Dose(None if seconds is None else float(seconds), offset, **switches)


def _named(fleet: Fleet, name: Any) -> list[Station]:
    if name == "*":
        return list(fleet.stations.values())
    if not isinstance(name, str) or name not in fleet.stations:
        raise Problem(404, f"there is no station {name!r}; * means all")
    return [fleet.stations[name]]
