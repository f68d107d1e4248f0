"""A station of a tenant: adopted because it connected, registered by somebody, or gone to another tenant.

Its place is what visits copy.
"""

import re
from datetime import datetime

import msgspec

from volt_contracts.forms import LONGEST_IDENTITY, is_identity
from volt_contracts.gateway import Registration
from volt_contracts.message import Event
from volt_contracts.network import (
    AdoptStation,
    Credential,
    Evse,
    LocationRow,
    Moved,
    NetworkCommandFinished,
    RegisterStation,
    StationAdopted,
    StationMoved,
    StationRegistered,
    StationRow,
    TenantSettings,
    TransferBegan,
    TransferRefused,
)
from volt_contracts.session import Place
from volt_eventlog.answers import Answers, Refused, version_objection
from volt_network.domain.answers import remember
from volt_network.domain.evses import evses_objection, with_uids
from volt_network.domain.place import completed
from volt_network.domain.tenant import profile_objection, protocol_objection
from volt_network.domain.words import id_objection

REGISTRATION_BY_POLICY: dict[str, Registration] = {"adopt": "accepted", "pending": "pending"}
_HMAC = re.compile("[0-9a-f]{64}")


class Leaving(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An offer to another tenant that has not been answered."""

    transfer_id: str
    to: Moved


class Adopted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="adopted"):
    """It connected and its tenant takes such stations in; nobody has registered it."""

    version: int
    identity: str
    security_profile: int
    protocol: str
    registration: Registration
    place: Place
    answers: Answers = ()


class Registered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="registered"):
    """Somebody has said what it is."""

    version: int
    identity: str
    credential: Credential | None = None
    security_profile: int
    protocol: str | None = None
    registration: Registration
    place: Place
    name: str | None = None
    location_id: str | None = None
    evses: tuple[Evse, ...] = ()
    came_from: Moved | None = None
    leaving: Leaving | None = None
    answers: Answers = ()


class Gone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="gone"):
    """It belongs to another tenant now."""

    version: int
    identity: str
    to: Moved
    answers: Answers = ()


Station = Adopted | Registered | Gone


def adopt(
    station: Station | None, command: AdoptStation, tenant: TenantSettings | None, at: datetime
) -> tuple[Event, ...] | Refused:
    """Take a station in as the tenant's policy says; a known one stays as it is, and where it is."""
    if station is not None:
        return ()
    if tenant is None:
        return Refused("the tenant is not configured")
    registration = REGISTRATION_BY_POLICY.get(tenant.unknown_stations)
    if registration is None:
        return Refused(f"the tenant {tenant.name} takes in no unknown stations")
    refused = _identity_objection(command.identity)
    if refused is not None:
        return refused
    return (
        StationAdopted(
            version=1,
            identity=command.identity,
            protocol=command.protocol,
            remote_address=command.remote_address,
            place=completed(Place(), None, tenant, 1),
            registration=registration,
            security_profile=tenant.security_profile,
            at=at,
        ),
    )


def register(
    station: Station | None,
    command: RegisterStation,
    uid: str,
    tenant: TenantSettings | None,
    location: LocationRow | None,
    at: datetime,
) -> tuple[Event, ...] | Refused:
    """Make a station known or change it; nothing happens when it already is what the command says.

    `location`: what is known of the location that it names; its name is copied, for lists that know no more.

    What the command leaves null stays as it was; what was never said comes from the tenant's settings. The name of a
    station that went to another tenant can be registered here again: then it is a station of this tenant.
    """
    version = 0 if station is None else station.version
    refused = version_objection(command.expected_version, version) or _objection(station, command)
    if refused is not None:
        return refused
    if tenant is None:
        return Refused("the tenant is not configured")
    here = None if isinstance(station, Gone) else station
    command = _placed(command, location)
    if _wanted(here, command, uid, tenant, version) == station:
        return ()
    return (registered_event(_wanted(here, command, uid, tenant, version + 1), command.actor.text, at),)


def evolve(station: Station | None, event: Event) -> Station | None:
    """The station after an event of its own. A stranger who was refused leaves no state behind."""
    answers = () if station is None else station.answers
    match event:
        case StationAdopted():
            return Adopted(
                version=event.version,
                identity=event.identity,
                security_profile=event.security_profile,
                protocol=event.protocol,
                registration=event.registration,
                place=event.place,
                answers=answers,
            )
        case StationRegistered():
            return _registered(station, event)
        case TransferBegan() if isinstance(station, Registered):
            return msgspec.structs.replace(station, leaving=Leaving(transfer_id=event.transfer_id, to=event.to))
        case TransferRefused() if isinstance(station, Registered):
            return msgspec.structs.replace(station, leaving=None)
        case StationMoved() if station is not None:
            return Gone(version=event.version, identity=station.identity, to=event.to, answers=answers)
        case NetworkCommandFinished() if station is not None:
            return msgspec.structs.replace(station, answers=remember(answers, event))
        case _:
            return station


def row(station_uid: str, station: Station) -> StationRow:
    """The public row of a station; of one that is gone, that whoever connects under its name is let in elsewhere."""
    match station:
        case Gone():
            return StationRow(
                version=station.version,
                station_uid=station_uid,
                identity=station.identity,
                adopted=False,
                security_profile=0,
                registration="rejected",
                place=Place(),
                moved=station.to,
            )
        case Adopted():
            return StationRow(
                version=station.version,
                station_uid=station_uid,
                identity=station.identity,
                adopted=True,
                security_profile=station.security_profile,
                protocol=station.protocol,
                registration=station.registration,
                place=station.place,
            )
        case Registered():
            return StationRow(
                version=station.version,
                station_uid=station_uid,
                identity=station.identity,
                adopted=False,
                credential=station.credential,
                security_profile=station.security_profile,
                protocol=station.protocol,
                registration=station.registration,
                place=station.place,
                name=station.name,
                location_id=station.location_id,
                evses=station.evses,
            )


def registered_event(wanted: Registered, actor: str, at: datetime) -> StationRegistered:
    """The event that makes a station what is wanted."""
    return StationRegistered(
        version=wanted.version,
        identity=wanted.identity,
        credential=wanted.credential,
        security_profile=wanted.security_profile,
        protocol=wanted.protocol,
        registration=wanted.registration,
        place=wanted.place,
        name=wanted.name,
        location_id=wanted.location_id,
        evses=wanted.evses,
        came_from=wanted.came_from,
        actor=actor,
        at=at,
    )


def _registered(station: Station | None, event: StationRegistered) -> Registered:
    return Registered(
        version=event.version,
        identity=event.identity,
        credential=event.credential,
        security_profile=event.security_profile,
        protocol=event.protocol,
        registration=event.registration,
        place=event.place,
        name=event.name,
        location_id=event.location_id,
        evses=event.evses,
        came_from=event.came_from,
        leaving=station.leaving if isinstance(station, Registered) else None,
        answers=() if station is None else station.answers,
    )


def _wanted(
    station: Adopted | Registered | None, command: RegisterStation, uid: str, tenant: TenantSettings, version: int
) -> Registered:
    """The station as the command would have it."""
    known = station if isinstance(station, Registered) else None
    evses = () if known is None else known.evses
    return Registered(
        version=version,
        identity=command.identity,
        credential=command.credential or (None if known is None else known.credential),
        security_profile=command.security_profile,
        protocol=command.protocol or (None if station is None else station.protocol),
        registration=command.registration,
        place=completed(command.place, None if station is None else station.place, tenant, version),
        name=command.name or (None if known is None else known.name),
        location_id=command.location_id or (None if known is None else known.location_id),
        evses=evses if command.evses is None else with_uids(command.evses, uid),
        came_from=None if known is None else known.came_from,
        leaving=None if known is None else known.leaving,
        answers=() if station is None else station.answers,
    )


def _placed(command: RegisterStation, location: LocationRow | None) -> RegisterStation:
    """The command with the name of its location; with its id, while nothing is known of it."""
    if command.location_id is None or command.place.location is not None:
        return command
    name = command.location_id if location is None else location.location.name
    return msgspec.structs.replace(command, place=msgspec.structs.replace(command.place, location=name))


def _objection(station: Station | None, command: RegisterStation) -> Refused | None:
    """The first thing that is wrong with a registration."""
    if station is not None and station.identity != command.identity:
        return Refused(f"the station is known as {station.identity}: its identity is not changed by registering it")
    return (
        _identity_objection(command.identity)
        or profile_objection(command.security_profile)
        or protocol_objection(command.protocol)
        or _credential_objection(command.credential)
        or (None if command.location_id is None else id_objection("location", command.location_id))
        or (None if command.evses is None else evses_objection(command.evses))
    )


def _identity_objection(identity: str) -> Refused | None:
    if is_identity(identity):
        return None
    return Refused(f"an identity has 1 to {LONGEST_IDENTITY} printable characters")


def _credential_objection(credential: Credential | None) -> Refused | None:
    """A hash that no password could ever match would lock the station out."""
    match credential:
        case Credential(kind="hmac-sha256", hash=digest) if not _HMAC.fullmatch(digest):
            return Refused("an hmac-sha256 credential is 64 hexadecimal digits in lower case")
        case Credential(kind="argon2id", hash=encoded) if not encoded.startswith("$argon2id$"):
            return Refused("an argon2id credential begins with $argon2id$")
        case _:
            return None
