"""OCPP 2.0.1 and 2.1: TransactionEvent and MeterValues with everything that a schema can find wrong."""

from unit.gateway.wire.rows import Flaw, Row, accepted, call, exchanged, revenue

NOW = '"2026-01-01T00:00:00Z"'
EVENT = f'"eventType":"Updated","timestamp":{NOW},"triggerReason":"MeterValuePeriodic","seqNo":1'
INFO = '"transactionInfo":{"transactionId":"t1"}'
SEQUENCE = ',"seqNo":1'
ONE = '{"value":1}'
LONG = "9" * 400

ANY_PAYLOAD: list[Flaw] = [
    ("nothing in it", "{}", ["missing"]),
    ("an array", "[]", ["shape"]),
    ("null", "null", ["shape"]),
    ("a text", '"x"', ["shape"]),
    ("a number", "5", ["shape"]),
    ("1e400", "1e400", ["number", "shape"]),
    ("800 levels of nothing", "[" * 800 + "]" * 800, ["depth", "shape"]),
]


def event(more: str) -> str:
    """A TransactionEvent in the middle, with something more."""
    return f"{{{EVENT},{INFO},{more}}}"


def sampled(sample: str) -> str:
    """The readings of an event or of MeterValues."""
    return f'"meterValue":[{{"timestamp":{NOW},"sampledValue":[{sample}]}}]'


def metered(evse: str, sample: str) -> str:
    """MeterValues with one sample."""
    return f'{{"evseId":{evse},{sampled(sample)}}}'


def numbered(sequence: str | None) -> str:
    """A TransactionEvent in the middle, with that sequence number or none."""
    number = "" if sequence is None else f',"seqNo":{sequence}'
    return f"{{{EVENT[: EVENT.index(SEQUENCE)]}{number},{INFO}}}"


EVENTS: list[Flaw] = [
    ("well formed", f"{{{EVENT},{INFO}}}", []),
    *ANY_PAYLOAD,
    ("without a transaction", f"{{{EVENT}}}", ["missing"]),
    ("a transaction without id", f'{{{EVENT},"transactionInfo":{{}}}}', ["missing"]),
    ("a transaction that is a text", f'{{{EVENT},"transactionInfo":"t1"}}', ["type"]),
    ("a transaction id of 37 characters",
     f'{{{EVENT},"transactionInfo":{{"transactionId":"{"t" * 37}"}}}}', ["length"]),
    ("a transaction id that is a number", f'{{{EVENT},"transactionInfo":{{"transactionId":7}}}}', ["type"]),
    ("a transaction id with half a surrogate pair", f'{{{EVENT},"transactionInfo":{{"transactionId":"\\udc00"}}}}',
     ["encoding"]),
    ("a kind of event that nobody lists", f'{{{EVENT.replace("Updated", "Paused")},{INFO}}}', ["enum"]),
    ("a trigger that nobody lists", f'{{{EVENT.replace("MeterValuePeriodic", "Mood")},{INFO}}}', ["enum"]),
    ("no sequence number", numbered(None), ["missing"]),
    ("a sequence number of 64 bits", numbered("9223372036854775807"), []),
    ("a sequence number of 400 digits", numbered(LONG), ["number", "type"]),
    ("a sequence number of 1e400", numbered("1e400"), ["number", "type"]),
    ("a sequence number that is a text", numbered('"1"'), ["type"]),
    ("an EVSE that is a number", event('"evse":1'), ["type"]),
    ("an EVSE without id", event('"evse":{}'), ["missing"]),
    ("a token that is a text", event('"idToken":"A"'), ["type"]),
    ("a token without its type", event('"idToken":{"idToken":"A"}'), ["missing"]),
    ("a token of 300 characters", event(f'"idToken":{{"idToken":"{"A" * 300}","type":"Central"}}'), ["length"]),
    ("a field of the vendor", event('"mood":"good"'), ["extra"]),
    ("an offline flag that is a text", event('"offline":"true"'), ["type"]),
    ("the sequence number twice", event('"seqNo":"x","seqNo":2'), []),
    ("readings that are no list", event('"meterValue":{}'), ["type"]),
    ("an empty list of readings", event('"meterValue":[]'), ["count"]),
    ("a reading that is a text", event(sampled('{"value":"1"}')), ["type"]),
    ("a reading of NaN", event(sampled('{"value":NaN}')), ["syntax", "type"]),
    ("three thousand readings", event(sampled(",".join(['{"value":1}'] * 3000))), []),
    ("three thousand broken readings", event(sampled(",".join(['{"value":"1"}'] * 3000))), ["type"]),
    ("forty broken readings", event(sampled(",".join(['{"value":"1"}'] * 40))), ["type", "too_many"]),
    ("signed data that is too long",
     event(sampled('{"value":1,"signedMeterValue":{"signedMeterData":"%s","signingMethod":"","encodingMethod":"",'
                   '"publicKey":""}}' % ("A" * 40_000))), ["length"]),
    ("a custom field without its vendor", event('"customData":{}'), ["missing"]),
]  # fmt: skip

READINGS: list[Flaw] = [
    ("well formed", metered("1", ONE), []),
    *ANY_PAYLOAD,
    ("without an EVSE", f"{{{sampled(ONE)}}}", ["missing"]),
    ("an EVSE that is a text", metered('"1"', ONE), ["type"]),
    ("an empty list", '{"evseId":1,"meterValue":[]}', ["count"]),
    ("a measurand that nobody lists", metered("1", '{"value":1,"measurand":"Mood"}'), ["enum"]),
    ("a value of 1e400", metered("1", '{"value":1e400}'), ["number", "type"]),
]

NO_PAYLOAD: list[Row] = [
    accepted(f"{action}: no payload at all", b'[2,"m1","%b"]' % action.encode(), action, "frame", "missing")
    for action in ("TransactionEvent", "MeterValues")
]

_ENDED, _STARTED = (
    call("TransactionEvent", f"{{{EVENT.replace('Updated', kind)},{INFO}}}") for kind in ("Ended", "Started")
)
OUT_OF_ORDER: list[Row] = [
    Row("an end before its beginning", (_ENDED, _STARTED), ((3, "m1"),) * 2, (exchanged("TransactionEvent"),) * 2),
    Row("a beginning twice", (_STARTED, _STARTED), ((3, "m1"),) * 2, (exchanged("TransactionEvent"),) * 2),
    Row("a broken event again and again", (call("TransactionEvent", "{}"),) * 3, ((3, "m1"),) * 3,
        (exchanged("TransactionEvent", "missing"),) * 3),
]  # fmt: skip

REVENUE: list[Row] = [
    *revenue("TransactionEvent", EVENTS),
    *revenue("MeterValues", READINGS),
    *NO_PAYLOAD,
    *OUT_OF_ORDER,
]
"""The rows of both versions."""
