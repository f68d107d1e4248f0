"""How long a died process waits before it is started again."""

from dataclasses import dataclass

HEALTHY_AFTER_S = 30.0
_FIRST_S = 0.5
_LONGEST_S = 15.0


@dataclass(frozen=True)
class Backoff:
    """Deaths in a row; each doubles the pause from 0.5 s up to 15 s, and 30 s of life make it forget them."""

    deaths: int = 0

    def after_death(self, uptime_s: float) -> "Backoff":
        """Count one more death of a process that had lived for `uptime_s` seconds."""
        return Backoff(1 if uptime_s >= HEALTHY_AFTER_S else self.deaths + 1)

    @property
    def pause_s(self) -> float:
        """Seconds to wait before the next start."""
        return min(_LONGEST_S, _FIRST_S * 2 ** max(0, min(self.deaths, 10) - 1)) if self.deaths else 0.0
