"""What happened, in the order of the log: at a station, or in one visit with all that led to it."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString

from pydantic import BaseModel, Field

from volt_console.queries.cursor import Page, after, log_key
from volt_console.queries.database import Database
from volt_console.queries.sessions import Session


class Record(BaseModel):
    """A record of the log. `at` is when it happened, `recorded_at` when the log took it."""

    topic: str
    partition: int
    offset: int
    rank: int = Field(exclude=True)
    station_uid: str
    recorded_at: datetime
    at: datetime
    type: str
    summary: str
    event_id: str
    causation_id: str | None
    correlation_id: str | None
    command_id: str | None
    trace_id: str | None
    session_id: str | None
    transaction_uid: str | None
    action: str | None = None
    """Of a frame."""
    direction: str | None = None
    """`in`: the station called; `out`: it was called."""

    @property
    def position(self) -> str:
        """Where the record lies, as `min_position` takes it."""
        return f"{self.topic}:{self.partition}:{self.offset}"


RANK: LiteralString = (
    "CASE topic WHEN 'gateway.frames' THEN 0 WHEN 'network.station.events' THEN 1"
    " WHEN 'station.events' THEN 2 ELSE 3 END"
)
"""Of records that the log took at the same moment, causes come first."""

COLUMNS = f"""
    topic, log_partition AS partition, log_offset AS "offset", {RANK} AS rank,
    station_uid, recorded_at, at, type, summary, event_id, causation_id, correlation_id, command_id, trace_id,
    session_id, transaction_uid, action, direction
"""

_OF_STATION = f"""
    SELECT * FROM (
      SELECT {COLUMNS} FROM console.station_timeline
      WHERE tenant = %(tenant)s AND station_uid = %(station_uid)s
      ORDER BY recorded_at DESC, rank DESC, log_offset DESC LIMIT %(limit)s
    ) AS latest ORDER BY recorded_at, rank, "offset"
"""

# The visit's own records; those of its transactions; its connector's statuses; the commands that it names, on their
# whole way; and, from all of these, up the chain of causes to the frames, which lie near the visit in the log.
_OF_SESSION = f"""
    WITH RECURSIVE part AS NOT MATERIALIZED (SELECT * FROM console.station_timeline
                                            WHERE tenant = %(tenant)s AND station_uid = %(station_uid)s),
    said AS MATERIALIZED (SELECT {COLUMNS} FROM part WHERE session_id = %(session_id)s),
    mine AS (SELECT min(recorded_at) - interval '1 minute' AS began, max(recorded_at) + interval '1 minute' AS ended
             FROM said),
    near AS MATERIALIZED (SELECT {COLUMNS} FROM part WHERE recorded_at >= (SELECT began FROM mine)
                          AND (%(running)s OR recorded_at <= (SELECT ended FROM mine))),
    own AS (
      SELECT * FROM said
      UNION SELECT {COLUMNS} FROM part WHERE transaction_uid = ANY(%(transactions)s)
      UNION SELECT {COLUMNS} FROM part
        WHERE type = 'station.connector_status_changed.v1' AND evse = %(evse)s AND connector = %(connector)s
          AND at BETWEEN %(opened_at)s AND %(closed_at)s AND recorded_at >= (SELECT began FROM mine)
          AND (%(running)s OR recorded_at <= (SELECT ended FROM mine))
    ),
    named AS (SELECT command_id FROM own WHERE command_id IS NOT NULL),
    ordered AS (
      SELECT command_id FROM named
      UNION SELECT unnest(ARRAY[command_id, station_command_id]) FROM console.command_outcomes
        WHERE tenant = %(tenant)s AND station_uid = %(station_uid)s
          AND (command_id IN (SELECT command_id FROM named) OR station_command_id IN (SELECT command_id FROM named))
    ),
    chain AS (
      SELECT * FROM own
      UNION SELECT {COLUMNS} FROM part WHERE command_id IN (SELECT command_id FROM ordered)
      UNION SELECT near.* FROM chain JOIN near ON near.event_id = chain.causation_id
    )
    SELECT * FROM chain
    WHERE %(from_at)s::timestamptz IS NULL
       OR (recorded_at, rank, "offset") > (%(from_at)s, %(from_rank)s::integer, %(from_offset)s::bigint)
    ORDER BY recorded_at, rank, "offset" LIMIT %(limit)s
"""

_AT = f"""
    SELECT {COLUMNS} FROM console.station_timeline
    WHERE tenant = %(tenant)s AND topic = %(topic)s AND log_partition = %(partition)s AND log_offset = %(offset)s
"""

FOREVER = datetime.max.replace(tzinfo=UTC)
SLACK = timedelta(seconds=2)
"""The status that opened or closed a visit may bear another second than the visit."""


async def of_station(database: Database, tenant: str, station_uid: str, limit: int = 60) -> list[Record]:
    """A station's latest records, oldest first."""
    return await database.all(Record, _OF_STATION, {"tenant": tenant, "station_uid": station_uid, "limit": limit})


async def of_session(
    database: Database, tenant: str, visit: Session, cursor: str | None = None, limit: int = 500
) -> Page[Record]:
    """A visit's records in the order of the log, with all that led to them.

    Raises:
        BadCursor: the cursor is none.
    """
    from_at, from_rank, from_offset = log_key(cursor) if cursor else (None, None, None)
    found = await database.all(
        Record,
        _OF_SESSION,
        {
            "tenant": tenant,
            "station_uid": visit.station_uid,
            "session_id": visit.session_id,
            "transactions": [transaction.transaction_uid for transaction in visit.transactions],
            "evse": visit.evse,
            "connector": visit.connector,
            "running": visit.state == "running",
            "opened_at": visit.opened_at - SLACK,
            "closed_at": FOREVER if visit.ended_at is None else visit.ended_at + SLACK,
            "from_at": from_at,
            "from_rank": from_rank,
            "from_offset": from_offset,
            "limit": limit + 1,
        },
    )
    more, found = len(found) > limit, found[:limit]
    last = found[-1] if more else None
    return Page(items=found, next=after(last.recorded_at, last.rank, last.offset) if last else None)


async def record_at(database: Database, tenant: str, topic: str, partition: int, offset: int) -> Record | None:
    """The record at a place of the log, when it belongs to the tenant."""
    wanted = {"tenant": tenant, "topic": topic, "partition": partition, "offset": offset}
    return await database.one(Record, _AT, wanted)
