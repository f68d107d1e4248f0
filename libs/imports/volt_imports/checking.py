"""What is wrong with a file when it is held against what is known: everything of it, in the order of its lines."""

from volt_imports.contents import EVSE_NAMES, Contents
from volt_imports.kinds.locations import location_of
from volt_imports.kinds.organisations import organisation_of
from volt_imports.known import Known
from volt_imports.rows import Fault


def check(contents: Contents, known: Known) -> list[Fault]:
    """Every fault of the file, also those that it has by itself."""
    faults = list(contents.faults)
    _check_organisations(contents, known, faults)
    _check_locations(contents, known, faults)
    _check_stations(contents, known, faults)
    _check_transactions(contents, known, faults)
    return sorted(faults)


def _check_organisations(contents: Contents, known: Known, faults: list[Fault]) -> None:
    for row in contents.organisations.values():
        before = known.organisations(row.id)
        missing = organisation_of(row, None if before is None else before.organisation)
        if isinstance(missing, str):
            faults.append(Fault(row.line, missing, f"an organisation that is new has a {missing}"))


def _check_locations(contents: Contents, known: Known, faults: list[Fault]) -> None:
    for row in contents.locations.values():
        before = known.locations(row.id)
        missing = location_of(row, None if before is None else before.location)
        if isinstance(missing, str):
            faults.append(Fault(row.line, missing, f"a location that is new has a {missing}"))
        for column in ("site_host", "legal_entity"):
            name = row.said.get(column)
            if name is not None and name not in contents.organisations and known.organisations(name) is None:
                faults.append(Fault(row.line, column, _unknown("organisation", name)))


def _check_stations(contents: Contents, known: Known, faults: list[Fault]) -> None:
    for station in contents.stations.values():
        before = known.stations(station.identity)
        if before is not None and before.moved is not None:
            sentence = f"{station.identity} went to another tenant: it is changed there"
            faults.append(Fault(station.line, "identity", sentence))
        if "location" in station.said:
            line, name = station.said["location"]
            if name not in contents.locations and known.locations(name) is None:
                faults.append(Fault(line, "location", _unknown("location", name)))
        for evse in station.evses.values():
            for column in EVSE_NAMES:
                line, name = evse.said.get(column, (0, None))
                if name is not None and name in known.evse_names:
                    sentence = f"{name} is that of an EVSE of {known.evse_names[name]} already"
                    faults.append(Fault(line, column, sentence))


def _check_transactions(contents: Contents, known: Known, faults: list[Fault]) -> None:
    for one in contents.transactions.values():
        lines, before = contents.stations.get(one.station), known.charging(one.station)
        if lines is None and before is None:
            faults.append(Fault(one.line, "station", _unknown("station", one.station)))
            continue
        if before is not None and before.moved is not None:
            faults.append(Fault(one.line, "station", f"{one.station} went to another tenant: it is adopted there"))
        said = set() if lines is None else set(lines.evses)
        numbers = said or ({evse.number for evse in before.evses} if before is not None else set())
        if numbers and one.evse not in numbers:
            faults.append(Fault(one.line, "evse", f"{one.station} has no EVSE {one.evse}"))


def _unknown(noun: str, name: str) -> str:
    return f"there is no {noun} {name!r}, neither in the file nor known"
