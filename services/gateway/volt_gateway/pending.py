"""An answer that waits until its record is durable: acknowledge after append."""

from time import monotonic

from volt_gateway.link import Link
from volt_gateway.meters import Meters
from volt_gateway.socket import Hold
from volt_gateway.tracing import Trace
from volt_runtime.metrics import Counter, Histogram


class Release:
    """What all waiting answers share: limits and counters."""

    __slots__ = ("ack", "deadline_s", "failed", "late", "most_in_flight", "paused")

    def __init__(self, meters: Meters, deadline_s: float, most_in_flight: int) -> None:
        self.deadline_s = deadline_s
        self.most_in_flight = most_in_flight
        self.ack: Histogram = meters.ack
        self.late: Counter = meters.dropped("late")
        self.failed: Counter = meters.dropped("not_appended")
        self.paused: Counter = meters.limited("frames_in_flight")


class Pending:
    """One answer. `text` is None for what is recorded but never answered."""

    __slots__ = ("_link", "_release", "_since", "_text", "_trace")

    def __init__(self, link: Link, text: bytes | None, since: float, release: Release, trace: Trace | None) -> None:
        self._link = link
        self._text = text
        self._since = since
        self._release = release
        self._trace = trace
        link.in_flight += 1
        if link.in_flight == release.most_in_flight:
            release.paused.add()
            link.hold(Hold.IN_FLIGHT)

    def acknowledged(self, offset: int, failure: BaseException | None) -> None:
        """The broker has the record, or will not take it. An answer that is too late is dropped, never sent late."""
        link, release = self._link, self._release
        if link.in_flight == release.most_in_flight:
            link.release(Hold.IN_FLIGHT)
        link.in_flight -= 1
        took = monotonic() - self._since
        if failure is not None:
            release.failed.add()
        elif took > release.deadline_s:
            release.late.add()
        else:
            release.ack.observe(took)
            if self._text is not None:
                link.send(self._text)
        if self._trace is not None:
            self._trace.acknowledged(offset, failure)
            self._trace.answered(failure)
