"""The EVSEs and connectors that a registration names: what may be said of them, and the uids that they get."""

from collections.abc import Iterable

from msgspec.structs import replace

from volt_contracts.forms import EVSE_ID, LONGEST_EVSE_UID, MOST_CONNECTORS, MOST_EVSES, is_evse_uid
from volt_contracts.ids import evse_uid
from volt_contracts.network import Connector, Evse
from volt_eventlog.answers import Refused


def with_uids(evses: tuple[Evse, ...], station_uid: str) -> tuple[Evse, ...]:
    """The EVSEs by their numbers, each with a uid."""
    ordered = sorted(evses, key=lambda evse: evse.number)
    return tuple(replace(evse, uid=evse.uid or evse_uid(station_uid, evse.number)) for evse in ordered)


def without_derived_uids(evses: tuple[Evse, ...], station_uid: str) -> tuple[Evse, ...]:
    """The EVSEs as they were said: for the same station under another uid."""
    return tuple(
        replace(evse, uid=None if evse.uid == evse_uid(station_uid, evse.number) else evse.uid) for evse in evses
    )


def evses_objection(evses: tuple[Evse, ...]) -> Refused | None:
    """The first thing that is wrong with the EVSEs of one station."""
    if len(evses) > MOST_EVSES:
        return Refused(f"a station has at most {MOST_EVSES} EVSEs")
    twice = _twice(evse.number for evse in evses)
    if twice is not None:
        return Refused(f"EVSE {twice} is there twice")
    return next((refused for evse in evses if (refused := _evse_objection(evse)) is not None), None)


def _evse_objection(evse: Evse) -> Refused | None:
    if evse.number < 1:
        return Refused("EVSEs are numbered from 1")
    if evse.uid is not None and not is_evse_uid(evse.uid):
        return Refused(f"the uid of EVSE {evse.number} has 1 to {LONGEST_EVSE_UID} printable characters")
    if evse.evse_id is not None and not EVSE_ID.fullmatch(evse.evse_id):
        return Refused(f"{evse.evse_id!r} is no EVSE id, such as DE*VLT*E0001*1")
    if len(evse.connectors) > MOST_CONNECTORS:
        return Refused(f"EVSE {evse.number} has more than {MOST_CONNECTORS} connectors")
    twice = _twice(connector.number for connector in evse.connectors)
    if twice is not None:
        return Refused(f"connector {twice} of EVSE {evse.number} is there twice")
    wrong = next((one for one in evse.connectors if not _is_sound(one)), None)
    if wrong is None:
        return None
    return Refused(f"connector {wrong.number} of EVSE {evse.number}: its number and its maxima are above 0")


def _is_sound(connector: Connector) -> bool:
    maxima = (connector.max_voltage_v, connector.max_current_a, connector.max_power_w)
    return connector.number > 0 and all(value is None or value > 0 for value in maxima)


def _twice(numbers: Iterable[int]) -> int | None:
    seen: set[int] = set()
    for number in numbers:
        if number in seen:
            return number
        seen.add(number)
    return None
