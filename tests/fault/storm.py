"""What a storm's files say: who lost its socket, when each was back, and what the others noticed of it."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from volt_testkit.acknowledged import read_acknowledgements


@dataclass(frozen=True)
class Files:
    """Where one load writes, and what its stations are called."""

    folder: Path
    name: str

    @property
    def acks(self) -> Path:
        """Its acknowledgements."""
        return self.folder / f"{self.name}-acks.ndjson"

    @property
    def links(self) -> Path:
        """Losses, attempts and returns."""
        return self.folder / f"{self.name}-links.ndjson"


@dataclass(frozen=True)
class Storm:
    """One storm. Times are Unix seconds; `back` has the first return of each station that lost its socket."""

    killed_at: float
    lost: dict[str, float]
    back: dict[str, float]
    refused: Counter[int]
    """Attempts in vain by HTTP status; 0: nobody answered."""

    @property
    def missing(self) -> int:
        """How many are not back yet."""
        return len(self.lost.keys() - self.back.keys())

    @property
    def over_at(self) -> float:
        """When the last one was back."""
        return max(self.back.values(), default=self.killed_at)

    def back_after_s(self, part: float) -> float:
        """Seconds from the kill until this part of those who were lost was back."""
        times = sorted(self.back.values())
        return times[max(0, int(part * len(self.lost)) - 1)] - self.killed_at

    def most_in_a_second(self) -> int:
        """Returns in the second that had most of them."""
        return max(Counter(int(at) for at in self.back.values()).values(), default=0)


def read_storm(links: Path, killed_at: float) -> Storm:
    """Everything from the kill on."""
    storm = Storm(killed_at, {}, {}, Counter())
    for line in _lines(links):
        if line["at"] < killed_at:
            continue
        station, said = line["station"], line["said"]
        if said == "lost":
            storm.lost.setdefault(station, line["at"])
        elif said == "back":
            storm.back.setdefault(station, line["at"])
        elif said == "refused":
            storm.refused[line["status"]] += 1
    return storm


def _lines(file: Path) -> Iterable[dict[str, Any]]:
    """Whole lines: the last one may still be being written."""
    text = file.read_text()
    return (json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines())


def answers_of_others(acks: Path, storm: Storm, begin: float, end: float) -> list[float]:
    """Milliseconds of the answers, within a stretch, to the stations that kept their socket; in order of length."""
    return sorted(
        entry["took_ms"]
        for entry in read_acknowledgements(acks)
        if entry["station"] not in storm.lost and begin <= datetime.fromisoformat(entry["at"]).timestamp() <= end
    )


def told(ordered: list[float]) -> str:
    """Milliseconds in a sentence."""
    p50, p99 = (ordered[min(len(ordered) - 1, int(part * len(ordered)))] for part in (0.5, 0.99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {ordered[-1]:.0f} ms of {len(ordered)}"
