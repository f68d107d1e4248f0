"""SetChargingProfile, ClearChargingProfile and GetCompositeSchedule of both versions."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from volt_simulator import profile_payloads, remote
from volt_simulator.clock import true_time
from volt_simulator.profiles import Profile
from volt_simulator.wire import Payload, Reply
from volt_simulator.words2 import Words

if TYPE_CHECKING:
    from volt_simulator.connector import Connector
    from volt_simulator.station import Station

LONGEST_S = 7 * 86_400


def set_16(station: "Station", payload: Payload) -> Reply:
    """SetChargingProfile (OCPP 1.6 §5.16)."""
    return _install(station, profile_payloads.read_16(station, payload))


def set_2(words: Words, station: "Station", payload: Payload) -> Reply:
    """SetChargingProfile (K01)."""
    return _install(station, profile_payloads.read_2(station, payload))


def clear_16(station: "Station", payload: Payload) -> Reply:
    """ClearChargingProfile (§5.5): by number, or by whatever is named."""
    return _clear(station, payload.get("id"), payload, payload.get("connectorId"))


def clear_2(words: Words, station: "Station", payload: Payload) -> Reply:
    """ClearChargingProfile (K10)."""
    criteria = payload.get("chargingProfileCriteria", {})
    return _clear(station, payload.get("chargingProfileId"), criteria, criteria.get("evseId"))


def composite_16(station: "Station", payload: Payload) -> Reply:
    """GetCompositeSchedule (§5.7)."""
    number, seconds = payload["connectorId"], payload["duration"]
    connector = remote.connector_of(station, number)
    if (number != 0 and connector is None) or not 0 < seconds <= LONGEST_S:
        return Reply({"status": "Rejected"})
    unit = payload.get("chargingRateUnit", "W")
    start = station.clock.stamp(true_time())
    schedule = {
        "duration": seconds,
        "startSchedule": start,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": _periods(station, connector, seconds, unit),
    }
    return Reply({"status": "Accepted", "connectorId": number, "scheduleStart": start, "chargingSchedule": schedule})


def composite_2(words: Words, station: "Station", payload: Payload) -> Reply:
    """GetCompositeSchedule (K08)."""
    evse, seconds = payload["evseId"], payload["duration"]
    connector = remote.connector_of(station, evse)
    if (evse != 0 and connector is None) or not 0 < seconds <= LONGEST_S:
        return Reply({"status": "Rejected"})
    unit = payload.get("chargingRateUnit", "W")
    schedule = {
        "evseId": evse,
        "duration": seconds,
        "scheduleStart": station.clock.stamp(true_time()),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": _periods(station, connector, seconds, unit),
    }
    return Reply({"status": "Accepted", "schedule": schedule})


def _install(station: "Station", profile: Profile | None) -> Reply:
    if profile is None:
        return Reply({"status": "Rejected"})
    return Reply({"status": "Accepted"}, lambda: station.limits.install(profile))


def _clear(station: "Station", number: int | None, criteria: Payload, evse: int | None) -> Reply:
    word = criteria.get("chargingProfilePurpose")
    purpose = None if word is None else profile_payloads.purpose_of(word)
    level = criteria.get("stackLevel")
    tests: list[Callable[[Profile], bool]] = []
    if number is not None:
        tests.append(lambda one: one.number == number)
    else:
        tests += [] if word is None else [lambda one: one.purpose is purpose]
        tests += [] if level is None else [lambda one: one.stack == level]
        tests += [] if evse is None else [lambda one: one.evse == evse]
    cleared = station.limits.clear(lambda one: all(test(one) for test in tests))
    return Reply({"status": "Accepted" if cleared else "Unknown"})


def _periods(station: "Station", connector: "Connector | None", seconds: int, unit: str) -> list[dict[str, Any]]:
    volts, phases = station.limits.phases(connector)
    return [
        {"startPeriod": one.start_s, "limit": _in_unit(one.limit_w, unit, volts * phases)}
        for one in station.limits.composite(connector, seconds)
    ]


def _in_unit(limit_w: int, unit: str, watts_per_ampere: int) -> float:
    """Limits have one decimal on the wire."""
    if unit == "W":
        return float(limit_w)
    return float(round(Decimal(limit_w) / watts_per_ampere, 1))
