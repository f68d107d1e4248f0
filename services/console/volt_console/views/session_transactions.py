"""Which transactions of the station made up a visit? Table `session_transactions` of the view `live_sessions`."""

from collections.abc import Sequence
from typing import Any

from volt_console.views.upsert import Group, place
from volt_contracts import session
from volt_eventlog.message import Message
from volt_eventlog.view import Statement

TRANSACTIONS = """
    tenant text NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    transaction_uid text NOT NULL,
    station_uid text NOT NULL,
    protocol_id text,
    started_at timestamptz,
    start_register_wh numeric,
    joined_offset bigint,
    ended_at timestamptz,
    end_register_wh numeric,
    stop_reason text,
    left_offset bigint,
    PRIMARY KEY (tenant, session_id, transaction_uid)
"""

INDEXES = (
    "CREATE INDEX IF NOT EXISTS session_transactions_uid_g{g} ON {session_transactions} (tenant, transaction_uid)",
    "CREATE INDEX IF NOT EXISTS session_transactions_protocol_g{g} ON {session_transactions}"
    " (tenant, protocol_id, started_at DESC)",
)

COMPARED = (
    "tenant, session_id, transaction_uid, station_uid, protocol_id, started_at, start_register_wh, ended_at,"
    " end_register_wh, stop_reason"
)


def _group(guard: str, **columns: str) -> Group:
    key = {"tenant": "text", "session_id": "text", "transaction_uid": "text"}
    return Group("session_transactions", key, columns, guard, fixed={"station_uid": "text"})


JOINED = _group("joined_offset", protocol_id="text", started_at="timestamptz", start_register_wh="numeric")
LEFT = _group("left_offset", ended_at="timestamptz", end_register_wh="numeric", stop_reason="text")


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold the transactions of visits."""
    joined = [
        _joined(message, message.body) for message in batch if isinstance(message.body, session.TransactionJoined)
    ]
    left = [_left(message, message.body) for message in batch if isinstance(message.body, session.TransactionLeft)]
    return [*JOINED.upsert(joined), *LEFT.upsert(left)]


def _joined(message: Message, body: session.TransactionJoined) -> dict[str, Any]:
    return place(
        message,
        JOINED.guard,
        session_id=body.session_id,
        transaction_uid=body.transaction_uid,
        protocol_id=body.protocol_id,
        started_at=body.started_at,
        start_register_wh=body.register_wh,
    )


def _left(message: Message, body: session.TransactionLeft) -> dict[str, Any]:
    return place(
        message,
        LEFT.guard,
        session_id=body.session_id,
        transaction_uid=body.transaction_uid,
        ended_at=body.ended_at,
        end_register_wh=body.register_wh,
        stop_reason=body.reason,
    )
