"""One link: a station connected on one socket, from its `link_opened` record to its `link_closed` one."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Protocol

import msgspec

from volt_contracts.envelope import SUBJECT, Header
from volt_contracts.gateway import Grant, Registration
from volt_gateway.socket import Closing, Hold, StationSocket
from volt_ocpp.versions import Version

NOT_ON_RECORD = -1
MOST_WAITING = 16
"""Messages that are kept while the link is not on record yet; a station that sends more is not read on."""
FRAME_BYTES = 1024
"""A message up to this size counts as one frame of its station's rate."""
PART_BYTES = 256
"""Of a longer one, each further part of this size counts as another: messages cost time by their length."""
IMPATIENT = 10.0
"""What comes before the former call was answered counts so many times: it must wait (OCPP-J 1.6 §4.1.1)."""
FAULT_FRAMES = 9.0
"""What is no good, unreadable or refused, counts as so many frames more: it is dear to judge, and serves nobody."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A station that was let in, and what its upgrade said."""

    tenant: str
    identity: str
    called: tuple[str, str]
    """Tenant and identity by which it asked to be let in; an alias or a former tenant may lead to those that it has."""
    key: str
    version: Version
    known: bool
    registration: Registration | None
    security_profile: int
    path: str
    address: str
    offered: tuple[str, ...] = ()
    user_agent: str | None = None


Inbound = Callable[["Link", bytes, float], None]
"""Takes a message of a link; the number is the monotonic time of its arrival."""


class Replies(Protocol):
    """The calls to a station that wait for its answers: `outbound.Outbound`."""

    def answered(self, message_id: str, payload: msgspec.Raw) -> bool:
        """A CALLRESULT came."""

    def refused(self, message_id: str, code: str, description: str, details: msgspec.Raw | None = None) -> bool:
        """A CALLERROR came."""

    def link_gone(self) -> None:
        """The link is closed."""


class Lifecycle(Protocol):
    """What a link tells its owner, and the few things that all links share: `links.Links`."""

    frames_per_s: float
    frames_burst: float

    def inbound(self, tenant: str, version: Version) -> Inbound:
        """Who takes the messages of such a station."""

    def connected(self, link: "Link") -> None:
        """The upgrade is done."""

    def back(self, link: "Link") -> None:
        """A silent link speaks again."""

    def slow_down(self, link: "Link") -> None:
        """It sends more than it may."""

    def held(self, why: Hold) -> None:
        """A limit stopped the reading of a socket."""

    def closing(self, link: "Link") -> None:
        """We have begun to close it."""

    def disconnected(self, link: "Link") -> None:
        """Its socket is gone."""


class Link:
    """The state of a link. `link_seq` is the offset of its `link_opened` record, -1 until that is acknowledged.

    `heard_at` and `appended_at` are monotonic seconds: the last sign of life, the last record.
    """

    __slots__ = (
        "address", "allowed", "appended_at", "called", "closing", "grants", "heard_at", "identity", "in_flight",
        "inbound",
        "key", "key_bytes", "known", "lifecycle", "link_id", "link_seq", "opening", "outbound", "partition", "ponged",
        "registration", "silent_since", "slot", "socket", "station_uid", "subject", "tenant", "tokens",
        "tokens_at", "version", "waiting",
    )  # fmt: skip

    def __init__(self, admission: Admission, link_id: str, partition: int, lifecycle: Lifecycle) -> None:
        now = monotonic()
        self.address = admission.address
        self.tenant = admission.tenant
        self.identity = admission.identity
        self.called = admission.called
        self.key = admission.key
        self.key_bytes = admission.key.encode()
        self.station_uid = admission.key.partition("/")[2]
        self.subject: Header = (SUBJECT, self.key_bytes)
        self.partition = partition
        self.version = admission.version
        self.known = admission.known
        self.registration = admission.registration
        self.link_id = link_id
        self.link_seq = NOT_ON_RECORD
        self.lifecycle = lifecycle
        self.inbound = lifecycle.inbound(admission.tenant, admission.version)
        self.opening: Admission | None = admission
        """What `link_opened` will say; let go of afterwards, for there are thousands of links."""
        self.socket: StationSocket | None = None
        self.closing: Closing | None = None
        self.waiting: deque[bytes] | None = deque()
        """Messages that must wait: until the link is on record, and while it is over its rate."""
        self.in_flight = 0
        self.heard_at = self.appended_at = self.tokens_at = now
        self.tokens = lifecycle.frames_burst
        self.ponged = False
        self.silent_since: datetime | None = None
        self.slot = 0
        self.grants: tuple[Grant, ...] = ()
        self.allowed: dict[str, float] | None = None
        """What a station that is not accepted may send because we asked for it: action → monotonic end."""
        self.outbound: Replies | None = None
        """The calls that we send it, once there was one."""

    def connected(self, socket: StationSocket) -> None:
        """The upgrade is done."""
        self.socket = socket
        self.lifecycle.connected(self)

    def receive(self, message: bytes) -> None:
        """A message came in. Until the link is on record it waits: nothing of a link is answered before that."""
        now = monotonic()
        self.heard_at = now
        if self.silent_since is not None:
            self.lifecycle.back(self)
        if self.waiting is None:
            self._charge(now, self._price(message))
            self.inbound(self, message, now)
        else:
            self._keep(message)

    def take(self, now: float) -> None:
        """The next of the messages that wait."""
        if self.waiting:
            message = self.waiting.popleft()
            self._charge(now, self._price(message))
            self.inbound(self, message, now)

    def wait(self) -> None:
        """Messages wait from now on."""
        if self.waiting is None:
            self.waiting = deque()

    def go_on(self) -> None:
        """Messages wait no more; none is left."""
        self.waiting = None

    def save_up(self, now: float) -> None:
        """Count the permits that have come since the last time."""
        lifecycle = self.lifecycle
        saved = self.tokens + (now - self.tokens_at) * lifecycle.frames_per_s
        self.tokens_at = now
        self.tokens = saved if saved < lifecycle.frames_burst else lifecycle.frames_burst

    def at_fault(self, now: float) -> None:
        """What it has just said was no good."""
        self._charge(now, FAULT_FRAMES)

    def heard(self, pong: bool) -> None:
        """A ping, a pong or a part of a message came in; for the rate it is a frame like others."""
        self.heard_at = now = monotonic()
        self.ponged = self.ponged or pong
        self._charge(now, 1.0)
        if self.silent_since is not None:
            self.lifecycle.back(self)

    def unread(self) -> None:
        """The station does not read what is sent to it."""
        self.lifecycle.held(Hold.WRITING)

    def disconnected(self, closing: Closing) -> None:
        """The socket is gone."""
        self.closing = closing
        self.lifecycle.disconnected(self)

    @property
    def is_open(self) -> bool:
        """Whether what is sent now can still arrive."""
        return self.socket is not None and self.socket.is_open

    def send(self, text: bytes) -> None:
        """Send a message; nothing happens when the socket is gone."""
        if self.socket is not None:
            self.socket.send(text)

    def close(self, code: int, reason: str) -> None:
        """Begin to close the socket; `link_closed` follows when it is gone."""
        if self.socket is not None and self.socket.is_open:
            self.socket.close(code, reason)
            self.lifecycle.closing(self)

    def hold(self, why: Hold) -> None:
        """Do not read the socket for now."""
        if self.socket is not None:
            self.socket.hold(why)

    def release(self, why: Hold) -> None:
        """Read it again."""
        if self.socket is not None:
            self.socket.release(why)

    def _price(self, message: bytes) -> float:
        size = len(message)
        price = 1.0 if size <= FRAME_BYTES else frames_of(size)
        return price * IMPATIENT if self.in_flight or self.waiting else price

    def _charge(self, now: float, frames: float) -> None:
        self.save_up(now)
        self.tokens -= frames
        if self.tokens < 0.0:
            self.lifecycle.slow_down(self)

    def _keep(self, message: bytes) -> None:
        assert self.waiting is not None
        self.waiting.append(message)
        if self.link_seq == NOT_ON_RECORD and len(self.waiting) == MOST_WAITING:
            self.hold(Hold.OPENING)
            self.lifecycle.held(Hold.OPENING)


def frames_of(size: int) -> float:
    """As how many frames a message of this size counts for the rate of its station."""
    return 1.0 + max(0, size - FRAME_BYTES) / PART_BYTES
