"""Links: which one is the station's, and whether it is heard on it. The newer link wins; the older one is closed."""

from datetime import datetime
from typing import Literal

from volt_contracts.envelope import LINK
from volt_contracts.fact import FactTime, FrameRef
from volt_contracts.gateway import CloseLink, LinkClosed, LinkOpened
from volt_contracts.message import Actor
from volt_contracts.network import AdoptStation
from volt_contracts.station import LinkLost, LinkUp
from volt_contracts.topics import GATEWAY_DOWNLINK, NETWORK_STATION_COMMANDS
from volt_station.domain import facttime
from volt_station.domain.state import Connected, Line, Link, Silent, Unseen
from volt_station.domain.turn import Turn

ADOPTION = Actor(kind="system", id="adoption")


def opened(turn: Turn, body: LinkOpened, frame: FrameRef) -> None:
    """A link was opened: it is the station's one now, unless it is older than the one we know."""
    before = turn.state.link
    link_seq = frame.offset
    if link_seq <= _seq(before):
        return
    if isinstance(before, Connected | Silent):
        _supersede(turn, before, body, frame)
    turn.say(
        LinkUp(
            time=facttime.now(body.opened_at),
            frame=frame,
            link_id=body.link_id,
            link_seq=link_seq,
            gateway_id=body.gateway_id,
            identity=body.identity,
            protocol=body.protocol,
            known=body.known,
            security_profile=body.security_profile,
            remote_address=body.remote_address,
        )
    )
    if not body.known:
        _adopt(turn, body)


def _supersede(turn: Turn, before: Connected | Silent, body: LinkOpened, frame: FrameRef) -> None:
    older = before.line.link_id
    if isinstance(before, Connected):
        turn.say(LinkLost(time=facttime.now(body.opened_at), frame=frame, link_id=older, cause="superseded"))
    order = CloseLink(link_id=older, reason="the station opened a newer link", by_link_id=body.link_id)
    turn.write(GATEWAY_DOWNLINK, order, [(LINK, older.encode())])


def _adopt(turn: Turn, body: LinkOpened) -> None:
    turn.write(
        NETWORK_STATION_COMMANDS,
        AdoptStation(
            actor=ADOPTION, identity=body.identity, protocol=body.protocol, remote_address=body.remote_address
        ),
    )


def closed(turn: Turn, body: LinkClosed, frame: FrameRef) -> None:
    """A socket is gone. Only the end of the current link is a loss, and only once."""
    link = turn.state.link
    if not isinstance(link, Connected | Silent) or link.line.link_id != body.link_id:
        return
    time = facttime.now(body.at)
    turn.say(LinkLost(time=time, frame=frame, link_id=body.link_id, cause="closed", code=body.code))


def told_silent(turn: Turn, link_id: str, at: datetime, frame: FrameRef) -> None:
    """The gateway hears nothing on a link any more."""
    if _is_current(turn.state.link, link_id):
        turn.say(LinkLost(time=facttime.now(at), frame=frame, link_id=link_id, cause="silent"))


def fell_silent(turn: Turn, at: datetime) -> None:
    """Not even the gateway was heard of in time: it may be gone without having said so."""
    link = turn.state.link
    if isinstance(link, Connected):
        turn.say(LinkLost(time=facttime.now(at), link_id=link.line.link_id, cause="silent"))


def heard(turn: Turn, link_id: str, at: datetime, frame: FrameRef, voice: Literal["station", "gateway"]) -> None:
    """A sign of life. What the gateway says of an open socket does not unsay its own `link_silent`."""
    link = turn.state.link
    if not isinstance(link, Silent) or link.line.link_id != link_id or (link.told and voice == "gateway"):
        return
    turn.say(_up_again(link.line, facttime.now(at), frame))


def _up_again(line: Line, time: FactTime, frame: FrameRef) -> LinkUp:
    return LinkUp(
        time=time,
        frame=frame,
        link_id=line.link_id,
        link_seq=line.link_seq,
        gateway_id=line.gateway_id,
        identity=line.identity,
        protocol=line.protocol,
        known=line.known,
        security_profile=line.security_profile,
        remote_address=line.remote_address,
    )


def _is_current(link: Link, link_id: str) -> bool:
    return isinstance(link, Connected) and link.line.link_id == link_id


def _seq(link: Link) -> int:
    match link:
        case Unseen():
            return -1
        case Connected() | Silent():
            return link.line.link_seq
    return link.link_seq


def caught_up(link: Link, link_id: str) -> bool:
    """Whether what the station had queued before this link is through; not known of one that is not the current one."""
    return isinstance(link, Connected) and link.line.link_id == link_id and link.caught_up


def open_since(link: Link, link_id: str) -> datetime | None:
    """Since when this link is up without a break, None when it is not the current one."""
    if isinstance(link, Connected) and link.line.link_id == link_id:
        return link.line.opened_at
    return None
