"""Messages that are no call: answers to what we asked, answers to nothing, and texts that are no frame."""

from datetime import UTC, datetime

from volt_contracts.gateway import Unreadable
from volt_gateway.journal import Journal
from volt_gateway.link import Link
from volt_gateway.meters import Meters
from volt_gateway.pending import Pending, Release
from volt_ocpp import frames
from volt_ocpp.redact import redact_message

LONGEST_TEXT = 4096
"""Characters of an unreadable message that are kept."""

_RESULT, _ERROR = 3, 4
NothingAsked = "UnexpectedAnswer"


class Strays:
    """Takes what is no call; everything that cannot be matched with a call of ours is on record as `unreadable`."""

    def __init__(self, journal: Journal, release: Release, meters: Meters) -> None:
        self._journal = journal
        self._release = release
        self._unreadable = meters.unreadable

    def take(self, link: Link, frame: frames.Frame, message: bytes, now: float) -> None:
        """One message that is no call."""
        match frame:
            case frames.CallResult(message_id=name, payload=payload):
                if not (link.outbound and link.outbound.answered(str(name), payload)):
                    self._record(link, message, NothingAsked, "an answer to nothing that was asked", None, now)
            case frames.CallError(message_id=name, code=code, description=why, details=details):
                if not (link.outbound and link.outbound.refused(str(name), code, why, details)):
                    self._record(link, message, NothingAsked, "a refusal of nothing that was asked", None, now)
            case frames.CallResultError(code=code, description=why):
                self._record(link, message, code, f"the station could not use our answer: {why}", None, now)
            case frames.Unreadable():
                self._broken(link, frame, message, now)

    def _broken(self, link: Link, frame: frames.Unreadable, message: bytes, now: float) -> None:
        """A broken answer ends the call that waits for it."""
        if frame.message_type in (_RESULT, _ERROR) and link.outbound is not None:
            link.outbound.refused(str(frame.message_id), frame.error, frame.sentence)
        self._record(link, message, frame.error, frame.sentence, frame.answer(), now)

    def _record(self, link: Link, message: bytes, error: str, sentence: str, answer: bytes | None, now: float) -> None:
        self._unreadable.add()
        link.at_fault(now)
        at = datetime.now(UTC)
        record = Unreadable(
            link_id=link.link_id,
            link_seq=link.link_seq,
            protocol=link.version.value,
            text=redact_message(message)[:LONGEST_TEXT],
            size=len(message),
            error=str(error),
            sentence=sentence,
            answer=None if answer is None else answer.decode(),
            received_at=at,
        )
        pending = Pending(link, answer, now, self._release, None)
        self._journal.append(link, record, at, pending.acknowledged)
