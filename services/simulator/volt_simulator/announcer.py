"""Keeps the central system's idea of every connector's status up to date, also across lost links and lost answers."""

import asyncio
from functools import partial

from volt_simulator.books import Books
from volt_simulator.clock import StationClock, true_time
from volt_simulator.connector import Connector, Status
from volt_simulator.dialect import Dialect
from volt_simulator.outbox import Outbox, PassingCall
from volt_simulator.transaction import Visit
from volt_simulator.wire import Payload

SAYS_AGAIN_AFTER_S = 5.0


class Announcer:
    """A status is said when it changes; one that nobody acknowledged is said again while it still holds."""

    def __init__(self, dialect: Dialect, outbox: Outbox, books: Books, clock: StationClock) -> None:
        self._dialect = dialect
        self._outbox = outbox
        self._books = books
        self._clock = clock
        self.lies = False

    def announce(self, connector: Connector, again: bool = False) -> None:
        """Says the status of a connector if it is news, or in any case `again`."""
        if again:
            self._announce_free_plugs(connector)
        name = self._name(connector)
        if name == connector.announced and not again:
            return
        connector.announced = name
        visit = connector.visit or connector.last_visit
        self._outbox.say(
            PassingCall(
                self._dialect.status(connector.evse, connector.plug, name, self._clock.stamp(true_time())),
                partial(self._heard, connector, visit, name),
                partial(self._unheard, connector, name),
            )
        )

    def _announce_free_plugs(self, connector: Connector) -> None:
        """Of an EVSE with several connectors one can be used at a time; the others are as they always are."""
        name = self._dialect.status_name(Status.AVAILABLE if connector.operative else Status.UNAVAILABLE)
        for plug in range(1, connector.plugs + 1):
            if plug != connector.plug:
                request = self._dialect.status(connector.evse, plug, name, self._clock.stamp(true_time()))
                self._outbox.say(PassingCall(request, lambda answer: None, lambda reason: None))

    def announce_station(self) -> None:
        """1.6 has connector 0 for the station as a whole (OCPP 1.6 §4.9); 2.x has nothing like it."""
        if self._dialect.version == "1.6":
            request = self._dialect.status(0, 0, Status.AVAILABLE.value, self._clock.stamp(true_time()))
            self._outbox.say(PassingCall(request, lambda answer: None, lambda reason: None))

    def is_told(self, connector: Connector) -> bool:
        """Whether the central system has acknowledged the present status."""
        return connector.reported == self._name(connector)

    def _name(self, connector: Connector) -> str:
        return self._dialect.status_name(Status.AVAILABLE if self.lies else connector.shown)

    def _heard(self, connector: Connector, visit: Visit | None, name: str, answer: Payload) -> None:
        connector.reported = name
        if visit is not None:
            self._mark(connector, visit, name)

    def _mark(self, connector: Connector, visit: Visit, name: str) -> None:
        before = (visit.plug_reported, visit.unplug_reported)
        if name != Status.AVAILABLE:
            visit.plug_reported = visit.plug_reported or visit.unplugged_at is None
        elif visit.unplugged_at is not None:
            visit.unplug_reported = True
        if before != (visit.plug_reported, visit.unplug_reported):
            self._books.note_visit(connector.evse, visit)

    def _unheard(self, connector: Connector, name: str, reason: str) -> None:
        if connector.announced == name:
            connector.announced = None
            if reason != "offline":
                asyncio.get_running_loop().call_later(SAYS_AGAIN_AFTER_S, self.announce, connector)
