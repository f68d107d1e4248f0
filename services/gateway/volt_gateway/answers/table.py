"""(version, action) → answer. An action of the version that is not listed gets its harmless default."""

from collections.abc import Callable

from volt_gateway.answers import authorize, boot, reports, start_transaction, stop_transaction, transaction_event
from volt_gateway.answers.call import Call, Question, Reply
from volt_gateway.answers.desk import Desk
from volt_ocpp.actions import actions_from_station
from volt_ocpp.versions import Version

Answer = Callable[[Desk, Call], Reply | Question]

_IN_2X: dict[str, Answer] = {
    "BootNotification": boot.answer,
    "Authorize": authorize.answer,
    "TransactionEvent": transaction_event.answer,
    "MeterValues": reports.noted,
    "StatusNotification": reports.noted,
    "Heartbeat": reports.heartbeat,
    "DataTransfer": reports.harmless,
}

ANSWERS: dict[Version, dict[str, Answer]] = {
    Version.V16: {
        "BootNotification": boot.answer,
        "Authorize": authorize.answer,
        "StartTransaction": start_transaction.answer,
        "StopTransaction": stop_transaction.answer,
        "MeterValues": reports.noted,
        "StatusNotification": reports.noted,
        "Heartbeat": reports.heartbeat,
        "DataTransfer": reports.harmless,
    },
    Version.V201: _IN_2X,
    Version.V21: _IN_2X,
}


def answers_of(version: Version) -> dict[str, Answer]:
    """The answer to every action that a station may call."""
    return {action: ANSWERS[version].get(action, reports.harmless) for action in actions_from_station(version)}
