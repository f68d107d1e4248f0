"""GetTransactionStatus (OCPP 2.0.1 part 2, E14): are messages of a transaction still queued?"""

from volt_contracts.station import GetTransactionStatus
from volt_station.domain.commands import Call, Refusal, Written
from volt_station.domain.results import Answered, Row
from volt_station.domain.state import Ended, Running, Station
from volt_station.lenient import Object, flag
from volt_station.normalise import Normaliser

_QUESTIONS = ("ongoingIndicator", "messagesInQueue")


def write(command: GetTransactionStatus, station: Station) -> Written:
    """Of one transaction, or of all."""
    if command.transaction_uid is None:
        return (Call("GetTransactionStatus", {}),)
    recent: tuple[Running | Ended, ...] = (*station.running.values(), *station.ended)
    for transaction in recent:
        if transaction.uid == command.transaction_uid:
            return (Call("GetTransactionStatus", {"transactionId": transaction.protocol_id}),)
    return Refusal("rejected", "the transaction is none of this station's recent ones")


def read(answer: Object, _quirks: Normaliser) -> Answered:
    """Both indicators, as far as they are there."""
    rows: list[Row] = []
    for name in _QUESTIONS:
        value = flag(answer, name)
        if value is not None:
            rows.append({"variable": name, "value": str(value).lower(), "status": "Accepted"})
    if not rows:
        return Answered("unknown", sentence="the station's answer cannot be read")
    return Answered("accepted", "Accepted", None, tuple(rows))
