"""OCPP 2.0.1: what 2.x has in common, and the message types that it does not have (part 4 §4.1.3)."""

from unit.gateway.wire import framing
from unit.gateway.wire.revenue2 import REVENUE
from unit.gateway.wire.rows import V201, NotRead, Row, call, refused
from unit.gateway.wire.schema2 import SCHEMA
from unit.gateway.wire.sockets import SOCKETS

_TYPE = "MessageTypeNotSupported"

NOT_YET: list[Row] = [
    Row("message type 5 of 2.1", (b'[5,"m1","FormatViolation","",{}]',), ((4, "m1", _TYPE),), (NotRead(_TYPE),)),
    Row("message type 6 of 2.1", (b'[6,"m1","NotifyPeriodicEventStream",{}]',), ((4, "m1", _TYPE),), (NotRead(_TYPE),)),
    Row("an unknown type without an id", (b"[7]",), ((4, "-1", _TYPE),), (NotRead(_TYPE),)),
    refused("an action of 2.1", call("NotifySettlement", "{}"), "NotifySettlement", "NotImplemented", "unknown_action"),
]

ROWS: list[Row] = [*framing.rows(V201), *SOCKETS, *REVENUE, *SCHEMA, *NOT_YET]
