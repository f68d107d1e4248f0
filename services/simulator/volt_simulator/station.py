"""One charging station: its link, its connectors and the cars that come to them."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from volt_simulator import commands, frames
from volt_simulator.acn import Stay
from volt_simulator.ailments import REBOOT_TAKES_S, Ailments, duplicated_share
from volt_simulator.announcer import Announcer
from volt_simulator.authorizer import Authorizer
from volt_simulator.books import Books
from volt_simulator.clock import StationClock, true_time
from volt_simulator.configuration import Configuration
from volt_simulator.connector import Connector, Start, Status, Stop, Unplug
from volt_simulator.counters import Counters
from volt_simulator.dialect import Dialect
from volt_simulator.drivers import car_for
from volt_simulator.exchange import Exchange, Habits
from volt_simulator.gate import Gate
from volt_simulator.ledger import Ledger
from volt_simulator.limits import Limits
from volt_simulator.link import Address, Link, Patience
from volt_simulator.meter import Meter
from volt_simulator.ocmf import Signer
from volt_simulator.outbox import Outbox, PassingCall
from volt_simulator.past import Past
from volt_simulator.queue import RetryRule
from volt_simulator.registration import Registrar
from volt_simulator.tokens import TokenPool
from volt_simulator.traits import Faults, Traits
from volt_simulator.transaction import StopReason, Trigger
from volt_simulator.visit import VisitScript

ASKS_GATE_EVERY_S = 0.5
GRACE_FOR_STOPS_S = 5.0
LOOKS_AGAIN_AFTER_S = 0.05

Arrivals = Iterator[tuple[float, Stay]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the stations of a fleet share.

    `pace`: real seconds in a second; `second_thoughts`: the share of visits in which a driver stops and starts again;
    no stay is compressed to less than `shortest_stay_s`.
    """

    pace: int
    second_thoughts: float
    shortest_stay_s: float
    gate: Gate
    tokens: TokenPool
    ledger: Ledger | None
    pasts: Mapping[tuple[str, int], Past]
    counters: Counters
    patience: Patience
    retry_rule: RetryRule


class Station:
    """Everything that one station is; `run` it, and give it orders by commands, faults and the gate."""

    def __init__(
        self,
        traits: Traits,
        address: Address,
        dialect: Dialect,
        configuration: Configuration,
        surroundings: Surroundings,
        dice: Random,
    ) -> None:
        self.traits = traits
        self.dialect = dialect
        self.configuration = configuration
        self.dice = dice
        self.pace = surroundings.pace
        self.second_thoughts = surroundings.second_thoughts
        self.shortest_stay_s = surroundings.shortest_stay_s
        self.gate = surroundings.gate
        self.tokens = surroundings.tokens
        self.counters = surroundings.counters
        self.car_for = car_for(traits.style)
        self.connectors = [_connector(traits, evse, dice) for evse in range(1, traits.evses + 1)]
        self._pasts = surroundings.pasts
        self.outbox = Outbox(surroundings.retry_rule)
        self.clock = StationClock(true_time())
        self._jobs: set[asyncio.Task[None]] = set()
        self._busy_connectors = 0
        counters, patience = surroundings.counters, surroundings.patience
        self.books = Books(
            traits,
            self.clock,
            dialect,
            self.outbox,
            surroundings.ledger,
            counters,
            dice,
            offline=lambda: not self.is_online,
            stops_on_invalid_id=lambda: self.configuration.stops_on_invalid_id,
        )
        self.authorizer = Authorizer(dialect, self.outbox, configuration, surroundings.tokens, counters)
        self.announcer = Announcer(dialect, self.outbox, self.books, self.clock)
        self.registrar = Registrar(traits.station, dialect, self.outbox, counters, dice, self._accepted)
        habits = Habits(patience.call_timeout_s, duplicated_share(traits.faults), traits.same_id_retries)
        self.exchange = Exchange(dialect.version, self.outbox, habits, counters, dice, self._told_unregistered)
        self.link = Link(address, patience, self.outbox, self.exchange, self._commanded, self, counters, dice)
        self.limits = Limits(self)
        self.ailments = Ailments(self)
        self.clock.go_wrong(traits.faults)

    @property
    def deaf(self) -> bool:
        """Commands get no answer."""
        return self.traits.faults.deaf

    @property
    def is_online(self) -> bool:
        """Connected and accepted."""
        return self.outbox.linked and self.outbox.registered

    @property
    def is_settled(self) -> bool:
        """No car is here, nothing is left to be said, and the central system knows every status."""
        told = all(self.announcer.is_told(connector) for connector in self.connectors)
        return told and self._busy_connectors == 0 and self.outbox.is_empty and self.exchange.is_idle

    async def run(self, start_after_s: float, arrivals: Callable[[int], Arrivals]) -> None:
        """Comes to life after that many seconds; serves cars until the gate closes, and goes on talking after that."""
        self._busy_connectors = len(self.connectors)
        await asyncio.sleep(start_after_s)
        self.clock.powered_on = true_time()
        self._recall()
        self._zero_registers()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.link.run())
                group.create_task(self._beat())
                for connector in self.connectors:
                    group.create_task(self._serve_cars(connector, arrivals(connector.evse)))
        finally:
            for job in self._jobs:
                job.cancel()

    def _recall(self) -> None:
        for connector in self.connectors:
            past = self._pasts.get((self.traits.station, connector.evse))
            if past is not None:
                self.books.recall(connector, past)

    def _zero_registers(self) -> None:
        for connector in self.connectors:
            connector.meter.boot(is_idle=connector.transaction is None)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Does something after so many seconds, at once if there are none."""
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds, act)
        else:
            act()

    def pause_s(self, real_s: float) -> float:
        """How long a person takes for something that takes about `real_s` real seconds, compressed."""
        return max(0.05, real_s * self.dice.uniform(0.5, 1.5) / self.pace)

    def link_up(self) -> None:
        """A socket opened: boot if there is a reason to, else say what has changed meanwhile."""
        if self.traits.boots_on_reconnect and not self.registrar.must_boot:
            self.registrar.restarted("Triggered")
        if self.registrar.must_boot:
            self.registrar.boot()
        else:
            self._announce_all(again=False)

    def link_down(self) -> None:
        """The socket is gone; cars go on charging."""
        self.registrar.link_down()

    def _accepted(self, heartbeat_s: int) -> None:
        if heartbeat_s > 0:
            self.configuration.heartbeat_s = heartbeat_s
        self.announcer.announce_station()
        self._announce_all(again=True)

    def _told_unregistered(self) -> None:
        self.registrar.restarted("Triggered")
        self.registrar.boot()

    async def _commanded(self, call: frames.Call) -> commands.Response | None:
        return None if self.deaf else await commands.obey(self, call)

    def boot(self) -> None:
        """Says BootNotification now."""
        self.registrar.boot()

    def show(self, connector: Connector, status: Status) -> None:
        """The connector is in that status now."""
        connector.status = status
        self.announcer.announce(connector)

    def say_heartbeat(self) -> None:
        """Says Heartbeat."""
        self.outbox.say(PassingCall(self.dialect.heartbeat(), lambda answer: None, lambda reason: None))

    def say_statuses(self, evse: int | None) -> None:
        """Says the status of one connector, or of all."""
        if not evse:
            self.announcer.announce_station()
        for connector in self.chosen(evse):
            self.announcer.announce(connector, again=True)

    def say_readings(self, evse: int | None) -> None:
        """Says what the connectors measure within their transactions."""
        for connector in self.chosen(evse):
            self.books.read(connector, Trigger.TRIGGER)

    def say_idle_readings(self, connectors: list[Connector]) -> None:
        """Says what connectors measure, outside every transaction."""
        for connector in connectors:
            stamp, sample = self.clock.stamp(true_time()), self.books.sample(connector)
            request = self.dialect.idle_reading(connector.evse, stamp, sample)
            self.outbox.say(PassingCall(request, lambda answer: None, lambda reason: None))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(max(1, self.configuration.heartbeat_s) * self.dice.uniform(0.9, 1.0))
            if self.is_online:
                self.say_heartbeat()

    def configure(self, field: str, value: int | bool) -> None:
        """The central system sets a value of the configuration."""
        setattr(self.configuration, field, value)
        self.outbox.queue.rule = replace(
            self.outbox.queue.rule,
            attempts=max(1, self.configuration.message_attempts),
            interval_s=self.configuration.message_interval_s,
        )

    def afflict(self, faults: Faults) -> None:
        """The station has these faults from now on; running transactions keep their register."""
        self.traits = replace(self.traits, faults=faults)
        self.books.traits = self.traits
        self.ailments.apply(faults)

    def reboot(self, reason: StopReason, cause: str, graceful: bool, away_s: float = REBOOT_TAKES_S) -> None:
        """Restarts: transactions end, the socket closes, and the station boots when it is back."""
        self.do(self.restart(reason, cause, graceful, away_s))

    def reboot_when_idle(self, cause: str) -> None:
        """Restarts as soon as no transaction runs."""
        self.do(self._reboot_when_idle(cause))

    def close_down(self) -> None:
        """The gate has closed: every driver stops and leaves, idle connectors end."""
        for connector in self.connectors:
            connector.orders.put_nowait(Unplug(StopReason.LOCAL))

    async def restart(self, reason: StopReason, cause: str, graceful: bool, away_s: float = REBOOT_TAKES_S) -> None:
        """The same, and returns when no transaction runs any more."""
        for connector in self.connectors:
            if connector.transaction is not None:
                connector.orders.put_nowait(Stop(reason, connector.transaction))
        if graceful:
            await self.until(lambda: self._is_without_transaction and not self.outbox.queue)
            self.registrar.restarted(cause)
            await self.link.close(away_s)
        else:
            self.registrar.restarted(cause)
            self.link.drop(away_s)
            await self.until(lambda: self._is_without_transaction)
        self.clock.powered_on = true_time()
        self._zero_registers()

    async def _reboot_when_idle(self, cause: str) -> None:
        while not self._is_without_transaction:  # noqa: ASYNC110 - a state of several connectors
            await asyncio.sleep(LOOKS_AGAIN_AFTER_S)
        await self.restart(StopReason.SOFT_RESET, cause, graceful=True)

    @property
    def _is_without_transaction(self) -> bool:
        return all(connector.transaction is None for connector in self.connectors)

    async def until(self, done: Callable[[], bool]) -> None:
        """Returns when something is so, or when a station would have waited long enough for it."""
        deadline = asyncio.get_running_loop().time() + GRACE_FOR_STOPS_S
        while not done() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - two states, no one event
            await asyncio.sleep(LOOKS_AGAIN_AFTER_S)

    async def until_online(self) -> None:
        """Returns when it is connected and accepted."""
        while not self.is_online:  # noqa: ASYNC110 - two states, no one event
            await asyncio.sleep(LOOKS_AGAIN_AFTER_S)

    def do(self, job: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Lets something go on beside the rest; it ends with the station."""
        task = asyncio.get_running_loop().create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)
        return task

    async def _serve_cars(self, connector: Connector, arrivals: Arrivals) -> None:
        for gap_s, stay in arrivals:
            opening = None if self.gate.draining else await self._next_car(connector, gap_s)
            if self.gate.draining:
                break
            script = VisitScript(self, connector, stay, opening)
            await script.run()
            if opening is None:
                self.gate.left(script.has_plugged)
            await self._send_late_stop(connector)
        self._busy_connectors -= 1

    async def _next_car(self, connector: Connector, gap_s: float) -> Start | None:
        """Waits until a car comes by itself (None) or is sent by a remote start, or the gate closes."""
        until = asyncio.get_running_loop().time() + gap_s
        while True:
            order = await connector.order(until)
            if self.gate.draining:
                return None
            if isinstance(order, Start):
                return order
            if order is None:
                if connector.operative and self.gate.admit():
                    return None
                until = asyncio.get_running_loop().time() + ASKS_GATE_EVERY_S

    async def _send_late_stop(self, connector: Connector) -> None:
        if connector.held is None:
            return
        try:
            async with asyncio.timeout(self.traits.faults.late_stop_s):
                await self.gate.closing.wait()
        except TimeoutError:
            pass
        self.books.release(connector)

    def say_news(self) -> None:
        """Says every status that is not what it said last."""
        self._announce_all(again=False)

    def _announce_all(self, again: bool) -> None:
        for connector in self.connectors:
            self.announcer.announce(connector, again)

    def chosen(self, evse: int | None) -> list[Connector]:
        """The connector with that number, or all when none or 0 is named."""
        return [connector for connector in self.connectors if not evse or connector.evse == evse]


def _connector(traits: Traits, evse: int, dice: Random) -> Connector:
    connector = Connector(evse, Meter(traits.register, dice.randrange(2_000_000)), traits.plugs)
    if traits.style is not None and traits.style.signs:
        connector.signer = Signer(traits.vendor, f"{traits.serial}-{evse}", dice.getrandbits(255))
    return connector
