"""The second tombstone of what was erased, by which Kafka gets to compact the clear value away in a quiet partition."""

from datetime import datetime, timedelta

from volt_contracts.topics import DAY_MS
from volt_eventlog.message import Deadline

NAME = "tombstone"
RENEWED_AFTER = timedelta(milliseconds=8 * DAY_MS)
"""Longer than a segment of `drivers.profiles` may be open: the write closes the one that holds the clear value."""


def deadline(erased_at: datetime, renewed: bool) -> Deadline | None:
    """When the tombstone is written once more; None when it was."""
    return None if renewed else Deadline(NAME, erased_at + RENEWED_AFTER)
