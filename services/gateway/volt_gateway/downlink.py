"""`gateway.downlink`: calls to send and links to close. Every gateway reads all of it and skips what is not its own."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Protocol

from volt_contracts import codec
from volt_contracts.envelope import LINK, TYPE, EnvelopeError, Header, from_headers, header
from volt_contracts.gateway import CloseLink, Grant, SendCall
from volt_contracts.topics import GATEWAY_DOWNLINK
from volt_gateway.link import Link
from volt_gateway.links import Links
from volt_gateway.outbound import Order, Outbound, Reporter, order_of
from volt_runtime.log import logger

MOST_GRANTS = 20
"""Remote starts that one link holds at a time."""


class DownlinkRecord(Protocol):
    """A record as `volt_eventlog.tail.Tail` hands it over."""

    @property
    def headers(self) -> Sequence[Header]:
        """Its headers."""

    @property
    def value(self) -> bytes | None:
        """Its value."""


class Downlink:
    """Carries out the records that name a link of this process."""

    def __init__(self, links: Links, reporter: Reporter, queue_limit: int) -> None:
        self._links = links
        self._reporter = reporter
        self._queue_limit = queue_limit
        self._outbounds: dict[Link, Outbound] = {}
        self._log = logger("gateway")

    async def run(self, records: AsyncIterator[DownlinkRecord]) -> None:
        """Carry out record after record."""
        async for record in records:
            self.take(record)

    def take(self, record: DownlinkRecord) -> None:
        """One record: skipped undecoded unless its header names a link that is, or lately was, here."""
        name = header(record.headers, LINK)
        if name is None:
            return
        link = self._links.by_id.get(name)
        if link is not None:
            self._carry_out(link, record)
        elif (gone := self._links.gone.get(name)) is not None:
            self._too_late(gone, record)

    def sweep(self, now: float) -> None:
        """Give up on answers that are overdue."""
        for link, outbound in list(self._outbounds.items()):
            if not outbound.sweep(now) and link.socket is None:
                del self._outbounds[link]

    def _carry_out(self, link: Link, record: DownlinkRecord) -> None:
        message = self._decoded(record)
        if isinstance(message, CloseLink):
            self._links.supersede(link, message)
        elif isinstance(message, Order):
            if message.call.grant is not None:
                hold_grant(link, message.call.grant, datetime.now(UTC))
            self._outbound(link).submit(message)

    def _outbound(self, link: Link) -> Outbound:
        outbound = self._outbounds.get(link)
        if outbound is None:
            outbound = link.outbound = self._outbounds[link] = Outbound(link, self._reporter, self._queue_limit)
        return outbound

    def _too_late(self, link: Link, record: DownlinkRecord) -> None:
        message = self._decoded(record)
        if isinstance(message, Order):
            self._reporter.report(link, message, "not_sent", error="link_gone")

    def _decoded(self, record: DownlinkRecord) -> Order | CloseLink | None:
        tag = (header(record.headers, TYPE) or b"").decode(errors="replace")
        try:
            message = codec.decode(GATEWAY_DOWNLINK, tag, record.value or b"")
            if isinstance(message, SendCall):
                return order_of(message, from_headers(record.headers))
        except (codec.UnknownType, codec.Undecodable, EnvelopeError) as wrong:
            self._log.error(f"a downlink record cannot be read and is left out: {wrong}")
            return None
        return message if isinstance(message, CloseLink) else None


def hold_grant(link: Link, grant: Grant, now: datetime) -> None:
    """Whoever presents the grant's token at its EVSE is accepted on this link; held before the call is sent."""
    others = [held for held in link.grants if held.command_id != grant.command_id and held.valid_until > now]
    link.grants = (*others[-MOST_GRANTS + 1 :], grant)
