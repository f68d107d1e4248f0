"""Central systems of OCPP 2.0.1 and 2.1 for the simulator's tests."""

from typing import Any

import ocpp.v21
import ocpp.v21.call_result
import ocpp.v201
import ocpp.v201.call_result
from unit.simulator.simulator_central import Central, hears, now


class Answers:
    """What both versions answer."""

    central: Central
    results: Any

    def info(self, id_token: dict[str, Any], refused: frozenset[str]) -> dict[str, str]:
        return {"status": "Blocked" if id_token["id_token"] in refused else "Accepted"}

    @hears("BootNotification")
    def booted(self, **payload: Any) -> Any:
        orders = self.central.orders
        status = orders.boot_status.pop(0) if orders.boot_status else "Accepted"
        interval = 1 if status != "Accepted" else orders.interval
        return self.results.BootNotification(current_time=now(), interval=interval, status=status)

    @hears("Heartbeat")
    def beat(self) -> Any:
        return self.results.Heartbeat(current_time=now())

    @hears("StatusNotification")
    def shown(self, **payload: Any) -> Any:
        return self.results.StatusNotification()

    @hears("MeterValues")
    def metered(self, **payload: Any) -> Any:
        return self.results.MeterValues()

    @hears("NotifyReport")
    def reported(self, **payload: Any) -> Any:
        return self.results.NotifyReport()

    @hears("FirmwareStatusNotification")
    def updated(self, **payload: Any) -> Any:
        return self.results.FirmwareStatusNotification()

    @hears("Authorize")
    def authorized(self, id_token: dict[str, Any], **rest: Any) -> Any:
        return self.results.Authorize(id_token_info=self.info(id_token, self.central.orders.refused_tokens))

    @hears("TransactionEvent")
    def told(self, id_token: dict[str, Any] | None = None, **rest: Any) -> Any:
        if id_token is None:
            return self.results.TransactionEvent()
        return self.results.TransactionEvent(id_token_info=self.info(id_token, self.central.orders.refused_starts))


class Point201(Answers, ocpp.v201.ChargePoint):  # type: ignore[misc]
    """A central system of 2.0.1."""

    results = ocpp.v201.call_result

    def __init__(self, station: str, connection: Any, central: Central) -> None:
        self.central = central
        super().__init__(station, connection, response_timeout=5)


class Point21(Answers, ocpp.v21.ChargePoint):  # type: ignore[misc]
    """A central system of 2.1."""

    results = ocpp.v21.call_result

    def __init__(self, station: str, connection: Any, central: Central) -> None:
        self.central = central
        super().__init__(station, connection, response_timeout=5)


def central2(version: str) -> Central:
    return Central(Point201 if version == "2.0.1" else Point21)
