"""StatusNotification: each is a fact once; a late one changes history and not the present."""

from volt_contracts.station import ConnectorStatusChanged
from volt_station.domain import marks
from volt_station.domain.heard import Status
from volt_station.domain.state import NO_EVSE, Connector
from volt_station.domain.turn import Source, Turn


def changed(turn: Turn, status: Status, source: Source) -> None:
    """A connector's status. Repetitions (same connector, timestamp and status) say nothing.

    Where all timestamps are the same, or there are none, only the present status said again is one.
    """
    evse = turn.state.evses.get(status.evse, NO_EVSE)
    known = evse.connectors.get(status.connector)
    live = _is_live(status, known)
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


def _is_live(status: Status, known: Connector | None) -> bool:
    """Times of one good clock can be compared; an offline one is history whatever the clock."""
    if status.time.offline in ("reported", "inferred"):
        return False
    if status.time.clock != "good" or known is None or known.at is None:
        return True
    return status.time.at >= known.at
