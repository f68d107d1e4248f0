"""Boot and registration: a station says nothing else until it is accepted (OCPP 1.6 §4.2, OCPP 2.0.1 B01-B03)."""

import asyncio
import logging
from collections.abc import Callable
from random import Random

from volt_simulator.counters import Counters
from volt_simulator.dialect import Dialect
from volt_simulator.outbox import Outbox, PassingCall
from volt_simulator.wire import Payload

LOGGER = logging.getLogger("volt.simulator.registration")
ASKS_AGAIN_AFTER_S = 5.0


class Registrar:
    """Boots when there is a cause to and asks again at the interval that the answer names."""

    def __init__(
        self,
        station: str,
        dialect: Dialect,
        outbox: Outbox,
        counters: Counters,
        dice: Random,
        accepted: Callable[[int], None],
    ) -> None:
        self._station = station
        self._dialect = dialect
        self._outbox = outbox
        self._counters = counters
        self._dice = dice
        self._accepted = accepted
        self._cause: str | None = "PowerUp"
        self._timer: asyncio.TimerHandle | None = None

    @property
    def must_boot(self) -> bool:
        """Whether the next link begins with a boot."""
        return self._cause is not None

    def restarted(self, cause: str) -> None:
        """The station lost its registration: it restarted, or was told that it is not accepted."""
        self._cause = cause
        self._outbox.registered = False

    def boot(self) -> None:
        """Says BootNotification; once accepted the station may say everything."""
        self._cancel()
        self._counters.boots += 1
        request = self._dialect.boot(self._cause or "Triggered")
        self._outbox.say(PassingCall(request, self._answered, self._unanswered, urgent=True, before_boot=True))

    def link_down(self) -> None:
        """Asking again waits for the next link."""
        self._cancel()

    def _answered(self, answer: Payload) -> None:
        registration = self._dialect.registration(answer)
        if registration.status == "Accepted":
            self._cause = None
            self._outbox.registered = True
            self._outbox.changed.set()
            self._accepted(registration.interval_s)
        else:
            LOGGER.info("%s is %s", self._station, registration.status)
            self._cause = self._cause or "Triggered"
            self._outbox.registered = False
            self._again(registration.interval_s if registration.interval_s > 0 else ASKS_AGAIN_AFTER_S)

    def _unanswered(self, reason: str) -> None:
        if reason != "offline" and self.must_boot:
            self._again(ASKS_AGAIN_AFTER_S)

    def _again(self, after_s: float) -> None:
        self._cancel()
        self._timer = asyncio.get_running_loop().call_later(after_s * self._dice.uniform(0.8, 1.0), self.boot)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
