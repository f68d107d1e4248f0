"""What a station still knows after its process was killed: the ledger is its memory that survives a power loss."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from volt_simulator.car import MS_PER_HOUR
from volt_simulator.clock import true_time
from volt_simulator.ledger import Entry, TransactionEntry, VisitEntry
from volt_simulator.traits import Traits
from volt_simulator.transaction import StopReason, Transaction, Visit

# How many events went out before the power loss is not known; the gap shows that some may be missing.
SEQUENCE_AFTER_POWER_LOSS = 100_000


@dataclass(slots=True)
class Past:
    """The past of one connector: visits so far, its lifetime register in Wh, and what nobody has confirmed yet."""

    visits: int = 0
    register_wh: int | None = None
    unconfirmed: list[TransactionEntry] = field(default_factory=list)
    open_visit: VisitEntry | None = None

    def register_after(self, recalled: list[Transaction], otherwise_wh: int) -> int:
        """The lifetime register in Wh once the recalled transactions are counted; a meter never runs backwards."""
        if self.register_wh is None:
            return otherwise_wh
        return max([self.register_wh, *(one.meter_stop_wh or 0 for one in recalled)])


def pasts_of(entries: Iterable[Entry]) -> dict[tuple[str, int], Past]:
    """The past of every connector by (station, evse), from the last words of a ledger in their order."""
    found: dict[tuple[str, int], Past] = {}
    for entry in entries:
        past = found.setdefault((entry.station, entry.evse), Past())
        past.visits = max(past.visits, entry.visit)
        if isinstance(entry, VisitEntry):
            past.open_visit = entry if entry.state == "running" else past.open_visit
            continue
        if entry.register == "lifetime":
            past.register_wh = max(past.register_wh or 0, entry.meter_stop_wh or entry.meter_start_wh)
        if not entry.acknowledged and not entry.discarded:
            past.unconfirmed.append(entry)
    return found


def recalled_transaction(entry: TransactionEntry, traits: Traits) -> Transaction:
    """A transaction as it was, ended now if it ran: the car went on charging while the controller was down."""
    ran = entry.ended_at is None
    return Transaction(
        traits=traits,
        evse=entry.evse,
        visit=entry.visit,
        number=entry.transaction,
        started_at=entry.started_at,
        started_offline=entry.started_offline,
        meter_start_wh=entry.meter_start_wh,
        own_id=entry.transaction_id if isinstance(entry.transaction_id, str) else "",
        csms_id=entry.transaction_id if isinstance(entry.transaction_id, int) else None,
        token=entry.token,
        authorization=entry.authorization,
        meter_stop_wh=entry.meter_start_wh + _flowed_wh(entry) if ran else entry.meter_stop_wh,
        ended_at=true_time() if ran else entry.ended_at,
        ended_offline=True if ran else entry.ended_offline,
        reason=StopReason.POWER_LOSS if ran else StopReason(entry.reason or StopReason.LOCAL),
        sequence=SEQUENCE_AFTER_POWER_LOSS if entry.sequence is None else entry.sequence,
        refused=entry.refused,
        clock=entry.clock,
    )


def recalled_visit(entry: VisitEntry, ended: list[Transaction]) -> Visit:
    """A visit that was open, ended now: the car is gone when the power comes back."""
    return Visit(
        number=entry.visit,
        token=entry.token,
        authorized_at=entry.authorized_at,
        plugged_at=entry.plugged_at,
        unplugged_at=true_time(),
        transactions=max([entry.transactions, *(one.number for one in ended)]),
        energy_wh=entry.energy_wh + sum((one.meter_stop_wh or 0) - one.meter_start_wh for one in ended),
        plug_reported=entry.plug_reported,
    )


def _flowed_wh(entry: TransactionEntry) -> int:
    charge = entry.charge
    if charge is None:
        return 0
    real_ms = int((true_time() - charge.began_at).total_seconds() * 1000) * charge.pace
    return min(charge.wants_wh, charge.given_wh + charge.power_w * real_ms // MS_PER_HOUR)
