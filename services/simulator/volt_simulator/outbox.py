"""Everything a station has to say, in the order it came about: kept transaction messages and passing calls."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from volt_simulator.queue import RetryRule, TransactionMessage, TransactionQueue
from volt_simulator.wire import Payload, Request


@dataclass(slots=True, eq=False)
class PassingCall:
    """A call that is worth something now or never: status, heartbeat, authorize, boot.

    `unanswered` gets the reason: offline, timeout, or the code of a CALLERROR. An urgent call goes before the rest:
    a driver stands at the station. `before_boot` calls are sent although the station is not accepted yet.
    """

    request: Request
    answered: Callable[[Payload], None]
    unanswered: Callable[[str], None]
    urgent: bool = False
    before_boot: bool = False
    ticket: int = 0


Outgoing = TransactionMessage | PassingCall


class Outbox:
    """Gives the sender its next message. Passing calls exist only while a link does."""

    def __init__(self, rule: RetryRule) -> None:
        self.queue = TransactionQueue(rule)
        self.registered = False
        self.changed = asyncio.Event()
        self._passing: deque[PassingCall] = deque()
        self._linked = False
        self._tickets = count(1)

    @property
    def linked(self) -> bool:
        """Whether a socket is open."""
        return self._linked

    @property
    def is_empty(self) -> bool:
        """Nothing waits."""
        return not self.queue and not self._passing

    def keep(self, message: TransactionMessage) -> None:
        """Puts a transaction message in its place; it stays until answered or discarded."""
        message.ticket = next(self._tickets)
        self.queue.put(message)
        self.changed.set()

    def say(self, call: PassingCall) -> None:
        """Puts a passing call in its place, or tells it at once that nobody can hear it."""
        if not self._linked or not (self.registered or call.before_boot):
            call.unanswered("offline")
            return
        call.ticket = 0 if call.urgent else next(self._tickets)
        if call.urgent:
            self._passing.appendleft(call)
        else:
            self._passing.append(call)
        self.changed.set()

    def link_up(self) -> None:
        """A socket opened."""
        self._linked = True
        self.queue.link_restored()
        self.changed.set()

    def link_down(self) -> None:
        """The socket is gone, and with it every passing call."""
        self._linked = False
        lost, self._passing = self._passing, deque()
        for call in lost:
            call.unanswered("offline")

    def next(self, now: float) -> Outgoing | None:
        """What may be sent at `now` (monotonic seconds): the oldest message that is allowed and due."""
        kept = self.queue.head() if self.registered else None
        if kept is not None and kept.not_before > now:
            kept = None
        passing = next((call for call in self._passing if self.registered or call.before_boot), None)
        if kept is None or (passing is not None and passing.ticket < kept.ticket):
            return passing
        return kept

    def due_at(self) -> float | None:
        """When the waiting head of the queue may be tried again."""
        head = self.queue.head()
        return head.not_before if head is not None and self.registered else None

    def taken(self, call: PassingCall) -> None:
        """The sender has this call in hand now."""
        self._passing.remove(call)
