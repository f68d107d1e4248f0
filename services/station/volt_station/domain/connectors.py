"""StatusNotification: each is a fact once; a late one changes history and not the present."""

from datetime import datetime

from msgspec.structs import replace

from volt_contracts.station import ConnectorStatusChanged
from volt_station.domain import links, marks
from volt_station.domain.heard import Status
from volt_station.domain.limits import IN_A_ROW, LATE_AFTER
from volt_station.domain.state import NO_EVSE, Connector
from volt_station.domain.turn import Source, Turn


def changed(turn: Turn, status: Status, source: Source) -> None:
    """A connector's status. Repetitions (same connector, timestamp and status) say nothing.

    Where timestamps are all the same, or there are none, only the present status said again is one.
    """
    evse = turn.state.evses.get(status.evse, NO_EVSE)
    known = evse.connectors.get(status.connector)
    if _was_set_back(status, known):
        status = replace(status, time=replace(status.time, clock="offset", offline="no"))
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
    if status.time.sent is None or "clock_stuck" in source.suspect or _shows_the_same(status, known, source):
        if known is not None and known.said == marks.of_condition(event):
            return
    elif marks.bears(evse.seen, marks.of_status(event)):
        return
    turn.say(event)


def _shows_the_same(status: Status, known: Connector | None, source: Source) -> bool:
    """Whether it bears the time that the connector's statuses on this link have borne for a while: the clock may not
    yet be known to stand still, but no station repeats what it told long before while the link is open."""
    if known is None or known.link_seq != source.frame.link_seq:
        return False
    time = status.time
    return not time.is_history and time.at == known.at and time.received_at - known.at_since > IN_A_ROW


def _was_set_back(status: Status, known: Connector | None) -> bool:
    """Whether it seems late but cannot have been queued, for it says that it is from before what was: it is the present
    status of a station whose clock was set back by hours while there was no link (OCPP 1.6 §4.9)."""
    if status.time.offline != "inferred" or known is None or known.settled_at is None:
        return False
    return status.time.at < known.settled_at - LATE_AFTER


def _is_live(status: Status, known: Connector | None, linked_at: datetime | None) -> bool:
    """An offline one is history whatever the clock. Times of one good clock can be compared: they tell what was queued
    for less than a minute, and statuses that change places. What was made since the link is open and comes longer
    after the one on record is later, whatever it says: the clock was set back a little."""
    if status.time.is_history:
        return False
    if status.time.clock != "good" or known is None or not known.clocked:
        return True
    if status.time.at >= known.at:
        return True
    in_a_row = status.time.received_at - known.heard_at <= IN_A_ROW
    return not in_a_row and linked_at is not None and status.time.at >= linked_at
