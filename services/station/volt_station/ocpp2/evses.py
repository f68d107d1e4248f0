"""EVSEType (OCPP 2.0.1 part 2, §2.19) and the places that are named by it."""

from typing import Any

from volt_station.lenient import Object, integer, part

_LARGEST = 1_000_000


def evse_of(payload: Object, key: str = "evse") -> tuple[int | None, int | None]:
    """EVSE and connector of an EVSEType; None for what is not said, or cannot be a number of one."""
    said = part(payload, key)
    return number_of(said, "id"), number_of(said, "connectorId")


def number_of(payload: Object, key: str) -> int | None:
    """The number of an EVSE or connector."""
    number = integer(payload, key)
    return number if number is not None and 0 <= number <= _LARGEST else None


def evse_type(evse: int, connector: int | None = None) -> dict[str, Any]:
    """An EVSEType."""
    return {"id": evse} if connector is None else {"id": evse, "connectorId": connector}
