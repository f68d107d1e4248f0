"""Reads charging profiles from commands of both versions; their words differ, their meaning does not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from volt_simulator.connector import ProfileSource
from volt_simulator.profiles import RECURS, Profile, Purpose, Step
from volt_simulator.wire import Payload

if TYPE_CHECKING:
    from volt_simulator.station import Station

MOST_PERIODS = 100
PURPOSE_16 = "ChargePointMaxProfile"


def read_16(station: "Station", payload: Payload) -> Profile | None:
    """The profile of a SetChargingProfile (OCPP 1.6 §5.16); None when this station cannot have it."""
    found = payload["csChargingProfiles"]
    return _read(station, payload["connectorId"], found["chargingProfileId"], found, found["chargingSchedule"])


def read_2(station: "Station", payload: Payload) -> Profile | None:
    """The profile of a SetChargingProfile (K01). The first of the schedules counts, the others are for ISO 15118."""
    found = payload["chargingProfile"]
    return _read(station, payload["evseId"], found["id"], found, found["chargingSchedule"][0])


def fits_a_start(profile: Payload | None) -> bool:
    """A remote start may bring a profile of its transaction and no other (OCPP 1.6 §5.11, OCPP 2.0.1 F01.FR.08)."""
    return profile is None or profile["chargingProfilePurpose"] == Purpose.TX


def of_start_16(station: "Station", found: Payload | None) -> ProfileSource | None:
    """The profile that a RemoteStartTransaction brought, for when its transaction runs."""
    if found is None:
        return None
    return lambda evse: read_16(station, {"connectorId": evse, "csChargingProfiles": found})


def of_start_2(station: "Station", found: Payload | None) -> ProfileSource | None:
    """The profile that a RequestStartTransaction brought, for when its transaction runs."""
    if found is None:
        return None
    return lambda evse: read_2(station, {"evseId": evse, "chargingProfile": found})


def purpose_of(word: str) -> Purpose | None:
    """A purpose by its word in any version; None for one that a station does not take from the central system."""
    named = {PURPOSE_16: Purpose.STATION_MAX, **{one.value: one for one in Purpose}}
    return named.get(word)


def _read(station: "Station", evse: int, number: int, found: Payload, schedule: Payload) -> Profile | None:
    purpose = purpose_of(found["chargingProfilePurpose"])
    periods = schedule["chargingSchedulePeriod"]
    if purpose is None or not 0 <= found["stackLevel"] < station.traits.stack_levels:
        return None
    if not 0 < len(periods) <= MOST_PERIODS or any("limit" not in one or one["limit"] < 0 for one in periods):
        return None
    if not _fits(station, evse, purpose):
        return None
    steps = tuple(Step(one["startPeriod"], Decimal(str(one["limit"])), one.get("numberPhases")) for one in periods)
    if steps[0].start_s != 0 or sorted(steps, key=lambda step: step.start_s) != list(steps):
        return None
    transaction = _transaction(station, evse, purpose, found.get("transactionId"))
    if purpose is Purpose.TX and transaction is None:
        return None
    try:
        anchor, recurs = _timing(station, purpose, found, schedule)
        valid_from, valid_to = _moment(found.get("validFrom")), _moment(found.get("validTo"))
    except ValueError:
        return None
    return Profile(
        number=number,
        evse=evse,
        purpose=purpose,
        stack=found["stackLevel"],
        unit=schedule["chargingRateUnit"],
        steps=steps,
        anchor=anchor,
        recurs=recurs,
        duration_s=schedule.get("duration"),
        valid_from=valid_from,
        valid_to=valid_to,
        transaction=transaction,
    )


def _fits(station: "Station", evse: int, purpose: Purpose) -> bool:
    """A limit of the station is one of EVSE 0, one of a transaction belongs to the EVSE where it runs."""
    known = evse == 0 or any(one.evse == evse for one in station.connectors)
    if purpose is Purpose.STATION_MAX:
        return evse == 0
    return known and (purpose is not Purpose.TX or evse != 0)


def _transaction(station: "Station", evse: int, purpose: Purpose, wire_id: int | str | None) -> str | None:
    if purpose is not Purpose.TX:
        return None
    running = next(one.transaction for one in station.connectors if one.evse == evse)
    if running is None or (wire_id is not None and running.wire_id != wire_id):
        return None
    return running.own_id


def _timing(
    station: "Station", purpose: Purpose, found: Payload, schedule: Payload
) -> tuple[datetime | None, timedelta | None]:
    kind, start = found["chargingProfileKind"], _moment(schedule.get("startSchedule"))
    if kind == "Recurring":
        if start is None or found.get("recurrencyKind") not in RECURS:
            raise ValueError("a recurring schedule says when it starts and how often")
        return start, RECURS[found["recurrencyKind"]]
    if kind == "Relative" and purpose is Purpose.STATION_MAX:
        raise ValueError("a station as a whole has no start to be relative to")
    if start is None and purpose is Purpose.STATION_MAX:
        return station.clock.now(), None
    return (None if kind == "Relative" else start), None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
