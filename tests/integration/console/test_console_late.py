"""What the tables answer when facts come late, out of order, or for the last time."""

from datetime import timedelta
from decimal import Decimal

import pytest
from integration.console.console_stage import staged
from unit.console.console_log import Log
from unit.console.console_places import called, registered
from unit.console.console_story import Charger, Visit

from volt_console.queries import sessions, stations
from volt_contracts import network, session
from volt_contracts.topics import NETWORK_STATION_EVENTS, SESSION_EVENTS

pytestmark = pytest.mark.postgres


async def test_what_is_told_late_changes_nothing_of_the_present(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    visit.meter(9_000, minutes=60, soc=60)
    hours_ago = log.now - timedelta(hours=2)
    late = session.SessionMetered(
        session_id=visit.id, at=hours_ago, energy_wh=Decimal(4), power_w=Decimal(1), soc_percent=Decimal(5)
    )
    paused = session.ChargingStateChanged(session_id=visit.id, charging_state="SuspendedEV", at=hours_ago)
    for body in (late, paused):
        log.append(SESSION_EVENTS, "CP-1", body)
    async with staged(database, log) as stage:
        found = await sessions.session(stage.console.database, "demo", visit.id)
    assert found is not None
    assert (found.energy_wh, found.power_w, found.soc_percent) == (Decimal(9_000), Decimal(9_000), Decimal(60))
    assert found.charging_state != "SuspendedEV"


async def test_a_clock_that_went_back_does_not_hold_the_energy_of_a_visit(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    visit.meter(9_000, minutes=60)
    back = log.now - timedelta(minutes=30)
    log.append(SESSION_EVENTS, "CP-1", session.SessionMetered(session_id=visit.id, at=back, energy_wh=Decimal(9_500)))
    async with staged(database, log) as stage:
        found = await sessions.session(stage.console.database, "demo", visit.id)
    assert found is not None
    assert found.energy_wh == Decimal(9_500)


async def test_a_station_that_went_to_another_tenant_says_so_until_it_is_registered_anew(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    to = network.Moved(tenant="south", station_uid="x")
    log.append(NETWORK_STATION_EVENTS, "CP-1", network.StationMoved(version=2, transfer_id="t", to=to, at=log.now))
    async with staged(database, log) as stage:
        found = await stations.station(stage.console.database, "demo", log.uid("CP-1"))
        assert found is not None
        assert found.moved_to == "south"
        log.append(
            NETWORK_STATION_EVENTS,
            "CP-1",
            registered(log, "CP-1", version=3),
        )
        await stage.show()
        found = await stations.station(stage.console.database, "demo", log.uid("CP-1"))
        assert found is not None
        assert found.moved_to is None


@pytest.mark.parametrize("first", ["station", "location"])
async def test_a_station_stands_where_its_location_is_called_now(database: str, first: str) -> None:
    """An import registers a station before its location has a name; a location may be given another name later."""
    log = Log()
    place = session.Place(location="harbour", location_id="harbour")
    for name in sorted(("station", "location"), key=lambda name: name != first):
        if name == "station":
            log.append(NETWORK_STATION_EVENTS, "CP-1", registered(log, "CP-1", place=place))
        else:
            called(log, "Harbour Garage", 1)
    async with staged(database, log) as stage:

        async def location() -> str | None:
            await stage.show()
            found = await stations.station(stage.console.database, "demo", log.uid("CP-1"))
            return None if found is None else found.location

        assert await location() == "Harbour Garage"
        called(log, "Pier 7", 2)
        assert await location() == "Pier 7"
        log.append(NETWORK_STATION_EVENTS, "CP-1", registered(log, "CP-1", version=2, place=place))
        assert await location() == "Pier 7"
        log.append(NETWORK_STATION_EVENTS, "CP-1", registered(log, "CP-1", version=3))
        assert await location() is None
