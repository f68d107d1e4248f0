"""The fleet: builds the stations, lets them live, and brings everything to an orderly end."""

import asyncio
import logging
import math
from collections.abc import Iterator
from functools import partial

from volt_simulator.acn import by_station, stays
from volt_simulator.arrivals import arrivals_at
from volt_simulator.configuration import Configuration
from volt_simulator.counters import Counters
from volt_simulator.dialect import Dialect
from volt_simulator.dice import dice
from volt_simulator.gate import Gate
from volt_simulator.ledger import Ledger
from volt_simulator.link import Address, Patience
from volt_simulator.models import Model, speaking
from volt_simulator.past import pasts_of
from volt_simulator.queue import RetryRule
from volt_simulator.settings import Settings
from volt_simulator.station import Arrivals, Station, Surroundings
from volt_simulator.tokens import TokenPool
from volt_simulator.traits import Faults, Traits, draw_traits
from volt_simulator.v2 import Ocpp2
from volt_simulator.v16 import Ocpp16
from volt_simulator.words2 import WORDS_21, WORDS_201

LOGGER = logging.getLogger("volt.simulator.fleet")
LOOKS_EVERY_S = 0.1
TELLS_EVERY_S = 30.0


class Fleet:
    """All stations of one process."""

    def __init__(self, settings: Settings, ledger: Ledger | None, passwords: dict[str, str]) -> None:
        self.settings = settings
        self.gate = Gate(settings.until_sessions)
        self.counters = Counters()
        self._recorded = by_station(stays())
        self._surroundings = Surroundings(
            pace=settings.compression,
            second_thoughts=settings.second_thoughts,
            shortest_stay_s=settings.shortest_stay_s,
            gate=self.gate,
            tokens=TokenPool(settings.tokens),
            ledger=ledger,
            pasts={} if ledger is None else pasts_of(ledger.found),
            counters=self.counters,
            patience=Patience(settings.call_timeout_s, settings.backoff_s, settings.backoff_max_s),
            retry_rule=RetryRule(settings.attempts, settings.retry_interval_s, settings.discards),
        )
        self.stations = {
            traits.station: self._station(traits, passwords.get(traits.station, settings.password))
            for traits in _all_traits(settings)
        }
        self.is_running = False
        self._ending = asyncio.Event()
        self._given_up = False

    def end(self) -> None:
        """Asks `run` to come to its end, by draining if the settings say so; asked again, it stops waiting for that."""
        self._given_up = self._ending.is_set()
        self._ending.set()

    def drain(self) -> None:
        """No car comes any more, those that are here leave, and `run` ends when all is delivered."""
        LOGGER.info("draining: all visits end now")
        self.gate.closing.set()
        for station in self.stations.values():
            station.close_down()
        self._ending.set()

    async def run(self) -> bool:
        """Lives until the end is asked for or reached. False when the drain did not succeed in time."""
        lives = [
            asyncio.create_task(self._live(number, station)) for number, station in enumerate(self.stations.values())
        ]
        teller = asyncio.create_task(self._tell())
        self.is_running = True
        try:
            await self._until_the_end(lives)
            return await self._settled(lives)
        finally:
            self.is_running = False
            self._tell_once()
            for task in (*lives, teller):
                task.cancel()
            await asyncio.gather(*lives, teller, return_exceptions=True)
            for station in self.stations.values():
                station.books.put_away()

    async def _live(self, number: int, station: Station) -> None:
        start_after_s = self.settings.ramp_s * number / len(self.stations)
        await station.run(start_after_s, partial(self._arrivals, number, station))

    def _arrivals(self, number: int, station: Station, evse: int) -> Arrivals:
        recorded = self._recorded[(number + evse - 1) % len(self._recorded)]
        source = dice(self.settings.seed, f"{station.traits.station}/{evse}")
        return arrivals_at(recorded, self.settings.compression, self.settings.max_gap_s, source)

    async def _until_the_end(self, lives: list[asyncio.Task[None]]) -> None:
        loop = asyncio.get_running_loop()
        until = None if self.settings.duration_s is None else loop.time() + self.settings.duration_s
        while not self._ending.is_set() and not self.gate.is_exhausted:
            if until is not None and loop.time() >= until:
                return
            _raise_if_failed(lives)
            await asyncio.sleep(LOOKS_EVERY_S)

    async def _settled(self, lives: list[asyncio.Task[None]]) -> bool:
        if self.settings.drain and not self.gate.draining:
            self.drain()
        if not self.gate.draining:
            return True
        deadline = asyncio.get_running_loop().time() + self.settings.drain_timeout_s
        while not all(station.is_settled for station in self.stations.values()):
            if self._given_up or asyncio.get_running_loop().time() >= deadline:
                self._tell_unsettled()
                return False
            _raise_if_failed(lives)
            await asyncio.sleep(LOOKS_EVERY_S)
        LOGGER.info("drained: everything is delivered")
        return True

    def _tell_unsettled(self) -> None:
        left = [station.traits.station for station in self.stations.values() if not station.is_settled]
        LOGGER.error("the drain did not end in time: %d stations still have something to say", len(left))

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TELLS_EVERY_S)
            self._tell_once()

    def _tell_once(self) -> None:
        online = sum(station.is_online for station in self.stations.values())
        waiting = sum(len(station.outbox.queue) for station in self.stations.values())
        LOGGER.info(
            "%d of %d stations online, %d visits and %d transactions ended, %d messages wait, %d timeouts",
            online,
            len(self.stations),
            self.counters.visits_ended,
            self.counters.transactions_ended,
            waiting,
            self.counters.timeouts,
        )

    def _station(self, traits: Traits, password: str | None) -> Station:
        dialect = _dialect(traits)
        settings = self.settings
        address = Address(f"{settings.gateway}/{traits.station}", traits.station, dialect.subprotocol, password)
        configuration = Configuration(
            meter_interval_s=settings.meter_interval_s,
            message_attempts=settings.attempts,
            message_interval_s=settings.retry_interval_s,
            authorizes_remote_starts=traits.authorizes_remote_starts,
        )
        source = dice(settings.seed, traits.station)
        return Station(traits, address, dialect, configuration, self._surroundings, source)


def _dialect(traits: Traits) -> Dialect:
    if traits.version == "1.6":
        return Ocpp16(traits)
    return Ocpp2(traits, WORDS_201 if traits.version == "2.0.1" else WORDS_21)


def _all_traits(settings: Settings) -> Iterator[Traits]:
    numbers = range(settings.stations)
    clocks, registers, duplicates, late = (
        _afflicted(settings, name, share)
        for name, share in (
            ("clocks", settings.unset_clocks),
            ("registers", settings.session_registers),
            ("duplicates", settings.duplicates),
            ("late stops", settings.late_stops),
        )
    )
    for number in numbers:
        station = f"{settings.prefix}{settings.first_station + number:04d}"
        faults = Faults(
            clock_unset=number in clocks,
            session_register=number in registers,
            duplicates=number in duplicates,
            late_stop_s=settings.late_stop_s if number in late else 0.0,
        )
        version = settings.versions[number % len(settings.versions)]
        source = dice(settings.seed, f"{station}/traits")
        style = _style(settings, number, version)
        yield draw_traits(station, version, faults, settings.same_id_retries, settings.start_points, source, style)


def _style(settings: Settings, number: int, version: str) -> Model | None:
    if settings.models is None:
        return None
    models = speaking(settings.models, version)
    return models[number // len(settings.versions) % len(models)]


def _afflicted(settings: Settings, name: str, share: float) -> frozenset[int]:
    """Exactly that share of the fleet, rounded up, so that a small fleet has its faults too."""
    number = math.ceil(settings.stations * share)
    return frozenset(dice(settings.seed, name).sample(range(settings.stations), number))


def _raise_if_failed(lives: list[asyncio.Task[None]]) -> None:
    for life in lives:
        if life.done():
            life.result()
