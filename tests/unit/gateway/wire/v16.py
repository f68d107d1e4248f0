"""OCPP 1.6: its schemas, its revenue calls, and what does not exist in it (OCPP-J 1.6 §4, OCPP 1.6 §6)."""

from unit.gateway.wire import framing
from unit.gateway.wire.rows import V16, Flaw, NotRead, Row, accepted, call, exchanged, refused, revenue
from unit.gateway.wire.sockets import SOCKETS

NOW = '"2026-01-01T00:00:00Z"'
START = f'"connectorId":1,"idTag":"A","meterStart":0,"timestamp":{NOW}'
STOP = f'"transactionId":1,"meterStop":5,"timestamp":{NOW}'
STATUS = '"connectorId":1,"errorCode":"NoError","status":"Available"'
BOOT = '"chargePointVendor":"V","chargePointModel":"M"'
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

STARTS: list[Flaw] = [
    ("well formed", f"{{{START}}}", []),
    *ANY_PAYLOAD,
    ("without a connector", f'{{"idTag":"A","meterStart":0,"timestamp":{NOW}}}', ["missing"]),
    ("without a token", f'{{"connectorId":1,"meterStart":0,"timestamp":{NOW}}}', ["missing"]),
    ("without a time", '{"connectorId":1,"idTag":"A","meterStart":0}', ["missing"]),
    ("without a register", f'{{"connectorId":1,"idTag":"A","timestamp":{NOW}}}', ["missing"]),
    ("all of the wrong type", '{"connectorId":"1","idTag":7,"meterStart":"0","timestamp":0}', ["type"]),
    ("all null", '{"connectorId":null,"idTag":null,"meterStart":null,"timestamp":null}', ["type"]),
    (
        "a token of 21 characters",
        f'{{"connectorId":1,"idTag":"{"A" * 21}","meterStart":0,"timestamp":{NOW}}}',
        ["length"],
    ),
    (
        "a token with half a surrogate pair",
        f'{{"connectorId":1,"idTag":"\\ud800","meterStart":0,"timestamp":{NOW}}}',
        ["encoding"],
    ),
    (
        "a connector of 64 bits",
        f'{{"connectorId":9223372036854775807,"idTag":"A","meterStart":0,"timestamp":{NOW}}}',
        [],
    ),
    (
        "a register of 65 bits",
        f'{{"connectorId":1,"idTag":"A","meterStart":36893488147419103232,"timestamp":{NOW}}}',
        [],
    ),
    (
        "a register of 400 digits",
        f'{{"connectorId":1,"idTag":"A","meterStart":{LONG},"timestamp":{NOW}}}',
        ["number", "type"],
    ),
    (
        "a register of 1e400",
        f'{{"connectorId":1,"idTag":"A","meterStart":1e400,"timestamp":{NOW}}}',
        ["number", "type"],
    ),
    ("a register of NaN", f'{{"connectorId":1,"idTag":"A","meterStart":NaN,"timestamp":{NOW}}}', ["syntax", "type"]),
    ("a register with decimals", f'{{"connectorId":1,"idTag":"A","meterStart":1.5,"timestamp":{NOW}}}', ["type"]),
    ("the register twice", f'{{"connectorId":1,"idTag":"A","meterStart":"x","meterStart":0,"timestamp":{NOW}}}', []),
    ("a time that is none", '{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"yesterday"}', []),
    ("a field of the vendor", f'{{{START},"mood":"good"}}', ["extra"]),
    ("a reservation that is a text", f'{{{START},"reservationId":"x"}}', ["type"]),
]

STOPS: list[Flaw] = [
    ("well formed", f"{{{STOP}}}", []),
    *ANY_PAYLOAD,
    ("a transaction that is null", f'{{"transactionId":null,"meterStop":5,"timestamp":{NOW}}}', ["type"]),
    ("transaction -1", f'{{"transactionId":-1,"meterStop":5,"timestamp":{NOW}}}', []),
    ("a transaction of 64 bits", f'{{"transactionId":9223372036854775807,"meterStop":5,"timestamp":{NOW}}}', []),
    ("a transaction of 400 digits", f'{{"transactionId":{LONG},"meterStop":5,"timestamp":{NOW}}}', ["number", "type"]),
    ("a reason that nobody lists", f'{{{STOP},"reason":"Bored"}}', ["enum"]),
    ("readings that are no list", f'{{{STOP},"transactionData":"none"}}', ["type"]),
    ("readings that are empty", f'{{{STOP},"transactionData":[{{}}]}}', ["missing"]),
    ("a token that is an object", f'{{{STOP},"idTag":{{"id":"A"}}}}', ["type"]),
]


def reading(sample: str) -> str:
    """MeterValues with one sample."""
    return f'{{"connectorId":1,"meterValue":[{{"timestamp":{NOW},"sampledValue":[{sample}]}}]}}'


READINGS: list[Flaw] = [
    ("well formed", reading('{"value":"1"}'), []),
    *ANY_PAYLOAD,
    ("no list of readings", '{"connectorId":1,"meterValue":"none"}', ["type"]),
    ("a measurand that nobody lists", reading('{"value":"1","measurand":"Mood"}'), ["enum"]),
    ("a unit that nobody lists", reading('{"value":"1","unit":"furlong"}'), ["enum"]),
    ("a value that is a number", reading('{"value":1}'), ["type"]),
    ("a value of 1e400", reading('{"value":1e400}'), ["number", "type"]),
    ("a value of 30,000 characters", reading(f'{{"value":"{"A" * 30_000}","format":"SignedData"}}'), []),
    ("a value of 30,000 digits", reading(f'{{"value":"{"9" * 30_000}","format":"SignedData"}}'), []),
    ("no value", reading("{}"), ["missing"]),
    ("a sample that is null", reading("null"), ["type"]),
    ("three thousand samples", reading(",".join(['{"value":"1"}'] * 3000)), []),
    ("three thousand broken samples", reading(",".join(['{"value":1}'] * 3000)), ["type"]),
    ("forty broken samples", reading(",".join(['{"value":1}'] * 40)), ["type", "too_many"]),
    ("samples 100 levels deep", reading("[" * 100 + "]" * 100), ["depth", "type"]),
    ("a transaction that is a text", '{"connectorId":1,"transactionId":"x","meterValue":[]}', ["type", "count"]),
]

SCHEMA: list[Row] = [
    accepted("a status that nobody lists", call("StatusNotification", f'{{{STATUS[:-11]}"Dreaming"}}'),
             "StatusNotification", "enum"),
    accepted("an info that is too long", call("StatusNotification", f'{{{STATUS},"info":"{"x" * 51}"}}'),
             "StatusNotification", "length"),
    accepted("a vendor code of the wrong type", call("StatusNotification", f'{{{STATUS},"vendorErrorCode":5}}'),
             "StatusNotification", "type"),
    accepted("a status without an error code", call("StatusNotification", '{"connectorId":1,"status":"Available"}'),
             "StatusNotification", "missing"),
    refused("a status without a connector",
            call("StatusNotification", '{"errorCode":"NoError","status":"Available"}'),
            "StatusNotification", "OccurenceConstraintViolation", "missing"),
    refused("a connector that is a text",
            call("StatusNotification", '{"connectorId":"one","errorCode":"NoError","status":"Available"}'),
            "StatusNotification", "TypeConstraintViolation", "type"),
    accepted("a boot with nothing in it", call("BootNotification", "{}"), "BootNotification", "missing"),
    accepted("a boot with a model that is too long", call("BootNotification", f'{{{BOOT[:-2]}{"M" * 21}"}}'),
             "BootNotification", "length"),
    accepted("a boot with a model that is null", call("BootNotification", f'{{{BOOT[:-3]}null}}'),
             "BootNotification", "type"),
    refused("a boot that is a list", call("BootNotification", "[]"), "BootNotification", "FormationViolation", "shape"),
    accepted("a token of 21 characters", call("Authorize", f'{{"idTag":"{"A" * 21}"}}'), "Authorize", "length"),
    accepted("an empty token", call("Authorize", '{"idTag":""}'), "Authorize"),
    refused("a token that is null",
            call("Authorize", '{"idTag":null}'), "Authorize", "TypeConstraintViolation", "type"),
    refused("no token", call("Authorize", "{}"), "Authorize", "OccurenceConstraintViolation", "missing"),
    accepted("a firmware status that nobody lists", call("FirmwareStatusNotification", '{"status":"Lost"}'),
             "FirmwareStatusNotification", "enum"),
    refused("a security event without its kind", call("SecurityEventNotification", f'{{"timestamp":{NOW}}}'),
            "SecurityEventNotification", "OccurenceConstraintViolation", "missing"),
    accepted("data that is an object",
             call("DataTransfer", '{"vendorId":"V","data":{"a":1}}'), "DataTransfer", "type"),
    accepted("data with ten thousand items",
             call("DataTransfer", f'{{"vendorId":"V","data":[{"0," * 9999}0]}}'),
             "DataTransfer", "type"),
    refused("an action of 2.x", call("TransactionEvent", "{}"), "TransactionEvent", "NotImplemented", "unknown_action"),
    refused("an action of the central system", call("RemoteStartTransaction", "{}"), "RemoteStartTransaction",
            "NotSupported", "unknown_action"),
    Row("message type 5 of 2.1", (b'[5,"m1","FormatViolation","",{}]',), (), (NotRead("FormationViolation"),)),
    Row("message type 6 of 2.1", (b'[6,"m1","NotifyPeriodicEventStream",{}]',), (), (NotRead("FormationViolation"),)),
]  # fmt: skip

NO_PAYLOAD: list[Row] = [
    accepted(f"{action}: no payload at all", b'[2,"m1","%b"]' % action.encode(), action, "frame", "missing")
    for action in ("StartTransaction", "StopTransaction", "MeterValues")
]

OUT_OF_ORDER: list[Row] = [
    Row("a stop before its start", (call("StopTransaction", f"{{{STOP}}}"), call("StartTransaction", f"{{{START}}}")),
        ((3, "m1"), (3, "m1")), (exchanged("StopTransaction"), exchanged("StartTransaction"))),
    Row("a start twice", (call("StartTransaction", f"{{{START}}}"),) * 2, ((3, "m1"),) * 2,
        (exchanged("StartTransaction"),) * 2),
    Row("a broken stop again and again", (call("StopTransaction", "{}"),) * 3, ((3, "m1"),) * 3,
        (exchanged("StopTransaction", "missing"),) * 3),
]  # fmt: skip

ROWS: list[Row] = [
    *framing.rows(V16),
    *SOCKETS,
    *revenue("StartTransaction", STARTS),
    *revenue("StopTransaction", STOPS),
    *revenue("MeterValues", READINGS),
    *NO_PAYLOAD,
    *OUT_OF_ORDER,
    *SCHEMA,
]
