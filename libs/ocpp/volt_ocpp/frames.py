"""OCPP-J frames: one text from the socket becomes one of five frames or a stated reason why not, and never an
exception (OCPP-J 1.6 §4, OCPP 2.0.1 and 2.1 part 4 §4).
"""

import msgspec
from msgspec import Raw, Struct

from volt_ocpp import mending
from volt_ocpp.codes import ErrorCode, bad_frame, bad_payload
from volt_ocpp.versions import Version
from volt_ocpp.violations import Kind, Violation

MessageId = str | int | float
"""Text, as the specification asks; a bare JSON number is tolerated and answered as the same number."""

NO_ID = "-1"
"""The message id of a CALLERROR to a frame whose own id cannot be read (OCPP 2.0.1 part 4 §4.2.3)."""

LONGEST_DESCRIPTION = 255

_CALL, _RESULT, _ERROR, _RESULT_ERROR, _SEND = 2, 3, 4, 5, 6
_encode = msgspec.json.Encoder().encode
_EMPTY = Raw(b"{}")


class Call(Struct, frozen=True, gc=False, array_like=True, tag_field="type", tag=_CALL, forbid_unknown_fields=True):
    """A request that wants an answer: `[2, id, action, payload]`."""

    message_id: MessageId
    action: str
    payload: Raw

    @property
    def oddities(self) -> tuple[Violation, ...]:
        """What was odd about the frame although it could be read."""
        return ()


class MendedCall(Call, frozen=True, gc=False, array_like=True, tag_field="type", tag=_CALL, kw_only=True):
    """A CALL that could be read only with tolerance; `mended` says what was tolerated.

    `payload` is the text as sent where that was clean JSON, else a clean copy of it: it can always be stored inside
    a JSON record.
    """

    mended: tuple[Violation, ...]

    @property
    def oddities(self) -> tuple[Violation, ...]:
        """What was odd about the frame although it could be read."""
        return self.mended


class CallResult(
    Struct, frozen=True, gc=False, array_like=True, tag_field="type", tag=_RESULT, forbid_unknown_fields=True
):
    """The answer to a CALL of ours: `[3, id, payload]`."""

    message_id: MessageId
    payload: Raw


class CallError(
    Struct, frozen=True, gc=False, array_like=True, tag_field="type", tag=_ERROR, forbid_unknown_fields=True
):
    """The refusal of a CALL of ours: `[4, id, code, description, details]`; the last two are often left out."""

    message_id: MessageId
    code: str
    description: str = ""
    details: Raw = _EMPTY


class CallResultError(
    Struct, frozen=True, gc=False, array_like=True, tag_field="type", tag=_RESULT_ERROR, forbid_unknown_fields=True
):
    """The station could not use our CALLRESULT: `[5, id, code, description, details]` (OCPP 2.1 part 4 §4.2.4)."""

    message_id: MessageId
    code: str
    description: str = ""
    details: Raw = _EMPTY


class Send(Struct, frozen=True, gc=False, array_like=True, tag_field="type", tag=_SEND, forbid_unknown_fields=True):
    """A message that is never answered: `[6, id, action, payload]` (OCPP 2.1 part 4 §4.2.5)."""

    message_id: MessageId
    action: str
    payload: Raw

    @property
    def oddities(self) -> tuple[Violation, ...]:
        """A SEND that needs tolerance is not read at all: it is best effort anyway."""
        return ()


class Unreadable(Struct, frozen=True, gc=False):
    """A text that is no frame of this version, with the answer it gets.

    `answerable` is false for what must not be answered: unknown message types and unreadable ids in 1.6, broken
    answers (a CALLERROR follows on a CALL only), everything of type SEND. `message_type` and `action` are there as
    far as they could be read, so that a broken answer still ends the CALL that waits for it.
    """

    error: ErrorCode
    message_id: MessageId
    sentence: str
    answerable: bool
    message_type: int | None = None
    action: str | None = None

    def answer(self) -> bytes | None:
        """The frame to send back, None when nothing is to be sent."""
        if not self.answerable:
            return None
        if self.message_type == _RESULT:
            return call_result_error(self.message_id, self.error, self.sentence)
        return call_error(self.message_id, self.error, self.sentence)


Frame = Call | CallResult | CallError | CallResultError | Send | Unreadable

_THREE = msgspec.json.Decoder(Call | CallResult | CallError).decode
_FIVE = msgspec.json.Decoder(Call | CallResult | CallError | CallResultError | Send).decode
_DECODE = {Version.V16: _THREE, Version.V201: _THREE, Version.V21: _FIVE}


def parse(text: bytes | str, version: Version) -> Frame:
    """Read one text from the socket; never raises, whatever is in it.

    The payload stays the raw text (a view into `text`: hand over bytes that nobody reuses). Clean frames take one
    decoder call; everything else goes the slower way of `mending`. Of duplicate keys the last one counts.
    """
    try:
        frame: Call | CallResult | CallError | CallResultError | Send = _DECODE[version](text)
    except (ValueError, RecursionError):
        return _read_leniently(text, version)
    if type(frame.message_id) is str and mending.is_plain(text):
        return frame
    return _read_leniently(text, version)


def call(message_id: MessageId, action: str, payload: bytes) -> bytes:
    """The text of a CALL."""
    return b"[2,%b,%b,%b]" % (_encode(message_id), _encode(action), payload)


def call_result(message_id: MessageId, payload: bytes) -> bytes:
    """The text of a CALLRESULT; the id is given back as the same JSON value."""
    return b"[3,%b,%b]" % (_encode(message_id), payload)


def call_error(message_id: MessageId, code: str, description: str, details: bytes = b"{}") -> bytes:
    """The text of a CALLERROR; the description is cut to the 255 characters that a station must accept."""
    return b"[4,%b,%b,%b,%b]" % (
        _encode(message_id), _encode(str(code)), _encode(description[:LONGEST_DESCRIPTION]), details
    )  # fmt: skip


def call_result_error(message_id: MessageId, code: str, description: str, details: bytes = b"{}") -> bytes:
    """The text of a CALLRESULTERROR (OCPP 2.1 only)."""
    return b"[5" + call_error(message_id, code, description, details)[2:]


def _read_leniently(text: bytes | str, version: Version) -> Frame:
    mended = mending.mend(text)
    if isinstance(mended, mending.Hopeless):
        return _hopeless(mended, version)
    return _interpret(mended, version)


def _hopeless(broken: mending.Hopeless, version: Version) -> Unreadable:
    readable_call = broken.message_type == _CALL and broken.action is not None
    code = bad_payload(version) if readable_call else bad_frame(version)
    return _unreadable(version, code, broken.sentence, broken.message_type, broken.message_id, broken.action)


def _unreadable(
    version: Version,
    code: ErrorCode,
    sentence: str,
    message_type: int | None,
    message_id: MessageId | None,
    action: str | None = None,
) -> Unreadable:
    answerable = _is_answerable(version, message_type, message_id)
    identity = NO_ID if message_id is None else message_id
    return Unreadable(code, identity, sentence, answerable, message_type, action)


def _is_answerable(version: Version, message_type: int | None, message_id: MessageId | None) -> bool:
    if version is Version.V16:
        return message_type == _CALL and message_id is not None
    if version is Version.V21 and message_type == _RESULT:
        return message_id is not None
    return message_type not in _never_answered(version)


def _never_answered(version: Version) -> tuple[int, ...]:
    return (_RESULT, _ERROR, _RESULT_ERROR, _SEND) if version is Version.V21 else (_RESULT, _ERROR)


def _interpret(mended: mending.Elements, version: Version) -> Frame:
    kind, message_id = mended.message_type(), mended.message_id()
    if kind not in (_CALL, _RESULT, _ERROR) and not (version is Version.V21 and kind in (_RESULT_ERROR, _SEND)):
        return _unknown_type(mended, version)
    if message_id is None:
        return _unreadable(version, bad_frame(version), "the message id cannot be read", kind, None, mended.text(2))
    if kind == _CALL:
        return _lenient_call(mended, version, message_id)
    if kind == _SEND:
        return _lenient_send(mended, version, message_id)
    return _lenient_answer(mended, version, kind, message_id)


def _unknown_type(mended: mending.Elements, version: Version) -> Unreadable:
    """OCPP-J 1.6 §4.1.3: ignored; OCPP 2.0.1 and 2.1 part 4: answered with MessageTypeNotSupported."""
    if not mended.items:
        return _unreadable(version, bad_frame(version), "the frame is an empty array", None, None)
    kind, ignored = mended.message_type(), version is Version.V16
    name = "the message type cannot be read" if kind is None else f"{version.label} has no message type {kind}"
    code = bad_frame(version) if ignored else ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED
    return _unreadable(version, code, name, kind, mended.message_id(), mended.text(2))


def _lenient_call(mended: mending.Elements, version: Version, message_id: MessageId) -> Call | Unreadable:
    action = mended.text(2)
    if action is None:
        return _unreadable(version, bad_frame(version), "the action cannot be read", _CALL, message_id)
    payload, oddities = mended.payload(3, action)
    if payload is None:
        return _unreadable(version, bad_frame(version), "the call has no payload", _CALL, message_id, action)
    if len(mended.items) > 4:
        oddities += (_frame_oddity("the call has more than four elements"),)
    if not isinstance(message_id, str):
        oddities += (_frame_oddity("the message id is a number"),)
    if not oddities:
        return Call(message_id, action, payload)
    return MendedCall(message_id=message_id, action=action, payload=payload, mended=oddities)


def _lenient_send(mended: mending.Elements, version: Version, message_id: MessageId) -> Send | Unreadable:
    action = mended.text(2)
    if action is None or len(mended.items) < 4:
        return _unreadable(version, bad_frame(version), "the SEND has no action or payload", _SEND, message_id, action)
    return Send(message_id, action, mended.items[3])


def _lenient_answer(
    mended: mending.Elements, version: Version, kind: int | None, message_id: MessageId
) -> CallResult | CallError | CallResultError | Unreadable:
    if kind == _RESULT:
        if len(mended.items) < 3:
            return _unreadable(version, bad_frame(version), "the answer has no payload", kind, message_id)
        return CallResult(message_id, mended.items[2])
    code, description = mended.text(2), mended.text(3) or ""
    details = mended.items[4] if len(mended.items) > 4 else _EMPTY
    if code is None:
        return _unreadable(version, bad_frame(version), "the error code cannot be read", kind, message_id)
    if kind == _ERROR:
        return CallError(message_id, code, description, details)
    return CallResultError(message_id, code, description, details)


def _frame_oddity(sentence: str) -> Violation:
    return Violation("", Kind.FRAME, sentence)
