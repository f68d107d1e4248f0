"""A station goes to another tenant: offered by one key, taken or refused by the other, ended by the first.

Until `StationMoved` it belongs to the former tenant; the new one knows it from `StationRegistered` on. Both keys are of
one decider, so that every offer is answered.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from volt_contracts.codec import type_name
from volt_contracts.ids import entity_key, station_uid
from volt_contracts.message import Event
from volt_contracts.network import (
    Credential,
    EndTransfer,
    Moved,
    NetworkCommandFinished,
    ReceiveStation,
    StationMoved,
    TenantSettings,
    TransferBegan,
    TransferRefused,
    TransferStation,
)
from volt_contracts.session import Place
from volt_contracts.topics import NETWORK_STATION_COMMANDS
from volt_eventlog.answers import Refused
from volt_eventlog.decider import Output, Record
from volt_network.domain.evses import with_uids, without_derived_uids
from volt_network.domain.place import completed
from volt_network.domain.station import Gone, Registered, Station, registered_event
from volt_network.domain.words import id_objection


def offer(
    station: Station | None,
    command: TransferStation,
    command_id: str,
    key: tuple[str, str],
    other: TenantSettings | None,
    at: datetime,
) -> Sequence[Output] | Refused:
    """Offer the station to the other tenant. `key`: tenant and uid here; `other`: the other tenant's settings."""
    refused = _objection(station, command, key[0], other)
    if refused is not None:
        return refused
    assert isinstance(station, Registered)
    if station.leaving is not None and station.leaving.transfer_id == command_id:
        return ()
    if station.leaving is not None:
        return Refused(f"it is being given to {station.leaving.to.tenant} already")
    to = Moved(tenant=command.to_tenant, station_uid=station_uid(command.to_tenant, station.identity))
    began = TransferBegan(transfer_id=command_id, to=to, actor=command.actor.text, at=at)
    return began, _to(to, _handed_over(station, command, command_id, key))


def receive(
    station: Station | None, command: ReceiveStation, uid: str, tenant: TenantSettings | None, at: datetime
) -> Sequence[Output] | Refused:
    """Take the station, or say why not; the former tenant's key is told either way."""
    came_from = command.came_from
    if tenant is None:
        return Refused("the tenant is not configured", (_answer(command, "the tenant is not configured"),))
    if station is not None and not isinstance(station, Gone):
        sentence = f"the tenant {tenant.name} has a station {command.identity} of its own"
        return Refused(sentence, (_answer(command, sentence),))
    version = 1 if station is None else station.version + 1
    wanted = Registered(
        version=version,
        identity=command.identity,
        credential=command.credential,
        security_profile=command.security_profile,
        protocol=command.protocol,
        registration=command.registration,
        place=completed(Place(), None, tenant, version),
        name=command.name,
        location_id=command.location_id,
        evses=with_uids(command.evses, uid),
        came_from=came_from,
    )
    return registered_event(wanted, command.actor.text, at), _answer(command, None)


def end(station: Station | None, command: EndTransfer, at: datetime) -> Sequence[Event]:
    """What the other key said: the station is gone, or stays. Also the outcome of the TransferStation."""
    if not isinstance(station, Registered) or station.leaving is None:
        return ()
    leaving = station.leaving
    if leaving.transfer_id != command.transfer_id:
        return ()
    outcome = NetworkCommandFinished(
        command_id=command.transfer_id,
        command=type_name(TransferStation),
        outcome="accepted" if command.refused is None else "rejected",
        sentence=command.refused,
        actor=command.actor.text,
        at=at,
    )
    if command.refused is not None:
        return TransferRefused(transfer_id=command.transfer_id, sentence=command.refused, at=at), outcome
    moved = StationMoved(version=station.version + 1, transfer_id=command.transfer_id, to=leaving.to, at=at)
    return moved, outcome


def _objection(
    station: Station | None, command: TransferStation, tenant: str, other: TenantSettings | None
) -> Refused | None:
    if station is None:
        return Refused("the tenant has no such station")
    if isinstance(station, Gone):
        return Refused(f"it belongs to {station.to.tenant} already")
    if not isinstance(station, Registered):
        return Refused("it was adopted and never registered: register it first")
    if command.to_tenant == tenant:
        return Refused("it belongs to this tenant already")
    if other is None:
        return Refused(f"the tenant {command.to_tenant} is not configured")
    return None if command.location_id is None else id_objection("location", command.location_id)


def _handed_over(
    station: Registered, command: TransferStation, command_id: str, key: tuple[str, str]
) -> ReceiveStation:
    return ReceiveStation(
        actor=command.actor,
        came_from=Moved(tenant=key[0], station_uid=key[1]),
        transfer_id=command_id,
        identity=station.identity,
        credential=_carried(station.credential, key[0]),
        security_profile=station.security_profile,
        protocol=station.protocol,
        registration=station.registration,
        name=station.name,
        location_id=command.location_id,
        evses=without_derived_uids(station.evses, key[1]),
    )


def _carried(credential: Credential | None, tenant: str) -> Credential | None:
    """The station keeps its password: an HMAC says from now on below whose key it was made."""
    if credential is None or credential.kind != "hmac-sha256":
        return credential
    return replace(credential, keyed_for=credential.keyed_for or tenant)


def _answer(command: ReceiveStation, refused: str | None) -> Record:
    return _to(command.came_from, EndTransfer(actor=command.actor, transfer_id=command.transfer_id, refused=refused))


def _to(where: Moved, command: ReceiveStation | EndTransfer) -> Record:
    return Record(NETWORK_STATION_COMMANDS, entity_key(where.tenant, where.station_uid), command)
