"""What is remembered of one station: the fold of its events and of nothing else."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from volt_contracts.gateway import Grant, Registration, Verdict
from volt_contracts.station import ChargingState, CommandFinished, ConnectorStatus

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seconds_of(moment: datetime) -> int:
    """Whole seconds since 1970."""
    return (moment - _EPOCH) // timedelta(seconds=1)


class Lag(msgspec.Struct, frozen=True, array_like=True):
    """By how much the station's clock was behind ours when that was heard last: negative for one that is ahead.

    Until it is `known`, the fact may as well have been late. `late_at`: when the last one came that was.
    `shown`: the latest time of all, and since when it was shown; `again`: when another fact showed it a minute
    later. Of a queue that breaks off and is sent again, frames of one second do so too; not once more, a minute later.
    """

    seconds: int
    heard_at: datetime
    shown: datetime
    since: datetime
    known: bool = False
    late_at: datetime | None = None
    again: datetime | None = None


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A link as it was opened; all that is needed to say again that it is up."""

    link_id: str
    link_seq: int
    gateway_id: str
    identity: str
    protocol: str
    known: bool
    security_profile: int
    remote_address: str
    opened_at: datetime


class Unseen(msgspec.Struct, frozen=True, tag="unseen"):
    """The station never had a link."""


class Connected(msgspec.Struct, frozen=True, tag="connected", omit_defaults=True):
    """The station is connected on this link."""

    line: Line
    boot_asked: bool = False
    caught_up: bool = False
    """A start or an end came on it that was made since it is open. Those come in order (OCPP 1.6 §3.7.1, 2.0.1 E04):
    what is from before the link is through, and a time from before it is the clock's error."""


class Silent(msgspec.Struct, frozen=True, tag="silent", omit_defaults=True):
    """Nothing is heard on the link. `told` by its gateway, which then says `link_back`; else by our own deadline."""

    line: Line
    told: bool = False


class Disconnected(msgspec.Struct, frozen=True, tag="disconnected"):
    """The last link is gone."""

    link_id: str
    link_seq: int
    protocol: str


Link = Unseen | Connected | Silent | Disconnected


class Hardware(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the station said it is. Empty words never replace known ones."""

    epoch: int = 0
    vendor: str | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    meter_serial: str | None = None
    booted: bool = False


class Connector(msgspec.Struct, frozen=True, omit_defaults=True):
    """A connector's latest status. `said` is the mark of the whole message, by which a repetition without a timestamp
    is told."""

    status: ConnectorStatus
    said: str
    at: datetime
    at_since: datetime
    """Its time, and since when its statuses bear that."""
    heard_at: datetime
    clocked: bool = True
    """Whether `at` is of a good clock and can be compared with other times."""
    link_seq: int = -1
    """The link on which it was told."""
    settled_at: datetime | None = None
    """The latest good time at which it was told on a link that had nothing left from before: nothing that is older
    can still be queued."""


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """A frame with readings that belong to no transaction so far."""

    frame: str
    at: datetime


class Evse(msgspec.Struct, frozen=True, omit_defaults=True):
    """An EVSE. `seen` is a row of eight-character marks: the identities of what came last, oldest first."""

    connectors: dict[int, Connector] = {}
    seen: str = ""
    waiting: tuple[Waiting, ...] = ()


class Numbers(msgspec.Struct, frozen=True, array_like=True):
    """The sequence numbers that were seen: all from `low` to `high` but the missing ones."""

    low: int
    high: int
    missing: tuple[int, ...] = ()


class Running(msgspec.Struct, frozen=True, tag="running", omit_defaults=True):
    """A transaction that has not ended. `start` is the mark of its start, "" while it is not on record (adopted)."""

    uid: str
    protocol_id: str
    evse: int
    connector: int
    started_at: datetime
    clocked: bool = True
    """Whether `started_at` is the station's own time and can be compared with its other times."""
    start: str = ""
    token_ref: str | None = None
    verdict: Verdict | None = None
    began_wh: Decimal | None = None
    register_wh: Decimal | None = None
    """The register at the start, the latest one, and when that was read."""
    register_at: datetime | None = None
    charging_state: ChargingState | None = None
    state_is_old: bool = False
    """It was told late: when it is told again in time, that is news."""
    offered_w: Decimal | None = None
    numbers: Numbers | None = None


class Ended(msgspec.Struct, frozen=True, array_like=True, tag="ended"):
    """What is left of a transaction after its end: small, for there are up to 50 of them. Times are whole seconds.

    `began` counts from 1970; `lasted` until its end; `heard_after` until we heard of the end, 7 days before it leaves.
    `token_ref` is kept while the start is not on record, so that a start that comes late finds its transaction.
    """

    uid: str
    protocol_id: str
    evse: int
    began: int
    lasted: int
    heard_after: int
    start: str = ""
    stop: str = ""
    verdict: Verdict | None = None
    numbers: Numbers | None = None
    token_ref: str | None = None
    ran: bool = True
    """Whether the station's clock went on from its start to its stop."""

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return _EPOCH + timedelta(seconds=self.began)

    @property
    def ended_at(self) -> datetime:
        """When it ended."""
        return self.started_at + timedelta(seconds=self.lasted)

    @property
    def noted_at(self) -> datetime:
        """When we heard of its end."""
        return self.ended_at + timedelta(seconds=self.heard_after)


class Pending(msgspec.Struct, frozen=True, omit_defaults=True):
    """A command that was handed to a gateway. `calls`: message id → action of the calls that are not answered.

    `several`: it has a call for each of its keys; `names` has the keys of those that were sent, `results` what came
    of the answered ones.
    """

    command: str
    calls: dict[str, str]
    answer_until: datetime
    lossy: tuple[str, ...] = ()
    sent_at: datetime | None = None
    several: bool = False
    names: dict[str, str] = {}
    results: tuple[dict[str, str], ...] = ()
    actor: str | None = None


class Station(msgspec.Struct, frozen=True, omit_defaults=True):
    """One station's twin."""

    link: Link = Unseen()
    lag: Lag | None = None
    registration: Registration | None = None
    hardware: Hardware = Hardware()
    evses: dict[int, Evse] = {}
    running: dict[str, Running] = {}
    ended: tuple[Ended, ...] = ()
    starts: int = 0
    """Starts so far: tells transactions apart that are otherwise the same."""
    grants: tuple[Grant, ...] = ()
    pending: dict[str, Pending] = {}
    outcomes: tuple[CommandFinished, ...] = ()


EMPTY = Station()
NO_EVSE = Evse()


def visit_is_open(state: Station, evse: int) -> bool:
    """From the first of {not Available, transaction started} until {Available and no transaction open}."""
    if evse <= 0:
        return False
    place = state.evses.get(evse)
    if place is not None and any(connector.status != "Available" for connector in place.connectors.values()):
        return True
    return any(transaction.evse == evse for transaction in state.running.values())
