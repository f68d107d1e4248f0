"""A connector (an EVSE in 2.x): its meter, its status, what it was told to do, and the visit that goes on at it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from volt_simulator.car import Flow
from volt_simulator.meter import Meter
from volt_simulator.ocmf import Signer
from volt_simulator.profiles import Profile
from volt_simulator.queue import TransactionMessage
from volt_simulator.transaction import CARD, StopReason, Transaction, Visit


class Status(StrEnum):
    """The status of a connector in the words of OCPP 1.6 §7.7; 2.x has fewer."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"
    UNAVAILABLE = "Unavailable"


# Makes the charging profile that came with a remote start, once its transaction runs at that EVSE.
ProfileSource = Callable[[int], Profile | None]


@dataclass(frozen=True, slots=True)
class Start:
    """Somebody far away wants energy to flow here for this token."""

    token: str
    remote_start_id: int | None
    token_type: str = CARD
    profile: ProfileSource | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Energy of this transaction is to stop; the car stays."""

    reason: StopReason
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class Unplug:
    """The driver stops and leaves now."""

    reason: StopReason


@dataclass(frozen=True, slots=True)
class Retuned:
    """Another power is allowed from now on."""


Order = Start | Stop | Unplug | Retuned


@dataclass(slots=True, eq=False)
class Connector:
    """One place for one car. `announced` is the last status on the wire, `reported` the last acknowledged one.

    It has `plugs` to choose from, the one in use (or used last) is `plug`; `limit_w` holds as long as nothing else is
    said.
    """

    evse: int
    meter: Meter
    plugs: int = 1
    plug: int = 1
    limit_w: int | None = None
    signer: Signer | None = None
    status: Status = Status.AVAILABLE
    operative: bool = True
    announced: str | None = None
    reported: str | None = None
    visit: Visit | None = None
    last_visit: Visit | None = None
    visits: int = 0
    transaction: Transaction | None = None
    flow: Flow | None = None
    starting: bool = False
    stuck: bool = False
    held: TransactionMessage | None = None
    orders: asyncio.Queue[Order] = field(default_factory=asyncio.Queue)

    @property
    def shown(self) -> Status:
        """The status it reports: an inoperative connector is Unavailable once no transaction runs."""
        return self.status if self.operative or self.transaction is not None else Status.UNAVAILABLE

    @property
    def can_start(self) -> bool:
        """Whether a remote start may begin here."""
        unclaimed = self.transaction is None or self.transaction.token is None
        return self.operative and unclaimed and not self.starting and not self.stuck

    def next_visit(self) -> Visit:
        """A car comes; visits are counted from 1 for the life of the connector."""
        self.visits += 1
        return Visit(self.visits)

    def settle(self, now: float) -> None:
        """Brings the meter to the monotonic second `now`."""
        if self.flow is not None:
            self.flow.settle(now)

    async def order(self, until: float | None) -> Order | None:
        """The next order, or None when the monotonic second `until` comes first."""
        try:
            async with asyncio.timeout_at(until):
                return await self.orders.get()
        except TimeoutError:
            return None
