"""The twin's timers: a link on which nothing is heard, commands without an answer, a boot that never came."""

from datetime import datetime

from volt_eventlog.message import Deadline, Tick
from volt_station.domain import asking, links, results
from volt_station.domain.limits import BOOT_AWAITED_FOR, SILENT_AFTER
from volt_station.domain.state import Connected, Station
from volt_station.domain.turn import Turn

SILENCE = "silence"
COMMAND = "command"
BOOT = "boot"


def deadline(state: Station, last_input_at: datetime) -> Deadline | None:
    """The earliest of them."""
    wanted: list[Deadline] = []
    if state.pending:
        wanted.append(Deadline(COMMAND, min(pending.answer_until for pending in state.pending.values())))
    if isinstance(state.link, Connected):
        wanted.append(Deadline(SILENCE, last_input_at + SILENT_AFTER))
        if _awaits_boot(state, state.link):
            wanted.append(Deadline(BOOT, state.link.line.opened_at + BOOT_AWAITED_FOR))
    return min(wanted, key=lambda one: one.at, default=None)


def _awaits_boot(state: Station, link: Connected) -> bool:
    return not state.hardware.booted and not link.boot_asked


def passed(turn: Turn, tick: Tick) -> None:
    """One of them has come."""
    if tick.name == SILENCE:
        links.fell_silent(turn, tick.at)
    elif tick.name == COMMAND:
        results.overdue(turn, tick.at)
    elif tick.name == BOOT:
        asking.for_boot(turn, tick.at)
