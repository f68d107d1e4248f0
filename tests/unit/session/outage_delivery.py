"""How a station's frames reach us: a cut, then what was queued, late, some of it twice or out of order."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from hypothesis import strategies as st
from unit.session.outage_voice import Frame, Stamp, status, told
from unit.session.outage_world import HOUR, MINUTE, World

Ids = Literal["filled", "minus", "zero", "none"]


@dataclass(frozen=True)
class Habits:
    """What a station does around a cut. Whatever is here was seen in the field or is in the specification."""

    queues_status: bool
    """Statuses of the cut are kept; else only the present ones are told after it (1.6 §4.9, 2.0.1 B04)."""
    status_first: bool
    """The present status overtakes the queue."""
    says_offline: bool
    """2.x: queued events bear `offline`."""
    ids: Ids
    """1.6: the transaction id of what was made before its start was answered."""
    pace: int
    """Seconds from one frame of the queue to the next."""
    repeats_last: int
    """How many frames from before the cut are sent again, their answers having been lost."""
    repeats_all: bool
    """The link breaks in the middle of the queue, and all of it is sent again."""
    swaps: tuple[int, ...]
    """Places of the queue whose frame comes after the one that follows it."""
    doubles: tuple[int, ...]
    """Places of the queue whose frame is sent twice."""
    tells_close: bool
    """The gateway sees the socket break; else it is silence, or the new link, that tells."""


@dataclass(frozen=True)
class Cut:
    """No link in [begin, end)."""

    begin: int
    end: int


@dataclass(frozen=True)
class Step:
    """Something reaches us: a frame, or what the gateway says of a link."""

    at: float
    frame: Frame | None = None
    link: str = ""

    def late_by(self, time: timedelta) -> bool:
        """Whether the frame was made while there was no link, more than this ago."""
        frame = self.frame
        return frame is not None and frame.offline and self.at - frame.made > time.total_seconds()


@st.composite
def cuts(draw: st.DrawFn, world: World) -> Cut:
    """A cut that begins at any moment."""
    begin = draw(st.integers(-5 * MINUTE, world.end))
    return Cut(begin, begin + draw(st.sampled_from([3 * MINUTE, 20 * MINUTE, HOUR, 3 * HOUR, 9 * HOUR])))


HABITS = st.builds(
    Habits,
    queues_status=st.booleans(),
    status_first=st.booleans(),
    says_offline=st.booleans(),
    ids=st.sampled_from(["filled", "filled", "minus", "zero", "none"]),
    pace=st.sampled_from([0, 1, 7]),
    repeats_last=st.sampled_from([0, 0, 1, 3]),
    repeats_all=st.booleans(),
    swaps=st.lists(st.integers(0, 30), max_size=2).map(tuple),
    doubles=st.lists(st.integers(0, 30), max_size=3).map(tuple),
    tells_close=st.booleans(),
)


def delivered(world: World, cut: Cut, habits: Habits, stamp: Stamp) -> list[Step]:
    """All that reaches us, in order."""
    frames = told(world, stamp)
    before = [frame for frame in frames if frame.made < cut.begin]
    kept = [frame for frame in frames if cut.begin <= frame.made < cut.end and (frame.queued or habits.queues_status)]
    after = [frame for frame in frames if frame.made >= cut.end]
    steps = [Step(-10 * MINUTE, link="open")]
    steps += [Step(-10 * MINUTE + 1, status(world, evse, -10 * MINUTE + 1, stamp)) for evse in _evses(world)]
    steps += [Step(frame.made + 0.3, frame) for frame in before]
    if habits.tells_close:
        steps.append(Step(cut.begin, link="close"))
    steps.append(Step(cut.end, link="open"))
    queue = _queue(before, kept, habits, cut)
    told_at = cut.end + (0 if habits.status_first else _until_sent(queue, habits))
    steps += [Step(told_at + 0.5, status(world, evse, int(told_at), stamp)) for evse in _evses(world)]
    return sorted([*steps, *_flush(queue, after, habits, cut)], key=lambda step: step.at)


def _until_sent(queue: list[Frame], habits: Habits) -> float:
    return 1 + len(queue) * (habits.pace + 0.01)


def _evses(world: World) -> range:
    return range(1, world.evses + 1)


def _queue(before: list[Frame], kept: list[Frame], habits: Habits, cut: Cut) -> list[Frame]:
    kept = [_offline(frame, habits, cut) for frame in kept]
    for place in habits.swaps:
        if place + 1 < len(kept) and _may_swap(kept[place], kept[place + 1]):
            kept[place : place + 2] = [kept[place + 1], kept[place]]
    doubled = [frame for place, frame in enumerate(kept) for _ in range(2 if place in habits.doubles else 1)]
    whole = doubled[: len(doubled) * 2 // 3] + doubled if habits.repeats_all else doubled
    sent = [frame for frame in before if frame.queued]
    return sent[len(sent) - habits.repeats_last :] + whole


def _may_swap(one: Frame, other: Frame) -> bool:
    """1.6 stations keep starts before stops; readings may come after the stop, and 2.x events in any order."""
    if one.stay is not other.stay or "status" in (one.kind, other.kind):
        return False
    return one.action == "TransactionEvent" or "start" not in (one.kind, other.kind)


def _offline(frame: Frame, habits: Habits, cut: Cut) -> Frame:
    payload = frame.payload
    if frame.action == "TransactionEvent" and habits.says_offline:
        payload = payload | {"offline": True}
    unanswered = frame.stay is not None and cut.begin <= frame.stay.charge.start < cut.end
    if unanswered and habits.ids != "filled" and frame.action in ("MeterValues", "StopTransaction"):
        payload = _without_id(payload, habits.ids, frame.action)
    return replace(frame, payload=payload, offline=True)


def _without_id(payload: dict[str, object], ids: str, action: str) -> dict[str, object]:
    if ids == "none" and action == "MeterValues":
        return {name: value for name, value in payload.items() if name != "transactionId"}
    return payload | {"transactionId": -1 if ids == "minus" else 0}


def _flush(queue: list[Frame], after: list[Frame], habits: Habits, cut: Cut) -> list[Step]:
    """The queue in its pace. Live frames that must be queued wait behind it; statuses do not."""
    steps = []
    free = cut.end + 1.0
    for frame in queue:
        steps.append(Step(free, frame))
        free += habits.pace + 0.01
    for frame in after:
        at = frame.made + 0.3
        if frame.queued:
            at = max(at, free)
            free = at + 0.01
        steps.append(Step(at, frame))
    return steps
