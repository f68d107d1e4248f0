"""A whole charge in OCPP 1.6, and everything that can get in its way."""

from pathlib import Path

import pytest
from unit.simulator.simulator_central import Central, Heard, listening, until
from unit.simulator.simulator_central16 import central16
from unit.simulator.simulator_fleet import running
from websockets.asyncio.server import basic_auth

from volt_simulator.ledger import TransactionEntry

ONE_VISIT = "--versions 1.6 --until-sessions 1 --drain"


def the_stop_of(central: Central, entry: TransactionEntry) -> Heard:
    (stop,) = [one for one in central.of("StopTransaction") if one.payload["transactionId"] == entry.transaction_id]
    return stop


def assert_told_as_charged(central: Central, entry: TransactionEntry) -> None:
    """What the central system heard is what the ledger says."""
    start = next(one for one in central.of("StartTransaction") if one.payload["idTag"] == entry.token).payload
    stop = the_stop_of(central, entry).payload
    assert start["meterStart"] == entry.meter_start_wh
    assert stop["meterStop"] == entry.meter_stop_wh
    assert stop["meterStop"] - start["meterStart"] == entry.energy_wh
    assert start["timestamp"] == entry.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert entry.ended_at is not None
    assert stop["timestamp"] == entry.ended_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_a_whole_charge(tmp_path: Path) -> None:
    central = central16()
    async with listening(central), running(central, tmp_path, ONE_VISIT) as run:
        assert await run.task

    (entry,) = run.transactions()
    (visit,) = run.visits()
    assert entry.state == "ended"
    assert entry.acknowledged
    assert entry.energy_wh == visit.energy_wh > 0
    assert visit.plug_reported
    assert visit.unplug_reported
    assert_told_as_charged(central, entry)
    actions = [one.action for one in central.heard]
    assert actions[0] == "BootNotification"
    assert actions.index("Authorize") < actions.index("StartTransaction") < actions.index("StopTransaction")
    readings = [
        int(one.payload["meterValue"][0]["sampledValue"][0]["value"])
        for one in central.of("MeterValues")
        if one.payload["transactionId"] == entry.transaction_id
    ]
    assert readings
    assert readings == sorted(readings)
    assert entry.meter_start_wh <= readings[0]
    assert readings[-1] <= (entry.meter_stop_wh or 0)
    shown = [one.payload["status"] for one in central.of("StatusNotification") if one.payload["connectorId"] != 0]
    assert {"Available", "Preparing", "Charging"} <= set(shown)
    assert shown[-1] == "Available"
    assert run.fleet.counters.own_schema_errors == 0
    assert run.fleet.counters.bad_frames == 0


async def test_a_frame_sent_twice_is_one_transaction(tmp_path: Path) -> None:
    central = central16()
    flags = "--versions 1.6 --until-sessions 4 --drain --duplicates 1"
    async with listening(central), running(central, tmp_path, flags) as run:
        assert await run.task

    texts = [one.text for one in central.of("StartTransaction") + central.of("StopTransaction")]
    assert len(set(texts)) < len(texts), "nothing was sent twice"
    assert len(run.transactions()) == len({one.payload["timestamp"] for one in central.of("StartTransaction")})
    assert run.fleet.counters.duplicates > 0
    assert run.fleet.counters.conflicting_answers == 0


@pytest.mark.parametrize(("share", "ids"), [(0, 3), (1, 1)])
async def test_a_lost_answer_is_asked_for_again(tmp_path: Path, share: int, ids: int) -> None:
    central = central16()
    central.orders.swallow = lambda heard: (
        heard.action == "StartTransaction" and len(central.of("StartTransaction")) < 3
    )
    flags = f"{ONE_VISIT} --same-id-retries {share}"
    async with listening(central), running(central, tmp_path, flags) as run:
        assert await run.task

    starts = central.of("StartTransaction")
    assert len(starts) == 3
    assert all(one.payload == starts[0].payload for one in starts)
    assert len({one.message_id for one in starts}) == ids
    (entry,) = run.transactions()
    assert entry.acknowledged
    assert_told_as_charged(central, entry)
    assert run.fleet.counters.timeouts == 2


async def test_a_charge_goes_on_without_a_link_and_is_told_afterwards(tmp_path: Path) -> None:
    central = central16()
    async with running(central, tmp_path, ONE_VISIT) as run:
        async with listening(central):
            await until(lambda: central.of("MeterValues", answered=True), "a reading")
        await until(lambda: run.transactions()[0].state == "ended", "the charge ends while offline")
        before = len(central.heard)
        async with listening(central):
            assert await run.task

    (entry,) = run.transactions()
    assert not entry.started_offline
    assert entry.ended_offline
    assert entry.acknowledged
    assert_told_as_charged(central, entry)
    replayed = [one for one in central.heard[before:] if one.action in ("MeterValues", "StopTransaction")]
    assert replayed[-1].action == "StopTransaction"
    stamps = [one.payload["meterValue"][0]["timestamp"] for one in replayed[:-1]]
    assert stamps == sorted(stamps)
    assert central.links["CP-0001"] == 2


async def test_a_charge_that_began_offline_learns_its_id_later(tmp_path: Path) -> None:
    central = central16()
    async with running(central, tmp_path, ONE_VISIT) as run:
        await until(lambda: run.transactions() and run.transactions()[0].state == "ended", "a charge while offline")
        assert run.transactions()[0].transaction_id is None
        assert run.transactions()[0].authorization == "offline"
        assert not run.visits()[0].unplug_reported
        async with listening(central):
            assert await run.task

    (entry,) = run.transactions()
    assert entry.started_offline
    assert entry.acknowledged
    assert entry.transaction_id is not None
    assert_told_as_charged(central, entry)
    assert central.heard[0].action == "BootNotification"
    assert not central.of("Authorize")


async def test_a_station_that_discards_gives_the_transaction_up(tmp_path: Path) -> None:
    central = central16()
    central.orders.swallow = lambda heard: heard.action == "StartTransaction"
    flags = f"{ONE_VISIT} --call-timeout 0.1 --retry-interval 0.05 --discard-after-attempts"
    async with listening(central), running(central, tmp_path, flags) as run:
        assert await run.task

    (entry,) = run.transactions()
    assert entry.discarded
    assert not entry.acknowledged
    assert entry.transaction_id is None
    assert len(central.of("StartTransaction")) == 3
    assert not central.of("StopTransaction")


async def test_a_station_that_keeps_never_gives_up(tmp_path: Path) -> None:
    central = central16()
    central.orders.swallow = lambda heard: heard.action == "StopTransaction" and len(central.of("StopTransaction")) < 6
    flags = f"{ONE_VISIT} --call-timeout 0.1 --retry-interval 0.05"
    async with listening(central), running(central, tmp_path, flags) as run:
        assert await run.task

    (entry,) = run.transactions()
    assert entry.acknowledged
    assert len(central.of("StopTransaction")) == 6


async def test_a_refused_token_does_not_charge(tmp_path: Path) -> None:
    central = central16()
    central.orders.refused_tokens = frozenset({"BAD"})
    async with listening(central), running(central, tmp_path, f"{ONE_VISIT} --tokens BAD") as run:
        assert await run.task

    (visit,) = run.visits()
    assert visit.transactions == 0
    assert visit.token is None
    assert not central.of("StartTransaction")


async def test_a_token_refused_after_the_start_ends_the_charge(tmp_path: Path) -> None:
    central = central16()
    central.orders.refused_starts = frozenset({"LATE"})
    async with listening(central), running(central, tmp_path, f"{ONE_VISIT} --tokens LATE") as run:
        assert await run.task

    (entry,) = run.transactions()
    assert entry.refused
    assert entry.reason == "DeAuthorized"
    assert the_stop_of(central, entry).payload["reason"] == "DeAuthorized"


async def test_nothing_is_said_before_the_boot_is_accepted(tmp_path: Path) -> None:
    central = central16()
    central.orders.boot_status = ["Rejected", "Pending"]
    async with listening(central), running(central, tmp_path, ONE_VISIT) as run:
        assert await run.task

    actions = [one.action for one in central.heard]
    assert actions[:3] == ["BootNotification"] * 3
    assert "BootNotification" not in actions[3:]
    assert all(entry.acknowledged for entry in run.transactions())


async def test_an_unset_clock_counts_from_1970_and_the_ledger_knows_the_time(tmp_path: Path) -> None:
    central = central16()
    async with listening(central), running(central, tmp_path, f"{ONE_VISIT} --unset-clocks 1") as run:
        assert await run.task

    (entry,) = run.transactions()
    assert entry.clock == "unset"
    assert entry.started_at.year > 2000
    assert all(one.payload["timestamp"].startswith("1970-01-01T00:0") for one in central.of("StartTransaction"))


async def test_a_session_register_begins_at_zero_every_time(tmp_path: Path) -> None:
    central = central16()
    flags = "--versions 1.6 --until-sessions 3 --drain --session-registers 1"
    async with listening(central), running(central, tmp_path, flags) as run:
        assert await run.task

    assert len(run.transactions()) >= 3
    assert {one.payload["meterStart"] for one in central.of("StartTransaction")} == {0}
    assert all(entry.register == "session" and entry.meter_stop_wh == entry.energy_wh for entry in run.transactions())


async def test_a_late_stop_comes_after_the_status(tmp_path: Path) -> None:
    central = central16()
    flags = "--versions 1.6 --duration 60 --late-stops 1 --late-stop-seconds 0.4"
    async with listening(central), running(central, tmp_path, flags) as run:
        await until(lambda: central.of("StopTransaction", answered=True), "a late stop")

    (stop,) = central.of("StopTransaction")
    connector = central.of("StartTransaction")[0].payload["connectorId"]
    before = [one.payload for one in central.heard[: central.heard.index(stop)] if one.action == "StatusNotification"]
    shown = [payload["status"] for payload in before if payload["connectorId"] == connector]
    assert shown[-1] == "Available"
    assert run.transactions()[0].ended_at is not None


async def test_a_driver_with_second_thoughts_makes_two_transactions_in_one_visit(tmp_path: Path) -> None:
    central = central16()
    async with listening(central), running(central, tmp_path, f"{ONE_VISIT} --second-thoughts 1") as run:
        assert await run.task

    first, second = sorted(run.transactions(), key=lambda entry: entry.transaction)
    (visit,) = run.visits()
    assert visit.transactions == 2
    assert visit.energy_wh == first.energy_wh + second.energy_wh
    assert second.meter_start_wh == first.meter_stop_wh
    assert first.transaction_id != second.transaction_id


async def test_a_password_opens_the_door(tmp_path: Path) -> None:
    central = central16()
    door = basic_auth(realm="charging", credentials=("CP-0001", "right"))
    async with listening(central, process_request=door):
        async with running(central, tmp_path, f"{ONE_VISIT} --password wrong") as run:
            await until(lambda: run.fleet.counters.links_refused > 1, "the door stays closed")
            assert run.fleet.counters.links_opened == 0
        async with running(central, tmp_path, f"{ONE_VISIT} --password right") as run:
            assert await run.task
    assert all(entry.acknowledged for entry in run.transactions())
