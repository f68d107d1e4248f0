"""A row of an organisation: a company that sells energy, or the host of a site."""

from typing import Any, NamedTuple

import msgspec

from volt_contracts.network import Organisation
from volt_imports.cells import Cells
from volt_imports.rows import Fault, Row
from volt_imports.words import ORGANISATION_KINDS

_TEXTS = ("name", "vat_id", "registration_number", "address", "city", "postal_code")


class OrganisationRow(NamedTuple):
    """What a row says of an organisation; what it leaves empty is not in `said`."""

    line: int
    id: str
    said: dict[str, Any]


def read_organisation(row: Row, faults: list[Fault]) -> OrganisationRow | None:
    """The organisation of a row, or None with its faults noted."""
    cells, before = Cells(row, faults), len(faults)
    key = cells.id("organisation")
    if key is None and len(faults) == before:
        cells.wrong("organisation", "it has no id")
    said: dict[str, Any] = {name: cells.text(name) for name in _TEXTS}
    said |= {"kind": cells.word("kind", ORGANISATION_KINDS), "country": cells.country("country")}
    if key is None or len(faults) > before:
        return None
    return OrganisationRow(row.line, key, {name: value for name, value in said.items() if value is not None})


def organisation_of(row: OrganisationRow, known: Organisation | None) -> Organisation | str:
    """The document in force after the row, or what is missing of it."""
    if known is not None:
        return msgspec.structs.replace(known, **row.said)
    missing = next((name for name in ("name", "kind") if name not in row.said), None)
    return missing or Organisation(**row.said)
