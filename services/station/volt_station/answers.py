"""What a station's answer to a call means: the status words of all versions → one of our outcomes."""

from collections.abc import Callable

from volt_contracts.message import OutcomeWord
from volt_station.domain.results import Answered
from volt_station.lenient import Object, part, text
from volt_station.normalise import Normaliser

ReadAnswer = Callable[[Object, Normaliser], Answered]

_OUTCOMES: dict[str, OutcomeWord] = {
    "Accepted": "accepted",
    "Scheduled": "accepted",
    "RebootRequired": "accepted",
    "Unlocked": "accepted",
    "NotSupported": "not_supported",
    "NotImplemented": "not_supported",
    "NotSupportedAttributeType": "not_supported",
}
_UNREADABLE = Answered("unknown", sentence="the station's answer cannot be read; it may have acted")
NOT_SUPPORTED = frozenset({"NotImplemented", "NotSupported"})
"""CALLERROR codes of a station that does not know the action."""


def outcome_of(status: str) -> OutcomeWord:
    """Whatever is not known to be good is a rejection."""
    return _OUTCOMES.get(status, "rejected")


def read_status(answer: Object, _quirks: Normaliser) -> Answered:
    """An answer that is a status (and in 2.x perhaps a reason)."""
    status = text(answer, "status", 64)
    if status is None:
        return _UNREADABLE
    info = part(answer, "statusInfo")
    said = " ".join(word for word in (text(info, "reasonCode"), text(info, "additionalInfo")) if word) or None
    outcome = outcome_of(status)
    sentence = None if outcome == "accepted" else f"the station answered {status}"
    return Answered(outcome, status, said, (), sentence)


def read_error(code: str, answer: Object) -> Answered:
    """A CALLERROR: the station did not do it."""
    said = text(answer, "errorDescription")
    if code in NOT_SUPPORTED:
        return Answered("not_supported", code, said, (), "the station does not know this call")
    return Answered("rejected", code, said, (), f"the station refused the call: {code}")


NO_ANSWER = Answered("unknown", sentence="the station has not answered; it may have acted")
_NOT_SENT = {
    "link_gone": "the station's link was gone",
    "too_late": "it could not be sent in time",
    "queue_full": "too many calls waited for the station",
}


def not_sent(error: str | None) -> Answered:
    """The gateway could not send it."""
    return Answered("expired", sentence=_NOT_SENT.get(error or "", "the gateway did not send it"))
