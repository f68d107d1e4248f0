"""RequestStop → RequestStopTransaction (OCPP 2.0.1 part 2, F03)."""

from volt_contracts.station import RequestStop
from volt_station.domain.commands import Call, Refusal, Written
from volt_station.domain.state import Station


def write(command: RequestStop, station: Station) -> Written:
    """By the station's own transaction id."""
    running = station.running.get(command.transaction_uid)
    if running is None:
        return Refusal("rejected", "the transaction is not running on this station")
    return (Call("RequestStopTransaction", {"transactionId": running.protocol_id}),)
