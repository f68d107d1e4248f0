"""Charging profiles: which one holds when (pure), and what stations do about them, in both dialects."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ocpp.v16.call as call16
import ocpp.v201.call as call201
import pytest
from unit.simulator.simulator_central import until
from unit.simulator.test_simulator_faults import Stage, stage

from volt_simulator.profiles import Profile, Purpose, Step, station_cap, transaction_cap

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def profile(purpose: Purpose = Purpose.TX_DEFAULT, number: int = 1, stack: int = 0, **more: Any) -> Profile:
    usual = Profile(number, 0, purpose, stack, "W", (Step(0, Decimal(5_000)), Step(60, Decimal(2_000))))
    return replace(usual, **more)


def watts(*profiles: Profile, at: datetime, began: datetime = NOON, evse: int = 1) -> int | None:
    cap = transaction_cap(profiles, evse, at, began)
    return None if cap is None else cap.watts(230, 3)


def test_a_relative_schedule_runs_with_the_transaction() -> None:
    relative = profile(duration_s=120)
    assert watts(relative, at=NOON) == 5_000
    assert watts(relative, at=NOON + MINUTE) == 2_000
    assert watts(relative, at=NOON + 2 * MINUTE) is None
    assert list(relative.changes(NOON, NOON)) == [NOON + MINUTE, NOON + 2 * MINUTE]


def test_an_absolute_schedule_runs_by_the_clock() -> None:
    absolute = profile(anchor=NOON + MINUTE)
    assert watts(absolute, at=NOON) is None
    assert watts(absolute, at=NOON + MINUTE) == 5_000
    assert watts(absolute, at=NOON + 2 * MINUTE) == 2_000


def test_a_recurring_schedule_comes_again() -> None:
    daily = profile(anchor=NOON, recurs=timedelta(days=1), duration_s=90)
    for day in range(3):
        assert watts(daily, at=NOON + timedelta(days=day)) == 5_000
        assert watts(daily, at=NOON + timedelta(days=day, seconds=70)) == 2_000
        assert watts(daily, at=NOON + timedelta(days=day, seconds=100)) is None


def test_validity_goes_before_the_schedule() -> None:
    short = profile(valid_from=NOON + MINUTE, valid_to=NOON + 2 * MINUTE)
    assert [watts(short, at=NOON + minutes * MINUTE) for minutes in range(3)] == [None, 2_000, None]


def test_the_highest_level_that_holds_decides() -> None:
    low = profile(steps=(Step(0, Decimal(9_000)),))
    high = profile(number=2, stack=3, steps=(Step(0, Decimal(4_000)),), duration_s=60)
    assert watts(low, high, at=NOON) == 4_000
    assert watts(low, high, at=NOON + MINUTE) == 9_000


def test_a_transactions_own_profile_goes_before_the_default_and_an_evses_before_that_of_all() -> None:
    every = profile(steps=(Step(0, Decimal(9_000)),))
    here = profile(number=2, evse=1, steps=(Step(0, Decimal(8_000)),))
    own = profile(Purpose.TX, number=3, evse=1, steps=(Step(0, Decimal(7_000)),))
    assert watts(every, here, own, at=NOON) == 7_000
    assert watts(every, here, at=NOON) == 8_000
    assert watts(every, here, own, at=NOON, evse=2) == 9_000


def test_amperes_are_those_of_each_phase() -> None:
    ten = profile(unit="A", steps=(Step(0, Decimal("10.5")), Step(60, Decimal(10), phases=1)))
    assert watts(ten, at=NOON) == 7_245
    assert watts(ten, at=NOON + MINUTE) == 2_300


def test_a_limit_of_the_station_is_none_of_a_transaction() -> None:
    whole = profile(Purpose.STATION_MAX, anchor=NOON)
    assert watts(whole, at=NOON) is None
    cap = station_cap([whole], NOON)
    assert cap is not None
    assert cap.watts(230, 1) == 5_000


def schedule(limit: float, unit: str, periods: Any = None) -> dict[str, Any]:
    return {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": periods or [{"startPeriod": 0, "limit": limit}],
    }


class Smart:
    """A stage whose central system sets limits."""

    def __init__(self, on: Stage, version: str) -> None:
        self.on = on
        self.version = version

    async def limit(
        self, limit: float, unit: str = "W", purpose: str = "TxDefaultProfile", evse: int = 0, **more: Any
    ) -> str:
        periods = more.pop("periods", None)
        times: dict[str, Any] = {key: more.pop(key) for key in ("duration", "startSchedule") if key in more}
        body: dict[str, Any] = {
            "stackLevel": 0,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Absolute" if times.get("startSchedule") else "Relative",
            **more,
        }
        if self.version == "1.6":
            body["chargingProfilePurpose"] = purpose.replace("ChargingStation", "ChargePoint")
            body |= {"chargingProfileId": body.pop("id", 7), "chargingSchedule": schedule(limit, unit, periods) | times}
            return str((await self.on.ask(call16.SetChargingProfile(evse, body))).status)
        of_2x: dict[str, Any] = {"id": 1, **schedule(limit, unit, periods), **times}
        body |= {"id": body.pop("id", 7), "chargingSchedule": [of_2x]}
        return str((await self.on.ask(call201.SetChargingProfile(evse, body))).status)

    async def clear(self, **criteria: Any) -> str:
        if self.version == "1.6":
            return str((await self.on.ask(call16.ClearChargingProfile(**criteria))).status)
        found = call201.ClearChargingProfile(charging_profile_id=criteria.get("id"))
        if "id" not in criteria:
            found = call201.ClearChargingProfile(charging_profile_criteria=criteria)
        return str((await self.on.ask(found)).status)

    async def composite(self, evse: int, duration: int, unit: str) -> list[tuple[int, float]]:
        if self.version == "1.6":
            answer = await self.on.ask(call16.GetCompositeSchedule(evse, duration, unit))
            found = answer.charging_schedule["charging_schedule_period"]
        else:
            answer = await self.on.ask(call201.GetCompositeSchedule(duration, evse, unit))
            found = answer.schedule["charging_schedule_period"]
        return [(one["start_period"], float(one["limit"])) for one in found]

    def power(self) -> list[int]:
        """The power of each running flow as it is told from now on."""
        return [one.flow.power_w for one in self.on.station.connectors if one.flow is not None]

    def told(self, mark: int, measurand: str) -> list[float]:
        values = [
            value
            for one in self.on.central.heard[mark:]
            for group in one.payload.get("meterValue", [])
            for value in group["sampledValue"]
        ]
        return [float(value["value"]) for value in values if value["measurand"] == measurand]


VERSIONS = ("1.6", "2.0.1", "2.1")
HUNGRY = "--models post-3p-twin --shortest-stay 600 --compression 36 --max-gap 0.1 --start-points PowerPathClosed"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_limit_is_seen_in_power_and_offer_and_goes_when_it_is_cleared(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version, HUNGRY) as on:
        smart = Smart(on, version)
        await until(lambda: len(smart.power()) == 2, "two cars")
        full = smart.power()
        assert await smart.limit(4_200) == "Accepted"
        assert smart.power() == full, "it takes a moment"
        await until(lambda: max(smart.power()) <= 4_200, "the limit")
        mark = on.mark + 2
        await until(lambda: len(smart.told(mark, "Power.Offered")) >= 3, "readings under the limit")
        assert set(smart.told(mark, "Power.Offered")) == {4_200}
        assert max(smart.told(mark, "Power.Active.Import")) <= 4_200
        assert await smart.clear(id=7) == "Accepted"
        await until(lambda: smart.power() == full, "full power again")
        assert await smart.clear(id=7) == "Unknown"


def states(on: Stage) -> list[Any]:
    return [one.payload["transactionInfo"].get("chargingState") for one in on.central.of("TransactionEvent")]


@pytest.mark.parametrize("version", VERSIONS)
async def test_no_power_is_a_suspension_by_the_station(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version, HUNGRY) as on:
        smart = Smart(on, version)
        await until(lambda: len(smart.power()) == 2, "two cars")
        assert await smart.limit(5, "A") == "Accepted"
        await until(lambda: smart.power() == [0, 0], "nothing flows below 6 A")
        await until(lambda: {one.status.value for one in on.station.connectors} == {"SuspendedEVSE"}, "it is told")
        if version != "1.6":
            await until(lambda: "SuspendedEVSE" in states(on), "the state")
        assert await smart.limit(16, "A", id=8) == "Accepted"
        await until(lambda: min(smart.power()) > 0, "it flows again")
        await until(lambda: {one.status.value for one in on.station.connectors} == {"Charging"}, "it is told")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_limit_of_the_station_is_shared(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version, HUNGRY) as on:
        smart = Smart(on, version)
        await until(lambda: len(smart.power()) == 2, "two cars")
        assert await smart.limit(9_000, purpose="ChargingStationMaxProfile") == "Rejected", "relative to what?"
        start = datetime.now(UTC).isoformat()
        accepted = await smart.limit(9_000, purpose="ChargingStationMaxProfile", startSchedule=start)
        assert accepted == "Accepted"
        await until(lambda: max(smart.power()) <= 4_500, "half for each")
        assert await smart.limit(9_000, purpose="ChargingStationMaxProfile", evse=1, startSchedule=start) == "Rejected"
        assert await smart.composite(0, 60, "W") == [(0, 9_000.0)]


@pytest.mark.parametrize("version", ["1.6", "2.1"])
async def test_a_schedule_goes_on_by_itself(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version, HUNGRY) as on:
        smart = Smart(on, version)
        await until(lambda: len(smart.power()) == 2, "two cars")
        start = (datetime.now(UTC) - timedelta(seconds=58)).isoformat()
        steps = [{"startPeriod": 0, "limit": 4_500}, {"startPeriod": 60, "limit": 4_200}]
        assert await smart.limit(0, startSchedule=start, periods=steps) == "Accepted"
        await until(lambda: max(smart.power()) <= 4_500, "the first step")
        await until(lambda: max(smart.power()) <= 4_200, "the second step")


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_profile_of_a_transaction_ends_with_it(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version, HUNGRY) as on:
        smart = Smart(on, version)
        await until(lambda: len(smart.power()) == 2, "two cars")
        await until(lambda: all(one.transaction and one.transaction.wire_id for one in on.station.connectors), "ids")
        transaction = on.station.connectors[0].transaction
        assert transaction is not None
        more: dict[str, Any] = {"evse": 1, "purpose": "TxProfile", "transactionId": transaction.wire_id}
        assert await smart.limit(4_200, **more) == "Accepted"
        await until(lambda: smart.power()[0] <= 4_200 and on.station.limits.stored, "the limit")
        wrong = 1 if version == "1.6" else "another"
        assert await smart.limit(4_200, **{**more, "transactionId": wrong}) == "Rejected"
        assert await smart.limit(4_200, **{**more, "evse": 0}) == "Rejected"
        on.inflict("emergency_stop")
        await until(lambda: on.station.limits.stored == (), "it is forgotten")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_station_that_ignores_limits_accepts_them_all_the_same(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version, HUNGRY) as on:
        smart = Smart(on, version)
        await until(lambda: len(smart.power()) == 2, "two cars")
        full = smart.power()
        on.inflict("ignores_limits")
        assert await smart.limit(4_200) == "Accepted"
        mark = on.mark
        await until(lambda: on.station.limits.stored, "it is stored")
        await until(lambda: len(smart.told(mark, "Power.Active.Import")) >= 12, "readings")
        assert smart.power() == full
        assert await smart.composite(1, 60, "W") == [(0, 4_200.0)], "it claims to obey"
        on.inflict("heal")
        await until(lambda: max(smart.power()) <= 4_200, "it obeys")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_composite_schedule_tells_every_step(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version, "--models wall-3p --max-gap 1000") as on:
        smart = Smart(on, version)
        assert await smart.composite(1, 60, "W") == [(0, 11_040.0)]
        steps = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 30, "limit": 8.5}, {"startPeriod": 90, "limit": 6}]
        assert await smart.limit(0, "A", evse=1, periods=steps, duration=120) == "Accepted"
        await until(lambda: on.station.limits.stored, "it is stored")
        assert await smart.composite(1, 100, "A") == [(0, 10.0), (30, 8.5), (90, 6.0)]
        assert await smart.composite(1, 200, "A") == [(0, 10.0), (30, 8.5), (90, 6.0), (120, 16.0)]
        status = call16.GetCompositeSchedule(9, 60) if version == "1.6" else call201.GetCompositeSchedule(60, 9)
        assert (await on.ask(status)).status == "Rejected"
        assert await smart.clear(**{"stackLevel" if version != "1.6" else "stack_level": 3}) == "Unknown"
        assert await smart.clear(**{"stackLevel" if version != "1.6" else "stack_level": 0}) == "Accepted"


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_profiles_that_cannot_be_are_rejected(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version, "--models wall-3p --max-gap 1000") as on:
        smart = Smart(on, version)
        assert await smart.limit(4_000, stackLevel=10) == "Rejected"
        assert await smart.limit(4_000, evse=9) == "Rejected"
        assert await smart.limit(4_000, purpose="TxProfile", evse=1) == "Rejected"
        assert await smart.limit(0, periods=[{"startPeriod": 5, "limit": 1}]) == "Rejected"
        assert await smart.limit(4_000, startSchedule="soon") == "Rejected"
        assert await smart.limit(4_000, chargingProfileKind="Recurring") == "Rejected"
        assert on.station.limits.stored == ()


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_remote_start_brings_a_profile_of_its_transaction(tmp_path: Path, version: str) -> None:
    def start(purpose: str) -> Any:
        found = {"stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": "Relative"}
        if version == "1.6":
            found |= {"chargingProfileId": 3, "chargingSchedule": schedule(4_200, "W")}
            return call16.RemoteStartTransaction(id_tag="TAG0001", connector_id=1, charging_profile=found)
        found |= {"id": 3, "chargingSchedule": [{"id": 1, **schedule(4_200, "W")}]}
        card = {"idToken": "TAG0001", "type": "ISO14443"}
        return call201.RequestStartTransaction(card, remote_start_id=1, evse_id=1, charging_profile=found)

    async with stage(tmp_path, version, HUNGRY.replace("0.1", "1000")) as on:
        smart = Smart(on, version)
        assert (await on.ask(start("TxDefaultProfile"))).status == "Rejected"
        assert (await on.ask(start("TxProfile"))).status == "Accepted"
        await until(lambda: smart.power() and max(smart.power()) <= 4_200, "the limit")
        assert [one.number for one in on.station.limits.stored] == [3]
