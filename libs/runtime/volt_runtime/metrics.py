"""Counters, gauges and histograms in plain memory, shown as Prometheus text: an increment costs an addition."""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence


class Counter:
    """A number that only grows."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def add(self, amount: float = 1) -> None:
        """Add `amount`."""
        self.value += amount


class Histogram:
    """Observations in buckets; `buckets` are the upper bounds, ascending."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, buckets: Sequence[float]) -> None:
        self.bounds = tuple(buckets)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def observe(self, value: float, times: int = 1) -> None:
        """Count `value`, `times` times."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times


SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The registry of a process. The same name and labels give the same object; keep it instead of asking again."""

    def __init__(self) -> None:
        self._help: dict[str, tuple[str, str]] = {}
        self._counters: dict[tuple[str, str], Counter] = {}
        self._gauges: dict[tuple[str, str], Callable[[], float]] = {}
        self._histograms: dict[tuple[str, str], Histogram] = {}

    def counter(self, name: str, help: str, **labels: str) -> Counter:
        """The counter of this name and these labels."""
        self._help[name] = ("counter", help)
        return self._counters.setdefault((name, _labels(labels)), Counter())

    def gauge(self, name: str, help: str, read: Callable[[], float], **labels: str) -> None:
        """A value that is read when it is asked for."""
        self._help[name] = ("gauge", help)
        self._gauges[(name, _labels(labels))] = read

    def histogram(self, name: str, help: str, buckets: Sequence[float] = SECONDS, **labels: str) -> Histogram:
        """The histogram of this name and these labels."""
        self._help[name] = ("histogram", help)
        return self._histograms.setdefault((name, _labels(labels)), Histogram(buckets))

    def text(self) -> str:
        """Everything in the Prometheus exposition format 0.0.4."""
        samples: dict[str, list[str]] = {}
        for (name, labels), counter in self._counters.items():
            samples.setdefault(name, []).append(f"{name}{_braces(labels)} {counter.value:.17g}")
        for (name, labels), read in self._gauges.items():
            samples.setdefault(name, []).append(f"{name}{_braces(labels)} {_read(read):.17g}")
        for (name, labels), histogram in self._histograms.items():
            samples.setdefault(name, []).extend(_buckets(name, labels, histogram))
        lines: list[str] = []
        for name in sorted(samples):
            kind, text = self._help[name]
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", *samples[name]]
        return "\n".join(lines) + "\n"


def _read(read: Callable[[], float]) -> float:
    try:
        return read()
    except Exception:  # one figure that cannot be had must not take the others away
        return math.nan


def _buckets(name: str, labels: str, histogram: Histogram) -> list[str]:
    lines, seen = [], 0
    for bound, count in zip((*histogram.bounds, None), histogram.counts, strict=True):
        seen += count
        le = _labels({"le": "+Inf" if bound is None else f"{bound:g}"})
        lines.append(f"{name}_bucket{_braces(labels, le)} {seen}")
    return [*lines, f"{name}_sum{_braces(labels)} {histogram.total:.17g}", f"{name}_count{_braces(labels)} {seen}"]


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{key}="{_escaped(value)}"' for key, value in sorted(labels.items()))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _braces(*parts: str) -> str:
    inner = ",".join(part for part in parts if part)
    return f"{{{inner}}}" if inner else ""
