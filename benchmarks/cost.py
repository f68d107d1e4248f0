"""CPU time of the processes that take part, by role: read from the system, so that nothing has to be instrumented."""

from collections.abc import Iterable, Mapping

import psutil

Roles = Mapping[str, Iterable[int]]
"""Role (`gateway`, `kafka`, `load`, …) → process ids."""


class Cost:
    """CPU seconds of each role from `begin` to `end`."""

    def __init__(self, roles: Roles) -> None:
        self._processes = {role: [psutil.Process(pid) for pid in pids] for role, pids in roles.items()}
        self._before: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

    def begin(self) -> None:
        """The window begins."""
        self._before = self._spent()

    def end(self) -> None:
        """The window ends."""
        self.seconds = {role: spent - self._before[role] for role, spent in self._spent().items()}

    def each(self, messages: float) -> dict[str, float]:
        """Microseconds for each of so many messages; none without messages."""
        return {role: round(1e6 * spent / messages, 1) for role, spent in self.seconds.items()} if messages else {}

    def _spent(self) -> dict[str, float]:
        return {role: sum(cpu_s(process) for process in members) for role, members in self._processes.items()}


def cpu_s(process: psutil.Process) -> float:
    """User and system time of a process and of the children it has now or had (Postgres is a family)."""
    own = process.cpu_times()
    spent = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue  # it has ended meanwhile, and its parent has counted it
        spent += times.user + times.system
    return float(spent)


def rss_kib(pid: int) -> int:
    """Resident memory of a process."""
    return int(psutil.Process(pid).memory_info().rss) // 1024
