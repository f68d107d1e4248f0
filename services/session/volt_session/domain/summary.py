"""What is known of a visit, and what is still missing of it."""

from datetime import datetime
from typing import Literal

from volt_contracts.session import Summary
from volt_session.domain.energy import base_wh, delivered_wh, energy_wh, went_back
from volt_session.domain.session import Ended, Running, Stopped, Transaction, Visit

JUDGED_HERE = frozenset({"start", "register"})
"""Words of the station's twin that later readings and starts make void."""


def summarise(visit: Visit) -> Summary:
    """The summary of a visit; the same whatever order its facts came in."""
    transactions = sorted(visit.transactions, key=_by_start)
    stopped = [transaction for transaction in transactions if isinstance(transaction, Stopped)]
    last = max(stopped, key=_by_end, default=None)
    return Summary(
        started_at=visit.started_at,
        energy_wh=energy_wh(visit),
        plugged_at=_plugged_at(visit),
        authorized_at=_authorized_at(visit),
        energy_started_at=min(_energy_starts(visit), default=None),
        energy_ended_at=max(_energy_ends(visit), default=None),
        transaction_ended_at=last.ended_at if last is not None and len(stopped) == len(transactions) else None,
        unplugged_at=visit.unplugged_at,
        ended_at=visit.ended_at if isinstance(visit, Ended) else None,
        transactions=tuple(transaction.uid for transaction in transactions),
        token_ref=_token_ref(transactions),
        stop_token_ref=last.stop_token_ref if last is not None else None,
        stop_reason=last.reason if last is not None else None,
        authorization=_authorization(visit),
        suspect=_suspect(visit),
    )


def _plugged_at(visit: Visit) -> datetime | None:
    """A plug that was told later than the visit lasted is that of the next one. When a car came that had charged before
    it was seen, nobody knows."""
    plugged_at = visit.plugged_at
    if plugged_at is None or (isinstance(visit, Ended) and plugged_at > visit.ended_at):
        return None
    return None if any(_flowed_before(visit, one, plugged_at) for one in visit.transactions) else plugged_at


def _flowed_before(visit: Visit, transaction: Transaction, moment: datetime) -> bool:
    base = base_wh(transaction, visit.session_register)
    return any(point.at < moment and point.register_wh > base for point in transaction.points)


def missing_of(visit: Visit) -> tuple[str, ...]:
    """What keeps a visit from being complete: `start`, `stop`, `register`, `seq:N`. Sorted, each once."""
    return tuple(sorted({word for transaction in visit.transactions for word in _missing(transaction)}))


def last_sign(visit: Visit) -> datetime:
    """The last moment at which the visit is known to have lasted."""
    signs = [visit.started_at]
    signs += [change.at for change in visit.changes[-2:] if change.charging_state != "Idle"]
    for transaction in visit.transactions:
        signs.append(transaction.started_at)
        signs += [point.at for point in transaction.points[-1:]]
        if isinstance(transaction, Stopped):
            signs.append(transaction.ended_at)
    return max(signs)


def _missing(transaction: Running | Stopped) -> set[str]:
    missing = {"start"} if transaction.adopted else set()
    if isinstance(transaction, Running):
        return missing | {"stop"}
    closing = transaction.points and transaction.points[-1].at >= transaction.ended_at
    if not (transaction.stop_register_known or closing):
        missing.add("register")
    return missing | (set(transaction.missing) - JUDGED_HERE)


def _by_start(transaction: Transaction) -> tuple[datetime, str]:
    return transaction.started_at, transaction.uid


def _by_end(transaction: Stopped) -> tuple[datetime, str]:
    return transaction.ended_at, transaction.uid


def _authorized_at(visit: Visit) -> datetime | None:
    moments = [
        transaction.authorized_at
        for transaction in visit.transactions
        if transaction.authorized_at is not None and not transaction.refused
    ]
    return min(moments, default=None)


def _token_ref(transactions: list[Running | Stopped]) -> str | None:
    """The first token that was accepted; else the first one of all."""
    tokens = [transaction for transaction in transactions if transaction.token_ref is not None]
    accepted = [transaction for transaction in tokens if not transaction.refused]
    return next((transaction.token_ref for transaction in accepted + tokens), None)


def _authorization(visit: Visit) -> Literal["accepted", "refused", "none"]:
    verdicts = {transaction.refused for transaction in visit.transactions if transaction.token_ref is not None}
    if not verdicts:
        return "none"
    return "accepted" if False in verdicts else "refused"


def _energy_starts(visit: Visit) -> list[datetime]:
    """Where the register showed its start for the last time; the transaction's start where it never did."""
    starts = []
    for transaction in visit.transactions:
        if transaction.low is None or transaction.high is None or not _delivers(visit, transaction):
            continue
        at_base = transaction.low.register_wh == base_wh(transaction, visit.session_register)
        began = at_base and transaction.low.at <= transaction.high.at
        starts.append(transaction.low.at if began else transaction.started_at)
    return starts


def _energy_ends(visit: Visit) -> list[datetime]:
    return [
        transaction.high.at
        for transaction in visit.transactions
        if transaction.high is not None and _delivers(visit, transaction)
    ]


def _delivers(visit: Visit, transaction: Transaction) -> bool:
    return delivered_wh(transaction, visit.session_register) > 0


def _suspect(visit: Visit) -> tuple[str, ...]:
    found = set(visit.suspect)
    for transaction in visit.transactions:
        if went_back(transaction, visit.session_register):
            found.add("register_went_back")
        if transaction.start_wh is None and not transaction.adopted and not visit.session_register:
            found.add("start_register_unknown")
    return tuple(sorted(found))
