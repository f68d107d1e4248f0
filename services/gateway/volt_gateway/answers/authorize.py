"""Authorize: the published verdict; an unknown token is asked about (OCPP 1.6 §4.1, 2.x use case C01)."""

from volt_gateway.answers.call import Call, Question, Reply, on_wire
from volt_gateway.answers.desk import Desk
from volt_gateway.authorization import Judgement
from volt_ocpp import answers
from volt_ocpp.versions import Version


def answer(desk: Desk, call: Call) -> Reply | Question:
    """The verdict on the token that is held up, or a question when no row is there for it."""
    pointer = "/idTag" if call.link.version is Version.V16 else "/idToken/idToken"
    token = call.presented(pointer)
    if token is None:
        return reply(call, without_token(call))
    if call.link.registration in ("pending", "rejected"):
        return reply(call, Judgement("Invalid", "fallback", token.token_ref))
    judgement = desk.authorizations.look_up(token)
    if judgement is not None:
        return reply(call, judgement)
    return Question(token, _text(call.part("idToken").get("type")), desk.fallback(call, token.token_ref))


def reply(call: Call, judgement: Judgement) -> Reply:
    """The answer that says this verdict."""
    version = call.link.version
    return Reply(answers.authorize(version, on_wire(version, judgement)), judgement.decision())


def without_token(call: Call) -> Judgement:
    """2.x has a token that says no authorization is needed; else no token is no right (2.x use case C02)."""
    free = call.part("idToken").get("type") == "NoAuthorization"
    return Judgement("Accepted" if free else "Invalid", "fallback")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
