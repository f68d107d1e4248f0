"""`/stations/{uid}/records`: all that is on record of a station, the newest first; each record can be opened."""

from volt_console.api.stations import RecordsAsked
from volt_console.console import Console
from volt_console.pages.address import address
from volt_console.pages.html import render
from volt_console.pages.steps import steps
from volt_console.queries import record_list
from volt_console.queries.stations import Station

LANES = {"": "all", "wire": "wire", "station": "station", "visit": "visits"}
DIRECTIONS = {"in": "the station called", "out": "it was called"}
ACTIONS = (
    "Authorize",
    "BootNotification",
    "DataTransfer",
    "MeterValues",
    "NotifyEvent",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "RequestStartTransaction",
    "RequestStopTransaction",
    "Reset",
    "StartTransaction",
    "StatusNotification",
    "StopTransaction",
    "TransactionEvent",
    "TriggerMessage",
    "UnlockConnector",
)
"""What is mostly looked for; any other can be typed."""


async def records_page(console: Console, station: Station, asked: RecordsAsked) -> str:
    """The page."""
    uid = station.station_uid
    page = await record_list.records(
        console.database, console.tenant, uid, asked.wanted, cursor=asked.cursor, limit=asked.limit
    )
    here, begin = f"/stations/{uid}/records", asked.model_copy(update={"cursor": None})
    return render(
        "records.html",
        here="stations",
        me=console.principal,
        station=station,
        asked=asked,
        steps=list(reversed(steps(list(reversed(page.items))))),
        path=here,
        lanes=LANES,
        actions=ACTIONS,
        directions=DIRECTIONS,
        first_page=address(here, begin) if asked.cursor else None,
        prev_page=address(here, begin, cursor=page.prev) if page.prev else None,
        next_page=address(here, begin, cursor=page.next) if page.next else None,
        sheet=address(f"/api/v1/stations/{uid}/timeline", begin, limit=None, format="csv"),
    )
