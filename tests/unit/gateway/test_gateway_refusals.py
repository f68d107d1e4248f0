"""Refusal records: few of them, with counts."""

from datetime import UTC, datetime

from volt_contracts.gateway import LinkRefused, RefusalReason
from volt_contracts.ids import station_uid
from volt_gateway.meters import Meters
from volt_gateway.refusals import Refusal, Refusals
from volt_runtime.metrics import Metrics

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Recorded:
    """Refusals with a minute's window, and what they put on record."""

    def __init__(self, per_address: int = 100) -> None:
        self.records: list[tuple[str, LinkRefused]] = []
        self.metrics = Metrics()
        self.refusals = Refusals(self.append, Meters(self.metrics), 60.0, per_address)

    def append(self, key: str, record: LinkRefused) -> None:
        self.records.append((key, record))

    def refuse(
        self, now: float, identity: str = "CP1", reason: RefusalReason = "wrong_password", address: str = "a"
    ) -> None:
        refusal = Refusal(reason, "no", identity, "/ocpp/demo/CP1", address, "demo", "demo/uid")
        self.refusals.refuse(refusal, now, AT)

    @property
    def counts(self) -> list[int]:
        return [record.count for _, record in self.records]


def test_the_first_refusal_is_recorded_at_once_and_the_rest_of_the_minute_with_its_count() -> None:
    said = Recorded()
    for second in range(10):
        said.refuse(float(second))
    assert said.counts == [1]
    said.refusals.sweep(59.0, AT)
    assert said.counts == [1]
    said.refusals.sweep(60.0, AT)
    assert said.counts == [1, 9]
    said.refusals.sweep(120.0, AT)
    said.refuse(121.0)
    assert said.counts == [1, 9, 1]
    assert 'volt_gateway_refusals_total{reason="wrong_password",tenant="demo"} 11' in said.metrics.text()


def test_reasons_and_stations_are_told_apart() -> None:
    said = Recorded()
    said.refuse(0.0)
    said.refuse(0.0, reason="no_password")
    said.refusals.refuse(Refusal("unknown_station", "no", "CP2", "/", "a", "demo"), 0.0, AT)
    assert said.counts == [1, 1, 1]


def test_one_address_cannot_fill_the_log() -> None:
    said = Recorded(per_address=5)
    for number in range(50):
        said.refusals.refuse(Refusal("bad_path", "no", f"X{number}", "/", "evil"), 0.0, AT)
    said.refuse(0.0, address="good")
    assert len(said.records) == 6
    said.refusals.sweep(60.0, AT)
    said.refusals.refuse(Refusal("bad_path", "no", "X99", "/", "evil"), 61.0, AT)
    assert len(said.records) == 7


def test_a_refusal_without_a_tenant_has_a_key_of_its_own() -> None:
    unknown = Refusal("unknown_tenant", "no", "CP1", "/ocpp/nowhere/CP1", "a")
    assert unknown.record_key == f"-/{station_uid('-', 'CP1')}"
    stranger = Refusal("unknown_station", "no", "CP1", "/ocpp/demo/CP1", "a", "demo")
    assert stranger.record_key == f"demo/{station_uid('demo', 'CP1')}"
