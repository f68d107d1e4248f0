"""TransactionEvent: the verdict on the token that it may carry (OCPP 2.0.1 part 2, use cases E01-E15)."""

from volt_gateway.answers.authorize import without_token
from volt_gateway.answers.call import EMPTY, Call, Reply, on_wire
from volt_gateway.answers.desk import Desk, repeated
from volt_gateway.authorization import Judgement
from volt_gateway.first_verdicts import FirstVerdict
from volt_ocpp import answers

_TOKEN = "/idToken/idToken"


def answer(desk: Desk, call: Call) -> Reply:
    """{} without a token. The same event again gets the same verdict again."""
    if "idToken" not in call.payload:
        return EMPTY
    judgement = _judged(desk, call)
    payload = answers.transaction_event(call.link.version, on_wire(call.link.version, judgement))
    return Reply(payload, judgement.decision())


def _judged(desk: Desk, call: Call) -> Judgement:
    station, transaction_id = call.link.key, call.part("transactionInfo").get("transactionId")
    event = (transaction_id, call.number("seqNo"), call.text("eventType"), call.token_refs.get(_TOKEN))
    name = f"{transaction_id}/{event[1]}"
    first = desk.first_verdicts.get(station, name, event)
    if first is not None:
        return repeated(first)
    token = call.presented(_TOKEN, _evse(call))
    if token is None:
        judgement = without_token(call)
    else:
        judgement = desk.judged(call, token, live_start=_is_live_start(desk, call, transaction_id))
    desk.first_verdicts.put(station, name, FirstVerdict(judgement, event, trusted_clock=True))
    return judgement


def _is_live_start(desk: Desk, call: Call, transaction_id: object) -> bool:
    if call.text("eventType") != "Started" or call.payload.get("offline") is True:
        return False
    if not desk.is_live(call, call.payload.get("timestamp")):
        return False
    profile = desk.directory.profile(call.link.key)
    return profile is None or transaction_id not in profile.running


def _evse(call: Call) -> int | None:
    number = call.part("evse").get("id")
    return number if isinstance(number, int) else None
