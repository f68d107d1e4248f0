"""Which connections did a station have, and how did each end? Table `station_links` of the view `live_stations`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from volt_console.views.upsert import Group, place
from volt_contracts import station
from volt_eventlog.message import Message
from volt_eventlog.view import Statement

KEPT = timedelta(days=90)
"""How long a link that is over stays, by the log's own time."""
FORGET_EVERY = 256
"""Offsets of a partition between two looks for old ones."""

LINKS = """
    tenant text NOT NULL,
    station_uid text NOT NULL,
    link_id text NOT NULL,
    log_partition integer NOT NULL,
    protocol text,
    remote_address text,
    gateway_id text,
    security_profile integer,
    up_at timestamptz,
    up_offset bigint,
    lost_at timestamptz,
    lost_recorded_at timestamptz,
    cause text,
    code integer,
    lost_offset bigint,
    PRIMARY KEY (tenant, station_uid, link_id)
"""

INDEXES = (
    "CREATE INDEX IF NOT EXISTS station_links_latest_g{g} ON {station_links} (tenant, station_uid, up_at DESC)",
    "CREATE INDEX IF NOT EXISTS station_links_age_g{g} ON {station_links} (log_partition, lost_recorded_at)",
)

COMPARED = (
    "tenant, station_uid, link_id, protocol, remote_address, gateway_id, security_profile, up_at, lost_at, cause, code"
)


def _group(guard: str, **columns: str) -> Group:
    key = {"tenant": "text", "station_uid": "text", "link_id": "text"}
    return Group("station_links", key, columns, guard, fixed={"log_partition": "integer"})


UP = _group(
    "up_offset",
    protocol="text",
    remote_address="text",
    gateway_id="text",
    security_profile="integer",
    up_at="timestamptz",
)
LOST = _group("lost_offset", lost_at="timestamptz", lost_recorded_at="timestamptz", cause="text", code="integer")

_FORGET = (
    "DELETE FROM {station_links} WHERE log_partition = %(partition)s AND lost_recorded_at < %(before)s"
    " AND up_offset IS NOT NULL"
)


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold links; now and then forget those that were over before `KEPT`. Nothing is told of a link after its end."""
    ups, losses, forgets = [], [], []
    for message in batch:
        match message.body:
            case station.LinkUp() as up:
                ups.append(_up(message, up))
            case station.LinkLost() as lost:
                losses.append(_lost(message, lost))
            case _:
                continue
        if message.offset % FORGET_EVERY == 0:
            old = {"partition": message.partition, "before": message.at - KEPT}
            forgets.append(Statement(_FORGET, old))
    return [*UP.upsert(ups), *LOST.upsert(losses), *forgets]


def _up(message: Message, up: station.LinkUp) -> dict[str, Any]:
    return place(
        message,
        UP.guard,
        link_id=up.link_id,
        log_partition=message.partition,
        protocol=up.protocol,
        remote_address=up.remote_address,
        gateway_id=up.gateway_id,
        security_profile=up.security_profile,
        up_at=up.time.at,
    )


def _lost(message: Message, lost: station.LinkLost) -> dict[str, Any]:
    return place(
        message,
        LOST.guard,
        link_id=lost.link_id,
        log_partition=message.partition,
        lost_at=lost.time.at,
        lost_recorded_at=message.at,
        cause=lost.cause,
        code=lost.code,
    )
