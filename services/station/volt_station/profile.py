"""The public row of a station: what a gateway must know to answer it. It changes with starts, links and boots only."""

from collections.abc import Mapping
from datetime import datetime

from volt_contracts.station import RecentStart, StationProfile
from volt_contracts.topics import STATION_PROFILES, Topic
from volt_eventlog.decider import Public
from volt_station.domain.limits import RECENT_STARTS
from volt_station.domain.state import Connected, Disconnected, Ended, Link, Running, Silent, Station
from volt_station.station_quirks import StationQuirks


def publishing(quirks: StationQuirks) -> Public:
    """What is published of a station to which these quirks may apply."""

    def public(_key: str, state: Station | None) -> Mapping[Topic, StationProfile | None]:
        return {STATION_PROFILES: None if state is None else profile(state, quirks)}

    return public


def unshown(before: Station | None, after: Station | None) -> bool:
    """Whether nothing has changed that a profile shows: readings and statuses change only what it leaves out.

    The runner believes it, so whatever `profile` takes from the state has to be compared here.
    """
    if before is None or after is None:
        return before is after
    return (
        before.link is after.link
        and before.registration == after.registration
        and before.hardware is after.hardware
        and before.grants is after.grants
        and before.ended is after.ended
        and _shown(before.running) == _shown(after.running)
    )


def _shown(transactions: Mapping[str, Running]) -> list[tuple[str, str, str | None, datetime]]:
    return [(one.uid, one.protocol_id, one.verdict, one.started_at) for one in transactions.values()]


def profile(state: Station, station_quirks: StationQuirks) -> StationProfile:
    """Registration, hardware, quirks in force, recent starts, open grants and running transactions."""
    hardware = state.hardware
    quirks = station_quirks.of(hardware).quirks
    return StationProfile(
        registration=state.registration,
        protocol=_protocol(state.link),
        hardware_epoch=hardware.epoch,
        vendor=hardware.vendor,
        model=hardware.model,
        firmware=hardware.firmware,
        quirks=quirks.names,
        quirk_set_version=quirks.version,
        boot_seen=hardware.booted,
        recent_starts=_recent_starts(state),
        grants=state.grants,
        running=tuple(running.protocol_id for running in state.running.values()),
    )


def _protocol(link: Link) -> str | None:
    match link:
        case Connected() | Silent():
            return link.line.protocol
        case Disconnected():
            return link.protocol
    return None


def _recent_starts(state: Station) -> tuple[RecentStart, ...]:
    """The last starts of 1.6 that had an answer: ended ones in the order of their ends, then the running ones."""
    starts = [_recent(stub, ended=True) for stub in state.ended]
    starts += [_recent(running, ended=False) for running in state.running.values()]
    return tuple(start for start in starts if start is not None)[-RECENT_STARTS:]


def _recent(transaction: Running | Ended, *, ended: bool) -> RecentStart | None:
    wire_id = transaction.protocol_id
    if transaction.verdict is None or not wire_id.isascii() or not wire_id.isdigit() or len(wire_id) > 10:
        return None
    return RecentStart(
        wire_id=int(wire_id),
        verdict=transaction.verdict,
        transaction_uid=transaction.uid,
        ended=ended,
        started_at=transaction.started_at,
    )
