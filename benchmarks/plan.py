"""How long and how much: a whole run stays below eleven minutes on a quiet machine, a quick one below four."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Seconds and counts of every measurement."""

    broker_s: float = 10.0
    """The broker compiles its code in the first seconds of a load, and is several times dearer until then."""
    warm_up_s: float = 2.0
    closed_s: float = 6.0
    closed_frames: int = 120_000
    open_s: float = 10.0
    hostile_s: float = 8.0
    hostile_turns: int = 3
    hostile_stations: int = 4_500
    idle_stations: int = 5_000
    rest_s: float = 6.0
    pipe_s: float = 30.0
    probe_s: float = 15.0
    search_s: float = 10.0
    search_steps: int = 3
    drain_s: float = 60.0
    fold_messages: int = 25_000
    view_records: int = 20_000
    backlog_frames: int = 20_000
    list_stations: int = 100_000
    list_sessions: int = 1_000_000
    list_requests: int = 200
    import_stations: int = 100_000
    """And five tokens for each."""


WHOLE = Plan()
QUICK = Plan(
    broker_s=3.0,
    warm_up_s=1.0,
    closed_s=2.0,
    closed_frames=20_000,
    open_s=4.0,
    hostile_s=4.0,
    hostile_turns=1,
    hostile_stations=1_500,
    idle_stations=1_000,
    rest_s=3.0,
    pipe_s=6.0,
    probe_s=6.0,
    search_s=5.0,
    search_steps=1,
    drain_s=30.0,
    fold_messages=6_000,
    view_records=4_000,
    backlog_frames=4_000,
    list_stations=10_000,
    list_sessions=100_000,
    list_requests=40,
    import_stations=5_000,
)
