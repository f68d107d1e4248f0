"""Texts that are no frame, or an odd one: the same for every version, but for the words (OCPP-J §4.1 and §4.2)."""

from unit.gateway.wire.rows import NotRead, Row, Words, accepted, call, exchanged, refused

VENDOR = '{"vendorId":"V"}'
GOOD = call("DataTransfer", VENDOR)
DEEP = b"[" * 100_000


def transfer(payload: str | bytes) -> bytes:
    """A DataTransfer: an action that every version has, and that is always on record."""
    return call("DataTransfer", payload)


NO_FRAMES: list[tuple[str, bytes]] = [
    ("an empty message", b""),
    ("blanks", b"  \r\n\t "),
    ("a NUL", b"\x00"),
    ("a word", b"hello"),
    ("an object", b'{"messageTypeId":2}'),
    ("null", b"null"),
    ("a number", b"2"),
    ("a frame inside a text", b'"[2,\\"m1\\",\\"Heartbeat\\",{}]"'),
    ("an opening bracket", b"["),
    ("a closing bracket", b"]"),
    ("an empty array", b"[]"),
    ("a frame that breaks off after its type", b"[2"),
    ("a hundred thousand opening brackets", DEEP),
    ("sixty thousand nested arrays", b"[" * 60_000 + b"]" * 60_000),
    ("bytes of no alphabet", b"\xff\xfe\x80\x81"),
    ("a call in UTF-16", GOOD.decode().encode("utf-16")),
    ("a SOAP envelope (OCPP 1.5)", b'<?xml version="1.0"?><Envelope/>'),
    ("an HTTP request", b"GET /ocpp/demo/CP2 HTTP/1.1\r\nHost: x\r\n\r\n"),
]

NO_ID: list[tuple[str, bytes]] = [
    ("a call of its type alone", b"[2]"),
    ("null as id", b'[2,null,"DataTransfer",{}]'),
    ("true as id", b'[2,true,"DataTransfer",{}]'),
    ("an object as id", b'[2,{"id":1},"DataTransfer",{}]'),
    ("an array as id", b'[2,["m1"],"DataTransfer",{}]'),
    ("1e400 as id", b'[2,1e400,"DataTransfer",{}]'),
    ("NaN as id", b'[2,NaN,"DataTransfer",{}]'),
    ("an id of 65 bits", b'[2,18446744073709551616,"DataTransfer",{}]'),
    ("an id of 400 digits", b'[2,%b,"DataTransfer",{}]' % (b"9" * 400)),
]

TYPES: list[tuple[str, bytes]] = [
    ("message type 0", b'[0,"m1","DataTransfer",{}]'),
    ("message type 1 (WAMP)", b'[1,"m1","DataTransfer",{}]'),
    ("message type 7", b'[7,"m1","DataTransfer",{}]'),
    ("message type -2", b'[-2,"m1","DataTransfer",{}]'),
    ("message type 2.5", b'[2.5,"m1","DataTransfer",{}]'),
    ("message type 2 to the 64th", b'[18446744073709551616,"m1","DataTransfer",{}]'),
    ("a word as message type", b'["CALL","m1","DataTransfer",{}]'),
    ("null as message type", b'[null,"m1","DataTransfer",{}]'),
    ("an object as message type", b'[{},"m1","DataTransfer",{}]'),
]

ENVELOPE: list[tuple[str, bytes]] = [
    ("a call without action and payload", b'[2,"m1"]'),
    ("a call without payload", b'[2,"m1","DataTransfer"]'),
    ("a number as action", b'[2,"m1",5,{}]'),
    ("null as action", b'[2,"m1",null,{}]'),
    ("an object as action", b'[2,"m1",{},{}]'),
    ("payload before action", b'[2,"m1",{"vendorId":"V"},"DataTransfer"]'),
]

BROKEN: list[tuple[str, bytes]] = [
    ("a payload that breaks off", transfer('{"vendorId":"V"')[:-1]),
    ("a comma too many", transfer('{"vendorId":"V",}')),
    ("a number with a leading zero", transfer('{"vendorId":"V","data":01}')),
    ("a number in hexadecimal", transfer('{"vendorId":"V","data":0x1F}')),
    ("a comma in a decimal", transfer('{"vendorId":"V","data":1,5}')),
    ("single quotes", transfer("{'vendorId':'V'}")),
    ("a key without quotes", transfer('{vendorId:"V"}')),
    ("a comment", transfer('{"vendorId":"V"/*x*/}')),
    ("something after the frame", GOOD + b" ["),
    ("two frames in one message", GOOD + call("DataTransfer", VENDOR, '"m2"')),
    ("a payload of a hundred thousand brackets", b'[2,"m1","DataTransfer",' + DEEP),
    ("an escape that JSON does not have", transfer('{"vendorId":"\\x41"}')),
]

IDS: list[tuple[str, str, object]] = [
    ("0", "0", 0),
    ("-7", "-7", -7),
    ("2 to the 53rd and one", "9007199254740993", 9007199254740993),
    ("the largest signed 64-bit number", "9223372036854775807", 2**63 - 1),
    ("the smallest signed 64-bit number", "-9223372036854775808", -(2**63)),
    ("the largest unsigned 64-bit number", "18446744073709551615", 2**64 - 1),
    ("a decimal", "1.5", 1.5),
]

TEXT_IDS: list[tuple[str, str, str]] = [
    ("an empty text", '""', ""),
    ("-1", '"-1"', "-1"),
    ("digits", '"007"', "007"),
    ("36 characters", f'"{"x" * 36}"', "x" * 36),
    ("quotes, backslashes and line ends", '"\\"\\\\\\n"', '"\\\n'),
    ("letters of other alphabets", '"\u00e4\u4e2d\U0001f600"', "\u00e4\u4e2d\U0001f600"),
    ("markup", '"<script>"', "<script>"),
]

MENDED: list[tuple[str, bytes, tuple[str, ...]]] = [
    ("a byte order mark", b"\xef\xbb\xbf" + GOOD, ("syntax",)),
    ("NULs after the frame", GOOD + b"\x00\x00", ("syntax",)),
    ("blanks and line ends around everything", b' [ 2 ,\r\n"m1"\t,"DataTransfer" , {"vendorId":"V"} ]\n', ()),
    ("the message type as text", b'["2","m1","DataTransfer",{"vendorId":"V"}]', ()),
    ("the message type with a decimal", b'[2.0,"m1","DataTransfer",{"vendorId":"V"}]', ()),
    ("five elements", b'[2,"m1","DataTransfer",{"vendorId":"V"},{}]', ("frame",)),
    ("an action with an escape", b'[2,"m1","Data\\u0054ransfer",{"vendorId":"V"}]', ()),
    ("control characters", transfer('{"vendorId":"a\tb\nc"}'), ("syntax",)),
    ("bytes that are no UTF-8", transfer(b'{"vendorId":"\xff"}'), ("encoding",)),
    ("a surrogate in UTF-8", transfer(b'{"vendorId":"\xed\xa0\x80"}'), ("encoding",)),
    ("half a surrogate pair", transfer('{"vendorId":"\\ud800"}'), ("encoding",)),
    ("a surrogate pair the wrong way round", transfer('{"vendorId":"\\ude00\\ud83d"}'), ("encoding",)),
    ("an overlong NUL", transfer(b'{"vendorId":"\xc0\x80"}'), ("encoding",)),
    ("a NUL by escape", transfer('{"vendorId":"\\u0000"}'), ()),
    ("duplicate keys", transfer('{"vendorId":5,"vendorId":"V"}'), ()),
    ("a field that no version knows", transfer('{"vendorId":"V","mood":"good"}'), ("extra",)),
    ("a field named like a prototype", transfer('{"vendorId":"V","__proto__":{"a":1}}'), ("extra",)),
    (
        "ten thousand fields",
        transfer('{"vendorId":"V",' + ",".join(f'"f{n}":0' for n in range(9000)) + "}"),
        ("extra",),
    ),
    ("a field's name of 100,000 characters", transfer('{"vendorId":"V","%s":0}' % ("k" * 100_000)), ("extra",)),
    ("a text of 120,000 characters", transfer('{"vendorId":"%s"}' % ("x" * 120_000)), ("length",)),
    ("NaN in a field that no version knows", transfer('{"vendorId":"V","x":NaN}'), ("syntax", "extra")),
    ("-Infinity", transfer('{"vendorId":"V","x":-Infinity}'), ("syntax", "extra")),
    ("1e400", transfer('{"vendorId":"V","x":1e400}'), ("number", "extra")),
    ("-1e400", transfer('{"vendorId":"V","x":-1e400}'), ("number", "extra")),
    ("a number of 400 digits", transfer('{"vendorId":"V","x":%s}' % ("9" * 400)), ("number", "extra")),
    ("a number of 100,000 digits", transfer('{"vendorId":"V","x":%s}' % ("9" * 100_000)), ("number", "extra")),
    ("62 levels", transfer('{"vendorId":"V","x":' + "[" * 62 + "]" * 62 + "}"), ("extra",)),
    ("65 levels", transfer('{"vendorId":"V","x":' + "[" * 65 + "]" * 65 + "}"), ("depth", "extra")),
    ("800 levels", transfer('{"vendorId":"V","x":' + '{"a":' * 800 + "1" + "}" * 801), ("depth", "extra")),
    ("brackets in a text", transfer('{"vendorId":"[[[[{{{{"}'), ()),
]

SHAPES: list[tuple[str, str]] = [
    ("an array", '["V"]'),
    ("null", "null"),
    ("a text", '"V"'),
    ("a number", "5"),
    ("true", "true"),
    ("1e400", "1e400"),
]

ACTIONS: list[tuple[str, str, str]] = [
    ("that nobody has", "MakeCoffee", "NotImplemented"),
    ("in the wrong case", "dataTransfer", "NotImplemented"),
    ("that is empty", "", "NotImplemented"),
    ("with a blank", "DataTransfer ", "NotImplemented"),
    ("of a thousand characters", "A" * 1000, "NotImplemented"),
    ("of another alphabet", "\u0414ataTransfer", "NotImplemented"),
    ("named like an attribute", "__class__", "NotImplemented"),
    ("that is a response's schema", "DataTransferResponse", "NotImplemented"),
    ("that is a path", "../v16/schemas/Reset", "NotImplemented"),
    ("that only the central system sends", "Reset", "NotSupported"),
]


def rows(says: Words) -> list[Row]:
    """The rows of every version, in its words."""
    return [
        *(Row(name, (text,), says.nobody(says.bad_frame), (NotRead(says.bad_frame),)) for name, text in NO_FRAMES),
        *(Row(name, (text,), says.nobody(says.bad_frame), (NotRead(says.bad_frame),)) for name, text in NO_ID),
        *(_unknown_type(says, name, text) for name, text in TYPES),
        *(_broken(name, text, says.bad_frame) for name, text in ENVELOPE),
        *(_broken(name, text, says.bad_payload) for name, text in BROKEN),
        *(
            accepted(f"as id {name}", call("DataTransfer", VENDOR, literal), "DataTransfer", "frame", message_id=value)
            for name, literal, value in IDS
        ),
        *(
            accepted(f"as id {name}", call("DataTransfer", VENDOR, literal), "DataTransfer", message_id=value)
            for name, literal, value in TEXT_IDS
        ),
        *_long_ids(),
        *(accepted(name, text, "DataTransfer", *kinds) for name, text, kinds in MENDED),
        *(
            refused(f"{name} as payload", transfer(text), "DataTransfer", says.bad_payload, "shape")
            for name, text in SHAPES[:-1]
        ),
        refused("1e400 as payload", transfer("1e400"), "DataTransfer", says.bad_payload, "number", "shape"),
        refused("a required field is missing", transfer("{}"), "DataTransfer", says.missing, "missing"),
        *(
            refused(f"{name} as a text", transfer(f'{{"vendorId":{text}}}'), "DataTransfer",
                    "TypeConstraintViolation", *kinds)
            for name, text, kinds in (
                ("a number", "5", ("type",)), ("null", "null", ("type",)), ("an object", "{}", ("type",)),
                ("NaN", "NaN", ("syntax", "type")), ("1e400", "1e400", ("number", "type")),
            )
        ),
        *(
            refused(f"an action {name}", call(action, "{}"), action, code, "unknown_action")
            for name, action, code in ACTIONS
        ),
        *_strangers_answers(says),
        *_sequences(says),
    ]  # fmt: skip


def _unknown_type(says: Words, name: str, text: bytes) -> Row:
    """OCPP-J 1.6 §4.1.3: "the server SHALL ignore this"; 2.0.1 part 4 §4.1.3: MessageTypeNotSupported."""
    if says.silent:
        return Row(name, (text,), (), (NotRead(says.bad_frame),))
    code = "MessageTypeNotSupported"
    return Row(name, (text,), ((4, "m1", code),), (NotRead(code),))


def _broken(name: str, text: bytes, code: str) -> Row:
    return Row(name, (text,), ((4, "m1", code),), (NotRead(code),))


def _long_ids() -> list[Row]:
    """An id has at most 36 characters; what is longer is given back whole and flagged, or the station would wait."""
    return [
        accepted(f"an id of {size} characters", call("DataTransfer", VENDOR, f'"{"x" * size}"'), "DataTransfer",
                 "frame", message_id="x" * size)
        for size in (37, 5000, 100_000)
    ] + [
        accepted("an id with half a surrogate pair", call("DataTransfer", VENDOR, '"a\\ud800"'), "DataTransfer",
                 "encoding", message_id="a\ufffd"),
    ]  # fmt: skip


def _strangers_answers(says: Words) -> list[Row]:
    """A CALLERROR follows on a CALL only; 2.1 tells of a CALLRESULT that it could not use (part 4 §4.2.4)."""
    is_21 = says.version == "ocpp2.1"
    broken = ((5, "s1", says.bad_frame),) if is_21 else ()
    nothing = NotRead("UnexpectedAnswer")
    return [
        Row("an answer to nothing", (b'[3,"s1",{}]',), (), (nothing,)),
        Row("a refusal of nothing", (b'[4,"s1","GenericError","",{}]',), (), (nothing,)),
        Row("a refusal with its code alone", (b'[4,"s1","GenericError"]',), (), (nothing,)),
        Row("an answer to -1", (b'[3,"-1",{}]',), (), (nothing,)),
        Row("an answer to the station's own call", (GOOD, b'[3,"m1",{}]'), ((3, "m1"),),
            (exchanged("DataTransfer"), nothing)),
        Row("an answer without payload", (b'[3,"s1"]',), broken, (NotRead(says.bad_frame),)),
        Row("an answer that breaks off", (b'[3,"s1",{"status":',), broken, (NotRead(says.bad_frame),)),
        Row("an answer without id", (b"[3]",), (), (NotRead(says.bad_frame),)),
        Row("a refusal without code", (b'[4,"s1"]',), (), (NotRead(says.bad_frame),)),
        Row("a refusal with a number as code", (b'[4,"s1",500,"",{}]',), (), (NotRead(says.bad_frame),)),
    ]  # fmt: skip


def _sequences(says: Words) -> list[Row]:
    second = call("DataTransfer", VENDOR, '"m2"')
    many = [call("DataTransfer", VENDOR, f'"n{number}"') for number in range(200)]
    noted, missing = exchanged("DataTransfer"), exchanged("DataTransfer", "missing")
    return [
        Row("the same call twice", (GOOD, GOOD), ((3, "m1"), (3, "m1")), (noted, noted)),
        Row("a second call before the first is answered", (GOOD, second), ((3, "m1"), (3, "m2")), (noted, noted)),
        Row("ids that go backwards", (second, GOOD), ((3, "m2"), (3, "m1")), (noted, noted)),
        Row("two hundred calls at once", tuple(many), tuple((3, f"n{number}") for number in range(200)),
            (noted,) * 200),
        Row("two hundred texts that are no frame, then a call", (b"[]",) * 200 + (GOOD,),
            says.nobody(says.bad_frame) * 200 + ((3, "m1"),), (NotRead(says.bad_frame),) * 200 + (noted,)),
        Row("a refused call again: refused once, then acknowledged and flagged",
            (transfer("{}"), transfer("{}"), transfer("{}")),
            ((4, "m1", says.missing), (3, "m1"), (3, "m1")),
            (exchanged("DataTransfer", "missing", error=says.missing), missing, missing)),
        Row("an unknown action again: refused each time", (call("Nonsense", "{}"),) * 2,
            ((4, "m1", "NotImplemented"),) * 2,
            (exchanged("Nonsense", "unknown_action", error="NotImplemented"),) * 2),
        Row("heartbeats with an odd payload are answered and not stored",
            (call("Heartbeat", '{"x":1}'), call("Heartbeat", '{"x":NaN}', '"m2"')), ((3, "m1"), (3, "m2"))),
        Row("a heartbeat whose payload is no object", (call("Heartbeat", "[]"),), ((4, "m1", says.bad_payload),),
            (exchanged("Heartbeat", "shape", error=says.bad_payload),)),
    ]  # fmt: skip
