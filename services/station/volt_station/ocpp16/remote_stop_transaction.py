"""RequestStop → RemoteStopTransaction (OCPP 1.6 §5.12, §6.35)."""

from volt_contracts.station import RequestStop
from volt_station.domain.commands import Call, Refusal, Written
from volt_station.domain.state import Station


def write(command: RequestStop, station: Station) -> Written:
    """By the transaction's number on the wire; one that was adopted may have none."""
    running = station.running.get(command.transaction_uid)
    if running is None:
        return Refusal("rejected", "the transaction is not running on this station")
    number = running.protocol_id
    if not (number.isascii() and number.isdigit()):
        return Refusal("rejected", "the station never said a number for this transaction")
    return (Call("RemoteStopTransaction", {"transactionId": int(number)}),)
