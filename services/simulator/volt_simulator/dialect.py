"""What a version must be able to say. OCPP 1.6 (`v16.py`) and 2.x (`v2.py`) are the two dialects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from volt_simulator.connector import Status
from volt_simulator.meter import Sample
from volt_simulator.transaction import Transaction, Trigger
from volt_simulator.wire import Payload, Reply, Request

if TYPE_CHECKING:
    from volt_simulator.station import Station

Handler = Callable[["Station", Payload], Reply]


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction message before it has its place in the queue. Without a vital one the transaction is not known."""

    action: str
    complete: Callable[[], Payload | None]
    is_vital: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer to a transaction message says: the id that the central system gave, the status of the token."""

    transaction_id: int | None
    token_status: str | None


@dataclass(frozen=True, slots=True)
class Registration:
    """The answer to a boot: Accepted, Pending or Rejected, and the interval in seconds."""

    status: str
    interval_s: int


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, as the station writes it, and whether it was offline then."""

    stamp: str
    offline: bool


class Dialect(Protocol):
    """One station's voice."""

    @property
    def version(self) -> str:
        """1.6, 2.0.1 or 2.1."""

    @property
    def subprotocol(self) -> str:
        """The websocket subprotocol."""

    @property
    def commands(self) -> Mapping[str, Handler]:
        """The actions it obeys."""

    @property
    def known_actions(self) -> frozenset[str]:
        """Every action of the version."""

    def boot(self, cause: str) -> Request:
        """BootNotification."""

    def registration(self, answer: Payload) -> Registration:
        """Reads the answer to a boot."""

    def heartbeat(self) -> Request:
        """Heartbeat."""

    def firmware(self, status: str, attempt: int) -> Request:
        """FirmwareStatusNotification of the n-th attempt."""

    def status_name(self, status: Status) -> str:
        """The version's word for a status."""

    def status(self, evse: int, plug: int, name: str, stamp: str) -> Request:
        """StatusNotification; 1.6 knows no plugs of an EVSE."""

    def authorize(self, token: str, token_type: str) -> Request:
        """Authorize; 1.6 knows no types of tokens."""

    def token_status(self, answer: Payload) -> str | None:
        """Reads the answer to an Authorize; None when it cannot be read."""

    def opened(self, transaction: Transaction, trigger: Trigger, moment: Moment, sample: Sample) -> Draft:
        """The transaction begins."""

    def updated(self, transaction: Transaction, trigger: Trigger, moment: Moment, sample: Sample) -> Draft | None:
        """Something about it changed; None when the version has no message for that."""

    def metered(self, transaction: Transaction, trigger: Trigger, moment: Moment, sample: Sample) -> Draft:
        """A reading inside it."""

    def closed(self, transaction: Transaction, moment: Moment, sample: Sample) -> Draft:
        """It ends."""

    def verdict(self, answer: Payload) -> Verdict:
        """Reads the answer to one of the four."""

    def idle_reading(self, evse: int, stamp: str, sample: Sample) -> Request:
        """A reading outside every transaction."""
