"""All links of this process: how they open and close, and which record says so."""

import asyncio
import random
from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from time import monotonic

from volt_contracts.gateway import CloseLink, LinkBack, LinkClosed, LinkOpened, LinkSuperseded
from volt_gateway.journal import Journal, nobody_waits
from volt_gateway.limits import ConnectionLimits
from volt_gateway.link import NOT_ON_RECORD, Admission, Inbound, Link
from volt_gateway.meters import Meters
from volt_gateway.settings import GatewaySettings
from volt_gateway.slow_lane import SlowLane
from volt_gateway.socket import TOO_BIG, Hold
from volt_gateway.stations import Directory
from volt_ocpp.versions import Version
from volt_runtime.log import logger

NORMAL = 1000
INTERNAL_ERROR = 1011
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013
GONE_KEPT = 5_000
"""Closed links that are remembered, so that a call that comes too late for them is reported."""

_SPREAD_STEP_S = 0.05

InboundFor = Callable[[str, Version], Inbound]


class Links:
    """Opens, finds and closes links."""

    def __init__(
        self,
        settings: GatewaySettings,
        directory: Directory,
        journal: Journal,
        limits: ConnectionLimits,
        meters: Meters,
    ) -> None:
        self.frames_per_s = settings.frames_per_s
        self.frames_burst = float(settings.frames_burst)
        self.by_id: dict[bytes, Link] = {}
        self.gone: OrderedDict[bytes, Link] = OrderedDict()
        self.slots: list[set[Link]] = [set() for _ in range(settings.ping_interval_s)]
        """Links are visited once in a ping interval, one slot a second: no timer for each of them."""
        self._by_key: dict[str, list[Link]] = {}
        self._settings = settings
        self._directory = directory
        self._journal = journal
        self._limits = limits
        self._slow_lane = SlowLane(settings.frames_per_s, self._take_next)
        self._closing: dict[Link, float] = {}
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Permits that a station had left when it was last connected, and when: coming again does not fill them up."""
        self._rate_limit = meters.limited("frame_rate")
        self._too_big = meters.limited("message_size")
        self._held = {Hold.OPENING: meters.limited("opening"), Hold.WRITING: meters.limited("unread_answers")}
        self._inbound_for: InboundFor | None = None
        self._log = logger("gateway")
        self._metrics = meters.metrics
        self._by_tenant: Counter[str] = Counter()

    def start(self, inbound_for: InboundFor) -> None:
        """Messages of stations go there."""
        self._inbound_for = inbound_for

    def inbound(self, tenant: str, version: Version) -> Inbound:
        """Who takes the messages of such a station."""
        if self._inbound_for is None:
            raise RuntimeError("a link came before `start`")
        return self._inbound_for(tenant, version)

    def new(self, admission: Admission, link_id: str) -> Link:
        """A link that is about to open; it counts when its socket is connected."""
        link = Link(admission, link_id, self._journal.partition(admission.key), self)
        link.tokens, link.tokens_at = self._spent.pop(admission.key, (link.tokens, link.tokens_at))
        return link

    def connected(self, link: Link) -> None:
        """Put the link on record; what the station says meanwhile waits."""
        self.by_id[link.link_id.encode()] = link
        self._by_key.setdefault(link.key, []).append(link)
        link.slot = random.randrange(len(self.slots))  # noqa: S311 spreads work, protects nothing
        self.slots[link.slot].add(link)
        self._limits.enter(link.address)
        self._count(link.tenant, 1)
        self._journal.append(link, self._opened_record(link), datetime.now(UTC), partial(self._opened, link))

    def back(self, link: Link) -> None:
        """A silent link speaks again."""
        link.silent_since = None
        now = datetime.now(UTC)
        self._journal.append(link, LinkBack(link_id=link.link_id, link_seq=link.link_seq, at=now), now, nobody_waits)

    def slow_down(self, link: Link) -> None:
        """It is over its rate: what it sends waits until it has permits again."""
        if self._slow_lane.add(link):
            self._rate_limit.add()

    def held(self, why: Hold) -> None:
        """A limit stopped the reading of a socket."""
        self._held[why].add()

    def closing(self, link: Link) -> None:
        """A station that does not answer our close is cut off by the sweep."""
        self._closing[link] = monotonic() + self._settings.close_timeout_s

    def disconnected(self, link: Link) -> None:
        """The socket is gone: say so on record, unless the link itself never got there."""
        name = link.link_id.encode()
        if self.by_id.pop(name, None) is None:
            return
        self._forget(link)
        self.gone[name] = link
        if len(self.gone) > GONE_KEPT:
            self.gone.popitem(last=False)
        self._limits.leave(link.address)
        self._remember_rate(link)
        if link.closing is not None and (link.closing.by, link.closing.code) == ("gateway", TOO_BIG):
            self._too_big.add()
        self._count(link.tenant, -1)
        if link.outbound is not None:
            link.outbound.link_gone()
        if link.link_seq != NOT_ON_RECORD:
            self._record_closed(link)
        link.socket = None

    def supersede(self, link: Link, order: CloseLink) -> None:
        """Close a link on the twin's word: a newer one took its place, or an operator asked for it."""
        now = datetime.now(UTC)
        if order.by_link_id is not None:
            superseded = LinkSuperseded(
                link_id=link.link_id, link_seq=link.link_seq, by_link_id=order.by_link_id, at=now
            )
            self._journal.append(link, superseded, now, nobody_waits)
        link.close(NORMAL, order.reason)

    def station_changed(self, key: str) -> None:
        """The row or profile of a station changed: its links answer by that from now on.

        Whoever leads to another station now, for it was transferred or its identity is another's, has to come again.
        """
        for link in list(self._by_key.get(key, ())):
            link.known = self._directory.is_known(key)
            link.registration = self._directory.registration(key) or link.registration
            if self._directory.find(*link.called).key(link.called[1]) != key:
                link.close(SERVICE_RESTART, "the station belongs elsewhere now: connect again")

    def in_flight(self) -> bool:
        """Whether an answer waits for its record."""
        return any(link.in_flight for link in self.by_id.values())

    def cut_off(self, now: float) -> None:
        """Drop the sockets whose stations did not answer our close in time."""
        for link in [link for link, until in self._closing.items() if until <= now]:
            del self._closing[link]
            if link.socket is not None:
                link.socket.abort()

    async def close_all(self, code: int, reason: str, over_s: float) -> None:
        """Close every link, in random order, spread over so many seconds."""
        links = list(self.by_id.values())
        random.shuffle(links)
        steps = max(1, int(over_s / _SPREAD_STEP_S)) if len(links) > 1 else 1
        size = -(-len(links) // steps)
        for begin in range(0, len(links), max(1, size)):
            for link in links[begin : begin + size]:
                link.close(code, reason)
            await asyncio.sleep(_SPREAD_STEP_S)

    def _opened_record(self, link: Link) -> LinkOpened:
        admission = link.opening
        if admission is None:
            raise RuntimeError("a link is opened once")
        link.opening = None
        return LinkOpened(
            link_id=link.link_id,
            gateway_id=self._settings.gateway_id,
            identity=link.identity,
            protocol=link.version.value,
            path=admission.path,
            remote_address=admission.address,
            known=admission.known,
            security_profile=admission.security_profile,
            offered=admission.offered,
            user_agent=admission.user_agent,
            opened_at=datetime.now(UTC),
        )

    def _opened(self, link: Link, offset: int, failure: BaseException | None) -> None:
        if failure is not None:
            link.close(TRY_AGAIN_LATER, "the log cannot be written")
            return
        link.link_seq = offset
        if link.closing is not None:
            self._record_closed(link)
            return
        self._take_waiting(link)
        link.release(Hold.OPENING)

    def _take_waiting(self, link: Link) -> None:
        """What came before the link was on record, as far as its rate goes."""
        now = monotonic()
        while link.waiting and link not in self._slow_lane:
            self._take_next(link, now)
        if link not in self._slow_lane:
            link.go_on()

    def _take_next(self, link: Link, now: float) -> None:
        try:
            link.take(now)
        except Exception as wrong:  # one station's message ends its own link, not those of all others
            self._log.error("a waiting message made the gateway fail", exc=wrong, tenant=link.tenant, station=link.key)
            link.close(INTERNAL_ERROR, "internal error")

    def _record_closed(self, link: Link) -> None:
        closing, now = link.closing, datetime.now(UTC)
        if closing is not None:
            closed = LinkClosed(
                link_id=link.link_id,
                link_seq=link.link_seq,
                by=closing.by,
                code=closing.code,
                reason=closing.reason,
                at=now,
            )
            self._journal.append(link, closed, now, nobody_waits)

    def _forget(self, link: Link) -> None:
        siblings = self._by_key[link.key]
        siblings.remove(link)
        if not siblings:
            del self._by_key[link.key]
        self.slots[link.slot].discard(link)
        self._closing.pop(link, None)

    def _remember_rate(self, link: Link) -> None:
        if link.tokens < self.frames_burst:
            self._spent[link.key] = (link.tokens, link.tokens_at)
            if len(self._spent) > GONE_KEPT:
                self._spent.popitem(last=False)

    def _count(self, tenant: str, change: int) -> None:
        if tenant not in self._by_tenant:
            read = partial(self._by_tenant.__getitem__, tenant)
            self._metrics.gauge("volt_gateway_connections", "Open links", read, tenant=tenant)
        self._by_tenant[tenant] += change
