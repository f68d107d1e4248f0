"""StopTransaction: the verdict on its token, if it has one; it cannot prevent the stop (OCPP 1.6 §4.10)."""

from volt_gateway.answers.call import EMPTY, Call, Reply, on_wire
from volt_gateway.answers.desk import Desk
from volt_ocpp import answers
from volt_ocpp.versions import Version


def answer(desk: Desk, call: Call) -> Reply:
    """Always answered, whatever it holds: the station would repeat it for ever."""
    transaction_id = call.number("transactionId")
    if transaction_id is not None:
        desk.first_verdicts.ended(call.link.key, transaction_id)
    token = call.presented("/idTag")
    if token is None:
        return EMPTY
    judgement = desk.judged(call, token)
    return Reply(answers.stop_transaction(on_wire(Version.V16, judgement)), judgement.decision())
