"""StartTransaction: always a transaction id, also for a refused token (OCPP 1.6 §4.8)."""

from volt_gateway.answers.call import Call, Reply, on_wire
from volt_gateway.answers.desk import Desk, repeated
from volt_gateway.authorization import Judgement
from volt_gateway.first_verdicts import FirstVerdict
from volt_gateway.transaction_ids import Start, wire_id
from volt_ocpp import answers
from volt_ocpp.versions import Version


def answer(desk: Desk, call: Call) -> Reply:
    """The id of the start, the same for every repetition, and the verdict on its token."""
    said = call.payload.get
    start: Start = (call.link.key, said("connectorId"), said("timestamp"), said("idTag"), said("meterStart"))
    transaction_id = wire_id(start)
    judgement = _judged(desk, call, start, transaction_id)
    payload = answers.start_transaction(transaction_id, on_wire(Version.V16, judgement))
    return Reply(payload, judgement.decision(transaction_id))


def _judged(desk: Desk, call: Call, start: Start, transaction_id: int) -> Judgement:
    station, timestamp = call.link.key, call.payload.get("timestamp")
    trusted = desk.has_trusted_clock(call, timestamp)
    first = desk.first_verdicts.get(station, transaction_id, start)
    first = first or _published(desk, call, transaction_id, trusted)
    if first is not None:
        return repeated(first)
    token = call.presented("/idTag", call.number("connectorId"))
    if token is None:
        judgement = Judgement("Invalid", "fallback")
    else:
        live = desk.is_live(call, timestamp) and not _runs_already(desk, call, transaction_id)
        judgement = desk.judged(call, token, live_start=live)
    desk.first_verdicts.put(station, transaction_id, FirstVerdict(judgement, start, trusted))
    return judgement


def _published(desk: Desk, call: Call, transaction_id: int, trusted: bool) -> Judgement | None:
    """What the twin has published of this start. With a stuck clock an ended one is another charge."""
    profile = desk.directory.profile(call.link.key)
    for start in () if profile is None else profile.recent_starts:
        if start.wire_id == transaction_id and (trusted or not start.ended):
            return Judgement(start.verdict, "repeat", call.token_refs.get("/idTag"))
    return None


def _runs_already(desk: Desk, call: Call, transaction_id: int) -> bool:
    profile = desk.directory.profile(call.link.key)
    return profile is not None and str(transaction_id) in profile.running
