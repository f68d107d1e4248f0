"""What later facts changed of a visit, and why? Table `session_revisions` of the view `live_sessions`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from volt_console.views.upsert import Group, place
from volt_contracts import session
from volt_eventlog.message import Message
from volt_eventlog.view import Statement

REVISIONS = """
    tenant text NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    revision integer NOT NULL,
    station_uid text NOT NULL,
    at timestamptz,
    reason text,
    before jsonb,
    after jsonb,
    revised_offset bigint,
    PRIMARY KEY (tenant, session_id, revision)
"""

COMPARED = "tenant, session_id, revision, station_uid, at, reason, before, after"

REVISED = Group(
    "session_revisions",
    {"tenant": "text", "session_id": "text", "revision": "integer"},
    {"at": "timestamptz", "reason": "text", "before": "jsonb", "after": "jsonb"},
    "revised_offset",
    fixed={"station_uid": "text"},
)


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold the revisions of visits."""
    revised = [_revised(message, message.body) for message in batch if isinstance(message.body, session.SessionRevised)]
    return list(REVISED.upsert(revised))


def _revised(message: Message, body: session.SessionRevised) -> dict[str, Any]:
    return place(
        message,
        REVISED.guard,
        session_id=body.session_id,
        revision=body.revision,
        at=body.at,
        reason=body.reason,
        before=_json(body.before),
        after=_json(body.after),
    )


def _json(fields: dict[str, msgspec.Raw]) -> str:
    """JSON for a jsonb column, which takes no NUL."""
    return msgspec.json.encode(fields).decode().replace("\\u0000", "\\ufffd")
