"""StatusNotification: each is a fact once; a late one changes history and not the present."""

from datetime import datetime

from volt_contracts.station import ConnectorStatusChanged
from volt_station.domain import links, marks
from volt_station.domain.heard import Status
from volt_station.domain.limits import IN_A_ROW
from volt_station.domain.state import NO_EVSE, Connector
from volt_station.domain.turn import Source, Turn


def changed(turn: Turn, status: Status, source: Source) -> None:
    """A connector's status. Repetitions (same connector, timestamp and status) say nothing.

    Where all timestamps are the same, or there are none, only the present status said again is one.
    """
    evse = turn.state.evses.get(status.evse, NO_EVSE)
    known = evse.connectors.get(status.connector)
    live = _is_live(status, known, links.open_since(turn.state.link, source.frame.link_id))
    event = ConnectorStatusChanged(
        time=status.time,
        frame=source.frame,
        decoder=source.decoder,
        suspect=source.suspect,
        evse=status.evse,
        connector=status.connector,
        status=status.status,
        status_as_sent=status.as_sent,
        charging_state=status.charging_state,
        error_code=status.error_code,
        vendor_id=status.vendor_id,
        vendor_error_code=status.vendor_error_code,
        info=status.info,
        live=live,
        resumed=live and (known is None or known.link_seq != source.frame.link_seq),
    )
    if status.time.sent is None or "clock_stuck" in source.suspect:
        if known is not None and known.said == marks.of_condition(event):
            return
    elif marks.bears(evse.seen, marks.of_status(event)):
        return
    turn.say(event)


def _is_live(status: Status, known: Connector | None, linked_at: datetime | None) -> bool:
    """An offline one is history whatever the clock. Times of one good clock can be compared: they tell what was queued
    for less than a minute, and statuses that change places. What was made since the link is open and comes longer
    after the one on record is later, whatever it says: the clock was set back a little."""
    if status.time.is_history:
        return False
    if status.time.clock != "good" or known is None or known.at is None:
        return True
    if status.time.at >= known.at:
        return True
    in_a_row = known.heard_at is None or status.time.received_at - known.heard_at <= IN_A_ROW
    return not in_a_row and linked_at is not None and status.time.at >= linked_at
