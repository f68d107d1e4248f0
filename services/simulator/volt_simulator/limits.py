"""What a station allows its cars to take: the charging profiles it was given, when they hold, and what that means."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from volt_simulator.connector import Connector, Retuned
from volt_simulator.models import NOMINAL_PACK_V, NOMINAL_V
from volt_simulator.profiles import Profile, Purpose, station_cap, transaction_cap

if TYPE_CHECKING:
    from volt_simulator.station import Station

LEAST_A = 6  # below this a car may not charge at all (IEC 61851-1)
LEAST_DC_W = 1_000
# A timer that comes a moment early would see the old limit still.
LATE_S = 0.001


@dataclass(frozen=True, slots=True)
class Interval:
    """From so many seconds on so many watts."""

    start_s: int
    limit_w: int


class Limits:
    """One station's. `stored` are the profiles as accepted; they take effect after the delay of the model."""

    def __init__(self, station: "Station") -> None:
        self.stored: tuple[Profile, ...] = ()
        self._station = station
        self._in_force: tuple[Profile, ...] = ()
        self._timer: asyncio.TimerHandle | None = None

    def install(self, profile: Profile) -> None:
        """Adds a profile in place of those that it replaces."""
        self._store((*(one for one in self.stored if not profile.replaces(one)), profile))

    def clear(self, chosen: Callable[[Profile], bool]) -> bool:
        """Takes profiles away. False when there were none such."""
        left = tuple(one for one in self.stored if not chosen(one))
        found = len(left) < len(self.stored)
        if found:
            self._store(left)
        return found

    def obey(self) -> None:
        """Brings every connector under what holds now, and looks again when that changes."""
        self._forget_ended()
        now = asyncio.get_running_loop().time()
        for connector in self._station.connectors:
            limit_w = connector.limit_w = self._allowed_w(connector)
            if connector.flow is not None and connector.flow.limit_w != limit_w:
                connector.flow.limit(now, limit_w)
                connector.orders.put_nowait(Retuned())
        self._look_again()

    def composite(self, connector: Connector | None, seconds: int) -> list[Interval]:
        """What is allowed from now on at a connector, or at the whole station, where every step is new."""
        at = self._station.clock.now()
        until, found = at + timedelta(seconds=seconds), list[Interval]()
        start, moment = at, at
        began = at if connector is None else self._began(connector, at)
        while moment < until:
            limit_w = self._planned_w(connector, moment, began)
            if not found or found[-1].limit_w != limit_w:
                found.append(Interval(round((moment - start).total_seconds()), limit_w))
            moment = min((one for profile in self.stored for one in profile.changes(moment, began)), default=until)
        return found

    def phases(self, connector: Connector | None) -> tuple[int, int]:
        """Volts and phases by which amperes are watts there."""
        style = self._station.traits.style
        if style is not None and style.current == "DC":
            return NOMINAL_PACK_V, 1
        flow = None if connector is None else connector.flow
        return NOMINAL_V, self._station.traits.phases if flow is None else max(1, flow.car.phases)

    def _store(self, profiles: tuple[Profile, ...]) -> None:
        self.stored = profiles

        def take_effect() -> None:
            self._in_force = profiles
            self.obey()

        self._station.later(self._station.traits.delays.profile_s, take_effect)

    def _forget_ended(self) -> None:
        running = {one.transaction.own_id for one in self._station.connectors if one.transaction is not None}

        def lives(profile: Profile) -> bool:
            return profile.purpose is not Purpose.TX or profile.transaction in running

        self.stored = tuple(filter(lives, self.stored))
        self._in_force = tuple(filter(lives, self._in_force))

    def _allowed_w(self, connector: Connector) -> int | None:
        if self._station.traits.faults.ignores_limits or not self._in_force:
            return None
        at = self._station.clock.now()
        volts, phases = self.phases(connector)
        own = transaction_cap(self._in_force, connector.evse, at, self._began(connector, at))
        whole = station_cap(self._in_force, at)
        charging = sum(one.flow is not None and not one.flow.is_full for one in self._station.connectors)
        found = [] if own is None else [own.watts(volts, phases)]
        found += [] if whole is None else [whole.watts(volts, phases) // max(1, charging)]
        if not found:
            return None
        least_w = LEAST_A * NOMINAL_V * phases if volts == NOMINAL_V else LEAST_DC_W
        return min(found) if min(found) >= least_w else 0

    def _planned_w(self, connector: Connector | None, at: datetime, began: datetime) -> int:
        volts, phases = self.phases(connector)
        found = [self._station.traits.most_w * (1 if connector is not None else len(self._station.connectors))]
        whole = station_cap(self.stored, at)
        found += [] if whole is None else [whole.watts(volts, phases)]
        if connector is not None:
            own = transaction_cap(self.stored, connector.evse, at, began)
            found += [] if own is None else [own.watts(volts, phases)]
        return min(found)

    def _began(self, connector: Connector, otherwise: datetime) -> datetime:
        transaction = connector.transaction
        return otherwise if transaction is None else self._station.clock.shown(transaction.started_at)

    def _look_again(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self._station.clock.now()
        began = [self._began(one, at) for one in self._station.connectors if one.transaction is not None]
        moments = [one for profile in self._in_force for start in (at, *began) for one in profile.changes(at, start)]
        if moments and not self._station.traits.faults.ignores_limits:
            seconds = (min(moments) - at).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(seconds + LATE_S, self.obey)
