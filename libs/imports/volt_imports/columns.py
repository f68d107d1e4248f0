"""The columns of each kind of row, and how a header names them: in any case, with blanks, hyphens or underscores."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from volt_imports.rows import Kind, Unreadable

STATION_LEVEL = ("identity", "name", "location", "protocol", "profile", "registration", "password", "key")
EVSE_LEVEL = ("evse_id", "evse_uid", "meter_serial", "register_kind", "metrology")
CONNECTOR_LEVEL = ("standard", "format", "power_type", "max_voltage", "max_current", "max_power")

COLUMNS: Mapping[Kind, tuple[str, ...]] = {
    "organisations": (
        "organisation", "name", "kind", "country", "vat_id", "registration_number", "address", "city", "postal_code",
    ),
    "locations": (
        "location", "name", "address", "city", "postal_code", "country", "latitude", "longitude", "time_zone",
        "site_host", "legal_entity",
    ),
    "stations": (*STATION_LEVEL, "evse", *EVSE_LEVEL, "connector", *CONNECTOR_LEVEL),
    "tokens": ("uid", "type", "status", "expiry", "group"),
    "transactions": (
        "station", "evse", "connector", "transaction_id", "started_at", "register", "token", "last_register", "last_at",
    ),
}  # fmt: skip

NEEDED: Mapping[Kind, str] = {
    "organisations": "organisation",
    "locations": "location",
    "stations": "identity",
    "tokens": "uid",
    "transactions": "transaction_id",
}
"""The column without which a row says nothing."""


class Header(NamedTuple):
    """Where the columns stand, how many cells a row may have, and the names that mean nothing here."""

    kind: Kind
    places: tuple[tuple[int, str], ...]
    width: int
    ignored: tuple[str, ...]


def plain(name: str) -> str:
    """A column's name without what does not matter."""
    return name.strip().lower().replace(" ", "").replace("_", "").replace("-", "")


_BY_PLAIN: Mapping[Kind, Mapping[str, str]] = {
    kind: {plain(name): name for name in names} for kind, names in COLUMNS.items()
}


def column(kind: Kind, name: str) -> str | None:
    """The column that a name means, if any."""
    return _BY_PLAIN[kind].get(plain(name))


def kind_of(header: Sequence[str]) -> Kind | None:
    """What a table with this header holds."""
    names = {plain(name) for name in header}
    if "transactionid" in names:
        return "transactions"
    if "identity" in names:
        return "stations"
    if "uid" in names:
        return "tokens"
    if "organisation" in names:
        return "organisations"
    return "locations" if {"location", "name"} <= names else None


def read_header(names: Sequence[str], kind: Kind | None) -> Header:
    """Find the columns of a table; `kind` where it is known already.

    Raises:
        Unreadable: it is no header of any kind of row, or names a column twice.
    """
    found = kind or kind_of(names)
    if found is None:
        raise Unreadable(
            "the first line is a header: with a column identity for stations, uid for tokens, location and name for"
            " locations, organisation for organisations, transaction_id for transactions"
        )
    columns = [column(found, name) for name in names]
    twice = sorted({name for name in columns if name is not None and columns.count(name) > 1})
    if twice:
        raise Unreadable(f"the header names {', '.join(twice)} twice")
    if NEEDED[found] not in columns:
        raise Unreadable(f"the first line is a header with the column {NEEDED[found]}: {found} have one")
    unknown = (name.strip() for name, known in zip(names, columns, strict=True) if known is None)
    return Header(
        kind=found,
        places=tuple((place, name) for place, name in enumerate(columns) if name is not None),
        width=len(names),
        ignored=tuple(name for name in unknown if name),
    )
