"""The transaction message queue of a station: strict order, kept while offline, retried by the rules of
OCPP 1.6 §3.7.1 and OCPP 2.0.1 E13. It knows no clock and no socket: times come in with the call."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from volt_simulator.wire import Payload


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How often a transaction message is sent and how long the station waits in between.

    After the n-th failed attempt the wait is n times `interval_s` (TransactionMessageRetryInterval). After `attempts` a
    message is given up if its last answer was an error; one without any answer only by a station that `discards`, the
    others go on with the longest wait.
    """

    attempts: int = 3
    interval_s: float = 10.0
    discards: bool = False


@dataclass(slots=True, eq=False)
class TransactionMessage:
    """A StartTransaction, MeterValues, StopTransaction or TransactionEvent with the times at which it came about.

    `complete` gives the payload when it is sent (OCPP 1.6 learns the transaction id from an earlier answer), or None
    when nothing can be sent any more because the start was discarded.
    """

    action: str
    complete: Callable[[], Payload | None]
    answered: Callable[[Payload], None]
    discarded: Callable[[], None]
    ticket: int = 0
    attempts: int = 0
    not_before: float = 0.0
    message_id: str | None = None


class TransactionQueue:
    """First in, first out; only the head is ever sent, so order survives every failure."""

    def __init__(self, rule: RetryRule) -> None:
        self.rule = rule
        self._messages: deque[TransactionMessage] = deque()

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: TransactionMessage) -> None:
        """Adds a message at the end."""
        self._messages.append(message)

    def head(self) -> TransactionMessage | None:
        """The message whose turn it is, also while it still waits for its next attempt."""
        return self._messages[0] if self._messages else None

    def acknowledged(self) -> None:
        """The head was answered."""
        self._messages.popleft()

    def skip(self) -> None:
        """The head cannot be sent any more."""
        self._messages.popleft().discarded()

    def failed(self, now: float, refused: bool = False) -> bool:
        """An attempt with the head got no answer, or was `refused` with an error. True when it was discarded for it."""
        message = self._messages[0]
        message.attempts += 1
        if (self.rule.discards or refused) and message.attempts >= self.rule.attempts:
            self.skip()
            return True
        message.not_before = now + self.rule.interval_s * min(message.attempts, self.rule.attempts)
        return False

    def link_restored(self) -> None:
        """A new link: the attempt that the old link cut short begins again at once."""
        if self._messages:
            self._messages[0].not_before = 0.0
