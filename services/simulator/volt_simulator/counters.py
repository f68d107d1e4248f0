"""What a fleet has done so far, in numbers that the control port shows."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counters:
    """Totals since the start; every call ends as an answer, a call error, a timeout or a lost link."""

    calls: int = 0
    answers: int = 0
    call_errors: int = 0
    timeouts: int = 0
    lost_with_link: int = 0
    retries: int = 0
    duplicates: int = 0
    discarded: int = 0
    late_answers: int = 0
    conflicting_answers: int = 0
    own_schema_errors: int = 0
    commands: int = 0
    commands_refused: int = 0
    bad_frames: int = 0
    links_opened: int = 0
    links_refused: int = 0
    links_lost: int = 0
    boots: int = 0
    authorizations_refused: int = 0
    visits_begun: int = 0
    visits_ended: int = 0
    transactions_begun: int = 0
    transactions_ended: int = 0

    def as_dict(self) -> dict[str, int]:
        """The totals by name."""
        return asdict(self)
