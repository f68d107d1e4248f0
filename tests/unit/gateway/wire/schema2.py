"""OCPP 2.0.1 and 2.1: what is soft and what is hard in the other calls (part 2, and part 4 §4.3 for the codes)."""

from unit.gateway.wire.rows import Row, accepted, call, refused

NOW = '"2026-01-01T00:00:00Z"'
STATUS = f'"timestamp":{NOW},"evseId":1,"connectorId":1,"connectorStatus":"Available"'
EVSE, TEXT, HUGE = '"evseId":1', '"evseId":"1"', '"evseId":1e400'
OCCURRENCE, TYPE = "OccurrenceConstraintViolation", "TypeConstraintViolation"

SCHEMA: list[Row] = [
    accepted("a status that nobody lists", call("StatusNotification", f'{{{STATUS.replace("Available", "Dreaming")}}}'),
             "StatusNotification", "enum"),
    accepted("a status without a time",
             call("StatusNotification", '{"evseId":1,"connectorId":1,"connectorStatus":"Available"}'),
             "StatusNotification", "missing"),
    refused("a status without an EVSE",
            call("StatusNotification", f'{{"timestamp":{NOW},"connectorId":1,"connectorStatus":"Available"}}'),
            "StatusNotification", OCCURRENCE, "missing"),
    refused("an EVSE that is a text", call("StatusNotification", f'{{{STATUS.replace(EVSE, TEXT)}}}'),
            "StatusNotification", TYPE, "type"),
    refused("an EVSE of 1e400", call("StatusNotification", f'{{{STATUS.replace(EVSE, HUGE)}}}'),
            "StatusNotification", TYPE, "number", "type"),
    accepted("a boot with nothing in it", call("BootNotification", "{}"), "BootNotification", "missing"),
    accepted("a boot for a reason that nobody lists",
             call("BootNotification", '{"reason":"Bored","chargingStation":{"model":"M","vendorName":"V"}}'),
             "BootNotification", "enum"),
    accepted("a boot of a station without a model",
             call("BootNotification", '{"reason":"PowerUp","chargingStation":{"vendorName":"V"}}'),
             "BootNotification", "missing"),
    refused("a boot that is a list", call("BootNotification", "[]"), "BootNotification", "FormatViolation", "shape"),
    refused("no token", call("Authorize", "{}"), "Authorize", OCCURRENCE, "missing"),
    refused("a token that is a text", call("Authorize", '{"idToken":"A"}'), "Authorize", TYPE, "type"),
    refused("a token without its type", call("Authorize", '{"idToken":{"idToken":"A"}}'), "Authorize", OCCURRENCE,
            "missing"),
    refused("a token that is null", call("Authorize", '{"idToken":{"idToken":null,"type":"Central"}}'), "Authorize",
            TYPE, "type"),
    accepted("a token of 300 characters",
             call("Authorize", f'{{"idToken":{{"idToken":"{"A" * 300}","type":"Central"}}}}'),
             "Authorize", "length"),
    refused("a report without its number", call("NotifyReport", f'{{"generatedAt":{NOW},"seqNo":0}}'), "NotifyReport",
            OCCURRENCE, "missing"),
    accepted("a report with an empty list",
             call("NotifyReport", f'{{"requestId":1,"generatedAt":{NOW},"seqNo":0,"reportData":[]}}'),
             "NotifyReport", "count"),
    refused("an event list with nothing in it",
            call("NotifyEvent", f'{{"generatedAt":{NOW},"seqNo":0}}'), "NotifyEvent", OCCURRENCE, "missing"),
    accepted("a security event whose time is a number", call("SecurityEventNotification", '{"type":"X","timestamp":0}'),
             "SecurityEventNotification", "type"),
    accepted("data that is an object", call("DataTransfer", '{"vendorId":"V","data":{"a":1}}'), "DataTransfer"),
    accepted("data with ten thousand items", call("DataTransfer", f'{{"vendorId":"V","data":[{"0," * 9999}0]}}'),
             "DataTransfer"),
    refused("an action of 1.6", call("StartTransaction", "{}"), "StartTransaction", "NotImplemented", "unknown_action"),
    refused("an action of the central system", call("RequestStartTransaction", "{}"), "RequestStartTransaction",
            "NotSupported", "unknown_action"),
]  # fmt: skip
"""The rows of both versions."""
