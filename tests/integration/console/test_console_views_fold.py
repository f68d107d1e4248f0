"""However the log is cut into batches, delayed or read again, the console's tables hold the same rows."""

from decimal import Decimal
from random import Random

import pytest
from integration.console.console_database import Tables
from unit.console.console_drivers import Card, Person
from unit.console.console_imports import import_in_parts
from unit.console.console_log import Log
from unit.console.console_newcomers import refuse, register
from unit.console.console_places import called, registered
from unit.console.console_story import Charger, Visit, command, parked, tell_variables

from volt_contracts import session
from volt_contracts.topics import NETWORK_STATION_EVENTS, STATION_EVENTS

pytestmark = pytest.mark.postgres


def _history() -> Log:
    """Five stations, interleaved, with every kind of fact that a view folds."""
    log = Log()
    chargers = [Charger(log, f"CP-{number}") for number in range(5)]
    for charger in chargers:
        charger.connect()
        charger.boot()
    for number in range(3):
        visits = [Visit(charger, connector=1 + number % 2) for charger in chargers]
        for visit in visits:
            visit.plug()
        for visit in visits:
            visit.start("Accepted" if visit.charger.identity != "CP-3" else "Blocked")
        for minute in range(6):
            for visit in visits:
                visit.meter(7_400, soc=40 + minute)
        for visit in visits[: 4 - number]:
            visit.suspend()
            visit.stop()
            visit.unplug()
        visits[0].revise(Decimal("999.5"))
        visits[1].finalise()
        chargers[4].status(2, "Faulted", error="GroundFailure")
        chargers[2].lose_link()
        chargers[2].connect()
        command(chargers[1], "Reset", "accepted")
        tell_variables(chargers[1], HeartbeatInterval=str(number), AuthorizeRemoteTxRequests="true")
        log.append(STATION_EVENTS, f"CP-{number}", parked(log))
        _refusals(log, number)
        Card(log, f"token-{number % 2}", version=number).said()
        Person(log, f"account-{number % 2}", version=number).registered()
        import_in_parts(log, number)
        _places(log, number)
    return log


def _places(log: Log, number: int) -> None:
    """Stations come to a location that is called otherwise each time."""
    place = session.Place(location="harbour", location_id="harbour")
    station = registered(log, f"CP-{number}", version=number + 1, place=place)
    log.append(NETWORK_STATION_EVENTS, f"CP-{number}", station)
    called(log, f"Pier {number}", number + 1)


def _refusals(log: Log, number: int) -> None:
    """Several days of stations that do not get in, some of them in the end."""
    for reason in ("unknown_station", "wrong_password", "malformed_upgrade", "not_ready"):
        for count in range(1, 5):
            refuse(log, f"CP-{number}", reason, count=count)
            refuse(log, f"CP-X{number % 2}", reason, path="/ocpp" if number else None)
            log.wait(20_000)
    register(log, f"CP-X{number % 2}", profile=number)


async def test_batches_of_any_size_and_order_give_the_same_rows(database: str) -> None:
    log = _history()
    async with Tables(database) as whole:
        await whole.apply(log.messages)
        expected = await whole.rows()
    assert [name for name, rows in expected.items() if not rows] == [], "every table has rows"
    for seed in range(5):
        async with Tables(database) as cut:
            await cut.apply(log.messages, Random(seed))
            assert await cut.rows() == expected


async def test_reading_the_log_again_changes_nothing(database: str) -> None:
    log = _history()
    async with Tables(database) as tables:
        await tables.apply(log.messages)
        expected = await tables.rows()
        await tables.apply(log.messages)
        await tables.apply(log.messages, Random(7))
        assert await tables.rows() == expected
