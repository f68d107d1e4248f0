"""The order of what a station tells live: it happened as it came, whatever the station's clock says by then.

Two live facts of a clock that runs come in order to within a minute, for what is later than that is not live. Where
one says that it was before another that came before it, the clock was set back in between (or had been ahead and was
set right): then its time of reception stands for its own.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from volt_contracts.fact import Fact, FactTime
from volt_contracts.station import (
    ConnectorStatusChanged,
    Reading,
    ReadingsTaken,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)
from volt_session.domain.energy import known
from volt_session.domain.session import Open, SessionState, Stopped, Transaction, Visit, at_evse, transaction_of
from volt_session.domain.summary import last_sign

OUT_OF_ORDER = timedelta(seconds=60)
"""So much later than it was made may a live fact come; `station` takes what is later for late, or the clock for off."""


def in_order(state: SessionState, body: Any) -> Any:
    """The fact, at the time of its reception if what it says its own was cannot be."""
    match body:
        case ConnectorStatusChanged() if body.live and body.evse:
            return _after(body, _latest(state, body.evse), _last_of_place)
        case TransactionStarted() if not body.time.is_history:
            return _start(state, body)
        case TransactionUpdated() | TransactionEnded() if not body.time.is_history:
            found = transaction_of(state, body.transaction_uid)
            if found is not None:
                return _after(body, found[0], lambda _visit: _last_of_transaction(found[1]))
        case ReadingsTaken() if not body.time.is_history:
            return _readings(state, body)
    return body


def _start(state: SessionState, fact: TransactionStarted) -> TransactionStarted:
    """One that is on record may have been moved when it came first; that of an adopted one is from before it."""
    found = transaction_of(state, fact.transaction_uid)
    if found is None:
        moved: TransactionStarted = _after(fact, _latest(state, fact.evse), _before_start)
        return moved
    if found[1].adopted and not fact.adopted:
        return fact
    return replace(fact, time=replace(fact.time, at=max(fact.time.at, found[1].started_at)))


def state_time(visit: Visit, fact: Fact) -> datetime:
    """When a charging state came that was told live: not before the one before it."""
    at = fact.time.at
    if fact.time.is_history or not visit.changes or at >= visit.changes[-1].at - OUT_OF_ORDER:
        return at
    return visit.changes[-1].at


def is_ours(time: FactTime) -> bool:
    """Whether that is our time, so that what is waited for can be counted from it."""
    return time.clock == "good" and not time.is_history


def _after(fact: Any, visit: Visit | None, last_of: Callable[[Visit], datetime]) -> Any:
    """What begins after a visit need not come after its end, which may have been told by a clock that was ahead."""
    if visit is None or fact.time.at >= last_of(visit) - OUT_OF_ORDER:
        return fact
    bound = last_of(visit) if isinstance(visit, Open) else visit.started_at
    return replace(fact, time=replace(fact.time, at=max(fact.time.received_at, bound)))


def _latest(state: SessionState, evse: int) -> Visit | None:
    """The latest visit at the EVSE; at the whole station while it is not known at which one."""
    visits = at_evse(state, evse) if evse else sorted(state.visits, key=lambda visit: visit.started_at)
    return visits[-1] if visits else None


def _last_of_place(visit: Visit) -> datetime:
    return max(last_sign(visit), visit.unplugged_at or visit.started_at)


def _before_start(visit: Visit) -> datetime:
    """Statuses may overtake the start that they follow: of the visit that awaits it only the plug came before."""
    if not isinstance(visit, Open):
        return _last_of_place(visit)
    if not visit.transactions:
        return visit.started_at
    return max(_last_of_transaction(transaction) for transaction in visit.transactions)


def _last_of_transaction(transaction: Transaction) -> datetime:
    moments = [transaction.started_at, *(point.at for point in transaction.points[-1:])]
    return max([*moments, transaction.ended_at] if isinstance(transaction, Stopped) else moments)


def _readings(state: SessionState, fact: ReadingsTaken) -> ReadingsTaken:
    """A register goes up: a higher one than all before it was not shown before them."""
    found = None if fact.transaction_uid is None else transaction_of(state, fact.transaction_uid)
    if found is None:
        return fact
    registers = [register for reading in fact.readings if (register := known(reading.register_wh)) is not None]
    top = max(registers, default=None)
    readings = tuple(
        _moved(reading, top, found[1], fact.time.received_at) if known(reading.register_wh) == top else reading
        for reading in fact.readings
    )
    return fact if readings == fact.readings else replace(fact, readings=readings)


def _moved(reading: Reading, register_wh: Decimal | None, transaction: Transaction, received_at: datetime) -> Reading:
    high = transaction.high
    if register_wh is None or (high is not None and register_wh < high.register_wh):
        return reading
    if high is None:
        # shortly before the start a meter that counts from zero may show the end of the charge before
        early = transaction.start_wh is not None and reading.at < transaction.started_at - OUT_OF_ORDER
        return replace(reading, at=max(received_at, transaction.started_at)) if early else reading
    before = reading.at < high.at - OUT_OF_ORDER
    if register_wh > high.register_wh:
        return replace(reading, at=max(received_at if before else reading.at, high.at))
    # an equal one from long before is the very reading that was moved
    return replace(reading, at=high.at) if before else reading
