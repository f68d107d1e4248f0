"""What Voltlog is held against: a minimal central system on the `ocpp` package and `websockets`, as its documentation
shows it. It answers everything and stores nothing. `python -m benchmarks.baseline PORT`
"""

# mypy: disable-error-code="untyped-decorator"

import asyncio
import logging
import sys
from datetime import UTC, datetime
from itertools import count
from typing import Any

import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import Action, AuthorizationStatus, RegistrationStatus
from websockets.asyncio.server import ServerConnection

ACCEPTED = IdTagInfo(status=AuthorizationStatus.accepted)
transaction_ids = count(1)


class CentralSystem(ChargePoint):  # type: ignore[misc]  # the package has no types
    """One station's side of the conversation."""

    @on(Action.boot_notification)
    def on_boot(self, **_said: Any) -> call_result.BootNotification:
        """Every station is accepted."""
        return call_result.BootNotification(_now(), interval=300, status=RegistrationStatus.accepted)

    @on(Action.heartbeat)
    def on_heartbeat(self) -> call_result.Heartbeat:
        """The time."""
        return call_result.Heartbeat(_now())

    @on(Action.authorize)
    def on_authorize(self, **_said: Any) -> call_result.Authorize:
        """Every token is accepted."""
        return call_result.Authorize(ACCEPTED)

    @on(Action.start_transaction)
    def on_start(self, **_said: Any) -> call_result.StartTransaction:
        """The next number."""
        return call_result.StartTransaction(next(transaction_ids), ACCEPTED)

    @on(Action.meter_values)
    def on_meter_values(self, **_said: Any) -> call_result.MeterValues:
        """Thrown away."""
        return call_result.MeterValues()

    @on(Action.stop_transaction)
    def on_stop(self, **_said: Any) -> call_result.StopTransaction:
        """Thrown away."""
        return call_result.StopTransaction()

    @on(Action.status_notification)
    def on_status(self, **_said: Any) -> call_result.StatusNotification:
        """Thrown away."""
        return call_result.StatusNotification()


async def station(connection: ServerConnection) -> None:
    """Talk with one station until it leaves."""
    path = connection.request.path if connection.request is not None else "/"
    try:
        await CentralSystem(path.rpartition("/")[2], connection).start()
    except websockets.ConnectionClosed:
        return


async def serve(port: int) -> None:
    """Serve stations on loopback."""
    async with websockets.serve(station, "127.0.0.1", port, subprotocols=[websockets.Subprotocol("ocpp1.6")]) as server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await server.serve_forever()


def _now() -> str:
    return datetime.now(UTC).isoformat()


if __name__ == "__main__":
    logging.getLogger("ocpp").setLevel(logging.WARNING)
    asyncio.run(serve(int(sys.argv[1])))
