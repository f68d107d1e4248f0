"""`link_refused` records: why stations were not let in, at most one a minute for each (identity, reason)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from volt_contracts.gateway import LinkRefused, RefusalReason
from volt_contracts.ids import entity_key, station_uid
from volt_gateway.meters import Meters

NO_TENANT = "-"
MOST_KINDS = 10_000
"""(identity, reason) pairs of one window; further ones are counted in the metrics only."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An upgrade that is not let in. `key` is None for a station that nobody knows."""

    reason: RefusalReason
    sentence: str
    identity: str
    path: str
    address: str
    tenant: str | None = None
    key: str | None = None

    @property
    def record_key(self) -> str:
        """`{tenant or "-"}/{uid}`: the station's own, or the one it would have been adopted under."""
        tenant = self.tenant or NO_TENANT
        return self.key or entity_key(tenant, station_uid(tenant, self.identity))


Append = Callable[[str, LinkRefused], None]


@dataclass(slots=True)
class _Window:
    last: Refusal
    began: float
    unsaid: int = 0


class Refusals:
    """Counts every refusal and records a few of them. Times: `now` monotonic seconds, `at` for the record."""

    def __init__(self, append: Append, meters: Meters, window_s: float, per_address: int) -> None:
        self._append = append
        self._metrics = meters.metrics
        self._window_s = window_s
        self._per_address = per_address
        self._windows: dict[tuple[str, str], _Window] = {}
        self._addresses: dict[str, int] = {}
        self._swept = 0.0
        self._unrecorded = meters.limited("refusal_records")

    def refuse(self, refusal: Refusal, now: float, at: datetime) -> None:
        """Note a refusal: the first of its kind in a window is recorded at once, the others with their count."""
        tenant = refusal.tenant or NO_TENANT
        self._metrics.counter(
            "volt_gateway_refusals_total", "Upgrades refused", tenant=tenant, reason=refusal.reason
        ).add()
        kind = (refusal.record_key, refusal.reason)
        window = self._windows.get(kind)
        if window is not None:
            window.unsaid += 1
            window.last = refusal
        elif len(self._windows) < MOST_KINDS and self._address_may(refusal.address):
            self._windows[kind] = _Window(refusal, now)
            self._record(refusal, 1, at)
        else:
            self._unrecorded.add()

    def sweep(self, now: float, at: datetime) -> None:
        """Record what was held back and has waited for a window; forget the windows that stayed quiet."""
        if now - self._swept >= self._window_s:
            self._swept = now
            self._addresses.clear()
        for kind, window in list(self._windows.items()):
            if now - window.began < self._window_s:
                continue
            if window.unsaid:
                self._record(window.last, window.unsaid, at)
                window.began, window.unsaid = now, 0
            else:
                del self._windows[kind]

    def _address_may(self, address: str) -> bool:
        said = self._addresses.get(address, 0)
        if said >= self._per_address:
            return False
        self._addresses[address] = said + 1
        return True

    def _record(self, refusal: Refusal, count: int, at: datetime) -> None:
        self._append(
            refusal.record_key,
            LinkRefused(
                identity=refusal.identity,
                path=refusal.path,
                remote_address=refusal.address,
                reason=refusal.reason,
                sentence=refusal.sentence,
                count=count,
                at=at,
            ),
        )
