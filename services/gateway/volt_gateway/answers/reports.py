"""Calls that need no decision: reports, the clock, and everything that no other answer is there for."""

from volt_gateway.answers.call import EMPTY, Call, Reply
from volt_gateway.answers.desk import Desk
from volt_ocpp import answers


def noted(_desk: Desk, _call: Call) -> Reply:
    """{}: MeterValues, StatusNotification and other reports are taken note of."""
    return EMPTY


def heartbeat(_desk: Desk, call: Call) -> Reply:
    """Our time (OCPP 1.6 §4.6)."""
    return Reply(answers.heartbeat(call.received_at))


def harmless(_desk: Desk, call: Call) -> Reply:
    """The answer that the specification has for a function which is not offered."""
    answer = answers.default_answer(call.link.version, call.action)
    if isinstance(answer, answers.Refused):
        return Reply(error=answer.code, description=answer.description)
    return Reply(answer.payload)
