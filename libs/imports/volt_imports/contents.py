"""A file, read: everything that it says, by kind, and what is wrong with it whatever is known of the network."""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from volt_imports.kinds.locations import LocationRow, read_location
from volt_imports.kinds.organisations import OrganisationRow, read_organisation
from volt_imports.kinds.stations import StationLines, read_station
from volt_imports.kinds.tokens import Token, read_token
from volt_imports.kinds.transactions import Transaction, read_transaction
from volt_imports.reading.files import digest, limited, opened
from volt_imports.rows import Fault, Kind, Progress, Row, no_progress, place

EVSE_NAMES = ("evse_uid", "evse_id")
"""Columns whose values name one EVSE among all of the tenant."""
Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing", OrganisationRow, LocationRow, Token, Transaction)


@dataclass
class Contents:
    """What a file says. Stations by identity, tokens by their normalised uid, transactions by the identity of their
    station and their id, the others by their id."""

    name: str = ""
    sha256: str = ""
    rows: Counter[Kind] = field(default_factory=Counter)
    ignored: dict[Kind, tuple[str, ...]] = field(default_factory=dict)
    organisations: dict[str, OrganisationRow] = field(default_factory=dict)
    locations: dict[str, LocationRow] = field(default_factory=dict)
    stations: dict[str, StationLines] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    transactions: dict[tuple[str, str], Transaction] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read_file(path: Path, name: str, kind: Kind | None = None, progress: Progress = no_progress) -> Contents:
    """Read a file whole. `name` is what its sender calls it.

    Raises:
        Unreadable: it cannot be read as what it is called.
        OSError: it cannot be opened.
    """
    with opened(path, name, kind, progress) as rows:
        contents = contents_of(limited(rows))
        contents.ignored = dict(rows.ignored)
    contents.name, contents.sha256 = Path(name).name, digest(path)
    return contents


def contents_of(rows: Iterable[Row | Fault]) -> Contents:
    """What the rows say."""
    contents = Contents()
    for row in rows:
        if isinstance(row, Fault):
            contents.faults.append(row)
        else:
            contents.rows[row.kind] += 1
            _add(contents, row)
    _check_evse_names(contents)
    return contents


def _add(contents: Contents, row: Row) -> None:
    faults = contents.faults
    match row.kind:
        case "tokens":
            token = read_token(row, faults)
            _once(contents.tokens, None if token is None else token.uid, token, "uid", faults)
        case "transactions":
            one = read_transaction(row, faults)
            _once(contents.transactions, None if one is None else (one.station, one.id), one, "transaction_id", faults)
        case "stations":
            read_station(row, contents.stations, faults)
        case "locations":
            location = read_location(row, faults)
            _once(contents.locations, None if location is None else location.id, location, "location", faults)
        case "organisations":
            company = read_organisation(row, faults)
            _once(contents.organisations, None if company is None else company.id, company, "organisation", faults)


def _once(known: dict[Key, Thing], key: Key | None, thing: Thing | None, column: str, faults: list[Fault]) -> None:
    """Two rows for one thing: which of them should count?"""
    if key is None or thing is None:
        return
    first = known.setdefault(key, thing)
    if first is not thing:
        faults.append(Fault(thing.line, column, f"its {column} stands in {place(first.line)} already"))


def _check_evse_names(contents: Contents) -> None:
    """A uid or an id of an EVSE names one EVSE of the network."""
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    for station in contents.stations.values():
        for evse in station.evses.values():
            for column in EVSE_NAMES:
                if column in evse.said:
                    line, name = evse.said[column]
                    first = seen.setdefault((column, name), (line, station.identity))
                    if first != (line, station.identity):
                        sentence = f"{name} is that of an EVSE of {first[1]} in {place(first[0])} already"
                        contents.faults.append(Fault(line, column, sentence))
