"""A central system of OCPP 1.6 for the simulator's tests."""

from itertools import count
from typing import Any

from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import Action
from unit.simulator.simulator_central import Central, hears, now


class Point16(ChargePoint):  # type: ignore[misc]
    """Answers as a central system that repeats its answer to a repeated start."""

    def __init__(self, station: str, connection: Any, central: Central) -> None:
        super().__init__(station, connection, response_timeout=5)
        self.central = central

    def info(self, token: str, refused: frozenset[str]) -> dict[str, str]:
        return {"status": "Blocked" if token in refused else "Accepted"}

    @hears(Action.boot_notification)
    def booted(self, **payload: Any) -> Any:
        statuses = self.central.orders.boot_status
        status = statuses.pop(0) if statuses else "Accepted"
        return call_result.BootNotification(now(), 1 if status != "Accepted" else self.central.orders.interval, status)

    @hears(Action.heartbeat)
    def beat(self) -> Any:
        return call_result.Heartbeat(now())

    @hears(Action.status_notification)
    def shown(self, **payload: Any) -> Any:
        return call_result.StatusNotification()

    @hears(Action.firmware_status_notification)
    def updated(self, **payload: Any) -> Any:
        return call_result.FirmwareStatusNotification()

    @hears(Action.authorize)
    def authorized(self, id_tag: str) -> Any:
        return call_result.Authorize(self.info(id_tag, self.central.orders.refused_tokens))

    @hears(Action.start_transaction)
    def started(self, connector_id: int, id_tag: str, meter_start: int, timestamp: str, **rest: Any) -> Any:
        key = (self.id, connector_id, id_tag, meter_start, timestamp)
        number = TRANSACTIONS.setdefault(key, next(NUMBERS))
        start = {"connectorId": connector_id, "idTag": id_tag, "meterStart": meter_start, "timestamp": timestamp}
        self.central.started[(self.id, number)] = start
        return call_result.StartTransaction(number, self.info(id_tag, self.central.orders.refused_starts))

    @hears(Action.meter_values)
    def metered(self, **payload: Any) -> Any:
        return call_result.MeterValues()

    @hears(Action.stop_transaction)
    def stopped(self, **payload: Any) -> Any:
        return call_result.StopTransaction()


TRANSACTIONS: dict[tuple[Any, ...], int] = {}
NUMBERS = count(1000)


def central16() -> Central:
    return Central(Point16)
