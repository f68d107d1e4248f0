"""Small files of every kind, and what is known, for the tests of imports."""

from pathlib import Path

from volt_contracts.message import Actor
from volt_contracts.network import LocationRow, OrganisationRow, StationRow, TenantSettings
from volt_imports.contents import Contents, contents_of, read_file
from volt_imports.known import Known
from volt_imports.planning import Owner
from volt_imports.reading.csv import CsvRows
from volt_imports.rows import Fault, Kind

OWNER = Owner(tenant="demo", actor=Actor(kind="operator", id="anna"), issuer="demo", secret="a secret of the tests")


def csv_contents(text: str | bytes, kind: Kind | None = None) -> Contents:
    """What a CSV file says."""
    raw = text.encode() if isinstance(text, str) else text
    return contents_of(CsvRows(raw.splitlines(keepends=True), kind))


def said(faults: list[Fault]) -> list[tuple[int, str]]:
    """Line and column of each fault."""
    return [(fault.line, fault.column) for fault in faults]


def written(folder: Path, name: str, text: str | bytes) -> Contents:
    """What a file of that name says."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_file(path, name)


def knowing(
    *,
    stations: dict[str, StationRow] | None = None,
    locations: dict[str, LocationRow] | None = None,
    organisations: dict[str, OrganisationRow] | None = None,
    evse_names: dict[str, str] | None = None,
) -> Known:
    """What is known, as it would have been looked up."""
    return Known(
        settings=TenantSettings(name="demo", security_profile=2),
        stations=(stations or {}).get,
        charging=(stations or {}).get,
        locations=(locations or {}).get,
        organisations=(organisations or {}).get,
        evse_names=evse_names or {},
    )
