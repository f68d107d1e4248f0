"""A mixed fleet with every fault against a central system that loses answers and links: in the end all is told."""

from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from unit.simulator.simulator_central import Central, Heard, listening, until
from unit.simulator.simulator_central2 import Point21, Point201
from unit.simulator.simulator_central16 import Point16
from unit.simulator.simulator_fleet import running

from volt_simulator.fleet import Fleet
from volt_simulator.ledger import TransactionEntry

POINTS: dict[str, Any] = {"ocpp1.6": Point16, "ocpp2.0.1": Point201, "ocpp2.1": Point21}
FLEET = (
    "--stations 12 --until-sessions 40 --drain --tokens SIM0001..SIM0050 --unset-clocks 0.2 --session-registers 0.2 "
    "--duplicates 0.3 --late-stops 0.2 --late-stop-seconds 0.3 --second-thoughts 0.1 --same-id-retries 0.5 "
    "--call-timeout 0.3"
)


def point_for(station: str, tap: Any, central: Central) -> Any:
    return POINTS[tap.subprotocol](station, tap, central)


def told(central: Central, entry: TransactionEntry) -> tuple[int, int, str | None]:
    """Start register, stop register and token of a transaction as the central system acknowledged them."""
    if entry.version == "1.6":
        stop = next(one for one in central.of("StopTransaction", True) if is_of(one, entry)).payload
        start = central.started[(entry.station, int(stop["transactionId"]))]
        return start["meterStart"], stop["meterStop"], start["idTag"]
    events = [one.payload for one in central.of("TransactionEvent", True) if is_of(one, entry)]
    assert {event["seqNo"] for event in events} == set(range(max(event["seqNo"] for event in events) + 1))
    registers = {
        event["eventType"]: int(event["meterValue"][-1]["sampledValue"][0]["value"])
        for event in events
        if event["eventType"] != "Updated"
    }
    token = next((event["idToken"]["idToken"] for event in events if "idToken" in event), None)
    return registers["Started"], registers["Ended"], token


def is_of(heard: Heard, entry: TransactionEntry) -> bool:
    payload = heard.payload
    named = payload.get("transactionId", payload.get("transactionInfo", {}).get("transactionId"))
    return heard.station == entry.station and named == entry.transaction_id


def has_ended(fleet: Fleet, number: int) -> bool:
    return fleet.counters.transactions_ended >= number


async def test_everything_that_was_charged_is_told_in_the_end(tmp_path: Path) -> None:
    chance = Random(7)
    central = Central(point_for)
    central.orders.swallow = lambda heard: chance.random() < 0.08
    async with running(central, tmp_path, FLEET) as run:
        for _ in range(3):
            async with listening(central):
                goal = run.fleet.counters.transactions_ended + 8
                await until(partial(has_ended, run.fleet, goal), "eight more charges")
        async with listening(central):
            assert await run.task

    counters = run.fleet.counters
    assert len(run.visits()) == counters.visits_ended >= 40
    assert len(run.transactions()) == counters.transactions_ended
    for entry in run.transactions():
        assert entry.acknowledged
        assert told(central, entry) == (entry.meter_start_wh, entry.meter_stop_wh, entry.token)
    energy = sum(entry.energy_wh for entry in run.transactions())
    assert energy == sum(visit.energy_wh for visit in run.visits()) > 0
    assert counters.timeouts > 0
    assert counters.links_opened > 12
    assert (counters.discarded, counters.conflicting_answers, counters.own_schema_errors) == (0, 0, 0)
