"""Keeps up what ails a station: the faults that end after a time, and those that strike again and again."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from volt_simulator.outbox import PassingCall
from volt_simulator.traits import Faults
from volt_simulator.transaction import StopReason

if TYPE_CHECKING:
    from volt_simulator.station import Station

DUPLICATED_SHARE = 0.5
REBOOT_TAKES_S = 2.0
FLAPS_AFTER_S = (0.5, 3.0)
FIRMWARE_STEP_S = 2.0
# Both versions have these words.
FIRMWARE_STEPS = ("Downloading", "Downloaded", "Installing")
FIRMWARE_FAILS = "InstallationFailed"


class Ailments:
    """One station's; `apply` makes the station behave as the faults say."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self._ends: dict[str, asyncio.TimerHandle] = {}
        self._plagues: dict[str, asyncio.Task[None]] = {}

    def apply(self, faults: Faults) -> None:
        """Takes effect at once."""
        station = self._station
        station.clock.go_wrong(faults)
        habits = station.exchange.habits
        habits.duplicates = duplicated_share(faults)
        habits.copies = 2 if faults.duplicate_frames else 1
        if faults.frozen:
            station.link.freeze()
        else:
            station.link.thaw()
        if station.announcer.lies != faults.lying_status:
            station.announcer.lies = faults.lying_status
            station.say_news()
        station.limits.obey()
        self._keep_up("flapping_link", faults.flapping_link, self._flap)
        self._keep_up("firmware_loop", faults.firmware_loop, self._update_in_vain)

    def end_later(self, field: str, seconds: float | None) -> None:
        """That fault ends by itself after so many seconds; None: it lasts. An earlier end counts no more."""
        self._forget_end(field)
        if seconds is not None:
            self._ends[field] = asyncio.get_running_loop().call_later(seconds, self._end, field)

    def forget_ends(self) -> None:
        """Nothing ends by itself any more."""
        for field in list(self._ends):
            self._forget_end(field)

    def _forget_end(self, field: str) -> None:
        timer = self._ends.pop(field, None)
        if timer is not None:
            timer.cancel()

    def _end(self, field: str) -> None:
        del self._ends[field]
        self._station.afflict(replace(self._station.traits.faults, **{field: getattr(Faults(), field)}))

    def _keep_up(self, name: str, wanted: bool, plague: Callable[[], Coroutine[None, None, None]]) -> None:
        if wanted and name not in self._plagues:
            self._plagues[name] = self._station.do(plague())
        elif not wanted and name in self._plagues:
            self._plagues.pop(name).cancel()

    async def _flap(self) -> None:
        while True:
            await asyncio.sleep(self._station.dice.uniform(*FLAPS_AFTER_S))
            self._station.link.drop()

    async def _update_in_vain(self) -> None:
        for attempt in count(1):
            for status in FIRMWARE_STEPS:
                self._say(status, attempt)
                await asyncio.sleep(FIRMWARE_STEP_S)
            await self._station.until(lambda: self._station.outbox.is_empty)
            await self._station.restart(StopReason.REBOOT, "FirmwareUpdate", graceful=False, away_s=REBOOT_TAKES_S)
            await self._station.until_online()
            self._say(FIRMWARE_FAILS, attempt)
            await asyncio.sleep(FIRMWARE_STEP_S)

    def _say(self, status: str, attempt: int) -> None:
        request = self._station.dialect.firmware(status, attempt)
        self._station.outbox.say(PassingCall(request, lambda answer: None, lambda reason: None))


def duplicated_share(faults: Faults) -> float:
    """The share of transaction messages that are sent twice."""
    return DUPLICATED_SHARE if faults.duplicates else 0.0
