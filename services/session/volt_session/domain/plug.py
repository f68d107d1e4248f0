"""What the connector's status says of visits: plugged, charging or not, unplugged."""

from datetime import datetime, timedelta

from volt_contracts.fact import FactTime
from volt_contracts.session import ChargingStateChanged, TransactionJoined
from volt_contracts.station import ChargingState, ConnectorStatusChanged, SuspendedBy
from volt_eventlog.message import Message
from volt_session.domain.curve import state_at
from volt_session.domain.decision import Decision
from volt_session.domain.ending import NO_STATUS, end
from volt_session.domain.order import is_ours
from volt_session.domain.revising import revise
from volt_session.domain.session import SUSPENDED_BY, Ended, Open, Running, Stopped, Visit, at_evse, current, running
from volt_session.domain.summary import last_sign
from volt_session.domain.visit import was_plugged
from volt_session.domain.visits import begin

JUST_STARTED = timedelta(seconds=60)
"""A station may send `Preparing` after the start that followed it."""
TIME_TO_PLUG_IN = timedelta(minutes=5)
"""A transaction may start with the token; until then `Available` does not say that the car has left."""


def status(d: Decision, message: Message) -> None:
    """StatusNotification. EVSE 0 is the station itself; Faulted and Unavailable do not tell whether a car is there.

    A connector that is Reserved is free (OCPP 1.6 §4.9).
    """
    fact: ConnectorStatusChanged = message.body
    if fact.evse == 0:
        return
    if fact.status in ("Available", "Reserved"):
        _free(d, fact)
    elif fact.status == "Occupied" and fact.live:
        _occupied(d, fact)


def note_state(
    d: Decision,
    visit: Open | Ended,
    state: ChargingState,
    time: FactTime,
    at: datetime | None = None,
    suspended_by: SuspendedBy | None = None,
    *,
    by_connector: bool = False,
) -> None:
    """ChargingStateChanged, when it did change, or when it is the first that the connector's status says of a plug.

    `at`: when it did, if not at the fact's own time.
    """
    at = at or time.at
    if state_at(visit.changes, at) == state and not (by_connector and _first_said(visit, state)):
        return
    d.emit(
        ChargingStateChanged(
            session_id=visit.session_id,
            charging_state=state,
            suspended_by=suspended_by or SUSPENDED_BY.get(state),
            reported_by="connector" if by_connector else "transaction",
            stop_until=None if state != "Idle" or is_ours(time) else d.now + NO_STATUS,
            at=at,
        )
    )


def _first_said(visit: Open | Ended, state: ChargingState) -> bool:
    """Whether no status said before that the visit's car is there, or has left."""
    if isinstance(visit, Ended):
        return False
    return visit.unplugged_at is None if state == "Idle" else visit.plugged_at is None


def _occupied(d: Decision, fact: ConnectorStatusChanged) -> None:
    visit: Open | Ended | None = current(d.state, fact.evse)
    if visit is None:
        visit = _placed(d, fact)
    if visit is None or (isinstance(visit, Open) and _next_car(visit, fact)):
        visit = begin(
            d,
            opened_by="plugged",
            evse=fact.evse,
            connector=fact.connector,
            at=max([fact.time.at, *_former_times(d, fact.evse)]),
            hardware_epoch=d.state.hardware_epoch,
            suspect=fact.suspect,
            resumed=_was_there_before(fact),
        )
    note_state(d, visit, fact.charging_state or _connected(visit, fact.time.at), fact.time, by_connector=True)


def _was_there_before(fact: ConnectorStatusChanged) -> bool:
    """Whether the car was there before the link came back, so that its start is yet to come: it is seen as the link
    comes back and nothing says that it has just come, or a charge of it is over of which no start was heard."""
    return fact.status_as_sent == "Finishing" or (fact.resumed and fact.status_as_sent != "Preparing")


def _placed(d: Decision, fact: ConnectorStatusChanged) -> Open | Ended | None:
    """A transaction that began before its EVSE was said is most likely here: the latest one that waits for a plug.

    Should it say another EVSE later, its visit moves there (`transactions.updated`).
    """
    placeless = [visit for visit in d.state.visits if isinstance(visit, Open) and visit.evse == 0 and running(visit)]
    if not placeless:
        return None
    visit = max(placeless, key=lambda candidate: candidate.started_at)
    transaction = running(visit)[-1]
    d.emit(moved(visit, transaction, fact.evse, fact.connector))
    return d.visit(visit.session_id)


def moved(visit: Open | Ended, transaction: Running | Stopped, evse: int, connector: int) -> TransactionJoined:
    """Where a visit's transaction runs became known."""
    return TransactionJoined(
        session_id=visit.session_id,
        transaction_uid=transaction.uid,
        protocol_id=transaction.protocol_id,
        hardware_epoch=transaction.hardware_epoch,
        started_at=transaction.started_at,
        register_wh=transaction.start_wh,
        adopted=transaction.adopted,
        evse=evse,
        connector=connector,
    )


def _former_times(d: Decision, evse: int) -> list[datetime]:
    """What is live cannot have begun before the visit that it follows, whatever the station's clock says."""
    latest = at_evse(d.state, evse)[-1:]
    return [moment for visit in latest for moment in (visit.started_at, visit.unplugged_at) if moment is not None]


def _connected(visit: Open | Ended, at: datetime) -> ChargingState:
    """2.x says no more than `Occupied`: the state is the one that the transaction told, if it told any."""
    in_force = state_at(visit.changes, at)
    return "EVConnected" if in_force in (None, "Idle") else in_force


def _next_car(visit: Open, fact: ConnectorStatusChanged) -> bool:
    """Whether the plug is new although nobody said that the former car has left.

    A visit that no status was heard of has transactions from before the link; `Preparing` is none of theirs.
    """
    if fact.charging_state not in (None, "EVConnected"):
        return False
    if visit.unplugged_at is not None:
        return True
    if fact.status_as_sent != "Preparing" or visit.plugged_at is not None:
        return False
    return all(fact.time.at - transaction.started_at > JUST_STARTED for transaction in visit.transactions)


def _free(d: Decision, fact: ConnectorStatusChanged) -> None:
    at = fact.time.at
    visit = current(d.state, fact.evse) if fact.live else None
    if visit is None:
        _left_unseen(d, fact)
    elif not _same_connector(visit, fact):
        return
    elif running(visit):
        if not was_plugged(visit) and at - running(visit)[-1].started_at < TIME_TO_PLUG_IN:
            return
        left_at = max([at, *(change.at for change in visit.changes[-1:])])
        note_state(d, visit, "Idle", fact.time, left_at, by_connector=True)
    else:
        end(d, visit, "station", unplugged_at=at)


def _same_connector(visit: Visit, fact: ConnectorStatusChanged) -> bool:
    return 0 in (visit.connector, fact.connector) or visit.connector == fact.connector


def _left_unseen(d: Decision, fact: ConnectorStatusChanged) -> None:
    """An unplugging that is told late ends, or revises, the visit of that time when nothing came after it."""
    at = fact.time.at
    earlier = [visit for visit in at_evse(d.state, fact.evse) if visit.started_at <= at]
    if not earlier or not _same_connector(earlier[-1], fact):
        return
    visit = earlier[-1]
    if visit.unplugged_at is not None or running(visit) or last_sign(visit) > at:
        return
    if isinstance(visit, Open):
        end(d, visit, "station", unplugged_at=at)
    elif visit.plugged_at is not None:
        revise(d, visit, "unplugged", unplugged_at=at)
