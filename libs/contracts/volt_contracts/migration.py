"""What a network brings along from a former system beside its registrations: transactions that run. Owner `station`."""

from datetime import datetime
from decimal import Decimal

from volt_contracts.station import StationCommand


class AdoptTransaction(StationCommand, frozen=True, kw_only=True, tag="station.adopt_transaction.v1"):
    """A transaction runs that a former system began. Its stop will name the id that the former system gave it."""

    evse: int
    connector: int = 1
    protocol_id: str
    """1.6's integer as text, or 2.x's transactionId."""
    started_at: datetime
    register_wh: Decimal | None = None
    """The register at its start (1.6 meterStart)."""
    token_ref: str | None = None
    token_type: str | None = None
    last_register_wh: Decimal | None = None
    """The latest register that the former system knew, and when it was read."""
    last_at: datetime | None = None
