"""OCPP 2.1: what 2.x has in common, CALLRESULTERROR and SEND (part 4 §4.2.4 and §4.2.5)."""

from unit.gateway.wire import framing
from unit.gateway.wire.framing import GOOD
from unit.gateway.wire.revenue2 import REVENUE
from unit.gateway.wire.rows import V21, NotRead, Row, call, exchanged, refused
from unit.gateway.wire.schema2 import SCHEMA
from unit.gateway.wire.sockets import SOCKETS

_STREAM = b'{"id":1,"pending":0,"basetime":"2026-01-01T00:00:00Z","data":[{"t":0,"v":"1"}]}'
_FRAME = "RpcFrameworkError"


def unanswered(name: str, text: bytes, action: str, *kinds: str) -> Row:
    """A SEND on record; nothing is ever said to it, whatever is wrong."""
    return Row(name, (text,), (), (exchanged(action, *kinds),))


def ignored(name: str, text: bytes, code: str = _FRAME) -> Row:
    """A text on record that nothing is said to."""
    return Row(name, (text,), (), (NotRead(code),))


SENDS: list[Row] = [
    unanswered("a SEND", b'[6,"s1","NotifyPeriodicEventStream",%b]' % _STREAM, "NotifyPeriodicEventStream"),
    unanswered("a SEND with nothing in it", b'[6,"s1","NotifyPeriodicEventStream",{}]', "NotifyPeriodicEventStream",
               "missing"),
    unanswered("a SEND with a list", b'[6,"s1","NotifyPeriodicEventStream",[]]', "NotifyPeriodicEventStream", "shape"),
    unanswered("a SEND of a call", b'[6,"s1","DataTransfer",{"vendorId":"V"}]', "DataTransfer", "unknown_action"),
    unanswered("a SEND of a heartbeat", b'[6,"s1","Heartbeat",{}]', "Heartbeat", "unknown_action"),
    unanswered("a SEND of what nobody has", b'[6,"s1","Nonsense",{}]', "Nonsense", "unknown_action"),
    ignored("a SEND without payload", b'[6,"s1","NotifyPeriodicEventStream"]'),
    ignored("a SEND with a number as action", b'[6,"s1",5,{}]'),
    ignored("a SEND that breaks off", b'[6,"s1","NotifyPeriodicEventStream",{'),
    ignored("a SEND without an id", b"[6]"),
    refused("a SEND's action as a call", call("NotifyPeriodicEventStream", "{}"), "NotifyPeriodicEventStream",
            "NotSupported", "unknown_action"),
    Row("five hundred SENDs, then a call", (b'[6,"s1","NotifyPeriodicEventStream",%b]' % _STREAM,) * 500 + (GOOD,),
        ((3, "m1"),), (exchanged("NotifyPeriodicEventStream"),) * 500 + (exchanged("DataTransfer"),)),
]  # fmt: skip

RESULT_ERRORS: list[Row] = [
    ignored("a CALLRESULTERROR", b'[5,"s1","FormatViolation","no",{}]', "FormatViolation"),
    ignored("a CALLRESULTERROR with its code alone", b'[5,"s1","InternalError"]', "InternalError"),
    ignored("a CALLRESULTERROR without a code", b'[5,"s1"]'),
    ignored("a CALLRESULTERROR with a number as code", b'[5,"s1",500,"",{}]'),
    ignored("a CALLRESULTERROR that breaks off", b'[5,"s1","FormatViolation",'),
    ignored("a CALLRESULTERROR without an id", b"[5]"),
    Row("an unknown type without an id", (b"[7]",), ((4, "-1", "MessageTypeNotSupported"),),
        (NotRead("MessageTypeNotSupported"),)),
]  # fmt: skip

ROWS: list[Row] = [*framing.rows(V21), *SOCKETS, *REVENUE, *SCHEMA, *SENDS, *RESULT_ERRORS]
