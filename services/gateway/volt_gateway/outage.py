"""Kafka unreachable: stations are sent away so that they queue and authorise offline, and let in again slowly."""

from collections.abc import Callable

from volt_runtime.log import logger


class Outage:
    """Whether the broker has been away for too long. `failing_since` is the appender's: monotonic seconds or None."""

    def __init__(self, failing_since: Callable[[], float | None], patience_s: float) -> None:
        self._failing_since = failing_since
        self._patience_s = patience_s
        self.down = False
        self._log = logger("gateway")

    def check(self, now: float) -> bool:
        """Look again; True when the outage has just begun."""
        since = self._failing_since()
        down = since is not None and now - since >= self._patience_s
        begins, ends = down and not self.down, self.down and not down
        self.down = down
        if begins:
            self._log.warning(f"Kafka has not answered for {self._patience_s:g} s: stations are sent away")
        if ends:
            self._log.info("Kafka answers again: stations are let in")
        return begins
