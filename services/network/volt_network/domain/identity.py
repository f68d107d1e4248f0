"""An OCPP identity as such: which station it leads to when that is not the one of its own name.

Whatever is registered meanwhile, a claimed identity leads to one station: this decider's word goes before the name.
"""

from datetime import datetime

import msgspec

from volt_contracts.addresses import ClaimIdentity, IdentityClaimed, IdentityReleased, IdentityRow, ReleaseIdentity
from volt_contracts.ids import identity_uid, station_uid
from volt_contracts.message import Event
from volt_contracts.network import NetworkCommandFinished, StationRow
from volt_eventlog.answers import Answers, Refused
from volt_network.domain.answers import remember


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`station_uid` is null while it leads to nobody but a station of its own name."""

    version: int
    identity: str
    station_uid: str | None = None
    answers: Answers = ()


def claim(
    known: Identity | None,
    command: ClaimIdentity,
    key: tuple[str, str],
    stations: tuple[StationRow | None, StationRow | None],
    at: datetime,
) -> tuple[Event, ...] | Refused:
    """Let the identity lead to a station. `stations`: the one that is meant, and the one of this very name."""
    meant, namesake = stations
    if key[1] != identity_uid(key[0], command.identity):
        return Refused(f"the key is not that of the identity {command.identity!r}")
    if known is not None and known.station_uid == command.station_uid:
        return ()
    if known is not None and known.station_uid is not None:
        return Refused(f"{command.identity} leads to another station; release it there first")
    if meant is None or meant.moved is not None:
        return Refused("the tenant has no such station")
    if command.station_uid == station_uid(key[0], command.identity):
        return Refused(f"{command.identity} is the station's own name")
    if namesake is not None and namesake.moved is None:
        return Refused(f"there is a station whose name is {command.identity}")
    version = 1 if known is None else known.version + 1
    return (
        IdentityClaimed(
            version=version,
            identity=command.identity,
            station_uid=command.station_uid,
            actor=command.actor.text,
            at=at,
        ),
    )


def release(known: Identity | None, command: ReleaseIdentity, at: datetime) -> tuple[Event, ...] | Refused:
    """Let the identity lead to nobody but a station of its own name."""
    if known is None:
        return Refused(f"{command.identity} is nobody's further identity")
    if known.station_uid is None:
        return ()
    event = IdentityReleased(version=known.version + 1, identity=known.identity, actor=command.actor.text, at=at)
    return (event,)


def evolve(known: Identity | None, event: Event) -> Identity | None:
    """The identity after an event of its own."""
    answers = () if known is None else known.answers
    match event:
        case IdentityClaimed():
            return Identity(
                version=event.version, identity=event.identity, station_uid=event.station_uid, answers=answers
            )
        case IdentityReleased():
            return Identity(version=event.version, identity=event.identity, answers=answers)
        case NetworkCommandFinished() if known is not None:
            return msgspec.structs.replace(known, answers=remember(answers, event))
        case _:
            return known


def row(known: Identity | None) -> IdentityRow | None:
    """The public row, as long as the identity is an alias."""
    if known is None or known.station_uid is None:
        return None
    return IdentityRow(version=known.version, identity=known.identity, station_uid=known.station_uid)
