"""The registration that a boot was answered with: the gateway's decision, else what stands in the answer."""

from volt_contracts.gateway import Registration
from volt_station.frame import Frame
from volt_station.lenient import read_object, text

_WORDS: dict[str | None, Registration] = {"Accepted": "accepted", "Pending": "pending", "Rejected": "rejected"}


def registration_of(frame: Frame) -> Registration:
    """Never decided here; an answer that says nothing leaves the station as it was."""
    decision = frame.decision
    if decision is not None and decision.registration is not None:
        return decision.registration
    answer = read_object(frame.exchange.answer) or {}
    return _WORDS.get(text(answer, "status")) or frame.state.registration or "pending"
