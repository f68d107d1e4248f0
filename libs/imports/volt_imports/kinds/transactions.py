"""A row of a transaction that a former system began and that still runs: adopted, so that its stop is complete here."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from volt_contracts.forms import LONGEST_IDENTITY, MOST_CONNECTORS, MOST_EVSES, is_identity
from volt_imports.cells import Cells
from volt_imports.rows import Fault, Row

LONGEST_ID = 36
"""OCPP 2.0.1 TransactionType.transactionId; the integer of 1.6 is shorter."""


class Transaction(NamedTuple):
    """A transaction as its row says it. Registers in Wh; `token` is normalised."""

    line: int
    station: str
    evse: int
    connector: int
    id: str
    started_at: datetime
    register_wh: Decimal | None
    token: str | None
    last_register_wh: Decimal | None
    last_at: datetime | None


def read_transaction(row: Row, faults: list[Fault]) -> Transaction | None:
    """The transaction of a row, or None with its faults noted."""
    cells, before = Cells(row, faults), len(faults)
    station, own_id = cells.text("station"), cells.text("transaction_id")
    if "station" not in row.cells or (station is not None and not is_identity(station)):
        cells.wrong("station", f"it names its station by the identity: 1 to {LONGEST_IDENTITY} printable characters")
    if "transaction_id" not in row.cells or (own_id is not None and len(own_id) > LONGEST_ID):
        cells.wrong("transaction_id", f"the id that its stop will bear has 1 to {LONGEST_ID} characters")
    started_at = cells.moment("started_at")
    if "started_at" not in row.cells:
        cells.wrong("started_at", "when it began is not said")
    evse = cells.whole("evse", 1, MOST_EVSES)
    connector = cells.whole("connector", 1, MOST_CONNECTORS)
    register_wh, last_register_wh = cells.energy("register"), cells.energy("last_register")
    last_at, token = cells.moment("last_at"), cells.token("token")
    if len(faults) == before and started_at is not None:
        _check_order(cells, (started_at, register_wh), (last_at, last_register_wh))
    if len(faults) > before or station is None or own_id is None or started_at is None:
        return None
    return Transaction(
        line=row.line,
        station=station,
        evse=evse or 1,
        connector=connector or 1,
        id=own_id,
        started_at=started_at,
        register_wh=register_wh,
        token=token,
        last_register_wh=last_register_wh,
        last_at=last_at,
    )


def _check_order(
    cells: Cells, first: tuple[datetime, Decimal | None], last: tuple[datetime | None, Decimal | None]
) -> None:
    """What `station` would refuse of it."""
    (started_at, register_wh), (last_at, last_register_wh), now = first, last, datetime.now(UTC)
    if started_at > now:
        cells.wrong("started_at", "it begins in the future")
    if (last_at is None) is not (last_register_wh is None):
        cells.wrong("last_register", "the latest register comes with the time at which it was read, last_at")
    if last_at is not None and not started_at <= last_at <= now:
        cells.wrong("last_at", "the latest register was read between the start and now")
    if last_register_wh is not None and last_register_wh < (register_wh or 0):
        cells.wrong("last_register", "the latest register is below that of the start")
