"""From a checked file to commands: what a row leaves empty stays as it is, and what changes nothing is not sent."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec.structs import replace

from volt_contracts.credentials import of_key
from volt_contracts.drivers import RegisterToken, TokenRegistered
from volt_contracts.ids import entity_key, evse_uid, location_uid, organisation_uid, station_uid
from volt_contracts.message import Actor, Command
from volt_contracts.migration import AdoptTransaction
from volt_contracts.network import (
    ConfigureLocation,
    ConfigureOrganisation,
    Credential,
    Evse,
    Location,
    Organisation,
    RegisterStation,
    StationRow,
)
from volt_contracts.refs import token_ref
from volt_contracts.topics import (
    DRIVERS_TOKEN_COMMANDS,
    NETWORK_LOCATION_COMMANDS,
    NETWORK_ORGANISATION_COMMANDS,
    NETWORK_STATION_COMMANDS,
    STATION_COMMANDS,
    Topic,
)
from volt_imports.contents import Contents
from volt_imports.kinds.locations import location_of
from volt_imports.kinds.organisations import organisation_of
from volt_imports.kinds.stations import StationLines
from volt_imports.kinds.tokens import Token
from volt_imports.known import Known
from volt_imports.passwords import Chosen, credentials_of
from volt_imports.rows import Kind, Progress, no_progress


class Planned(NamedTuple):
    """The command of a row."""

    line: int
    topic: Topic
    key: str
    command: Command


@dataclass(frozen=True)
class Owner:
    """Whose network it is, who imports it, who issued its tokens, and below which secret references are made."""

    tenant: str
    actor: Actor
    issuer: str
    secret: str


@dataclass
class Plan:
    """The commands of a file that has no faults. `unchanged` is complete when `commands` has ended."""

    contents: Contents
    known: Known
    owner: Owner
    credentials: dict[str, Credential | None] = field(default_factory=dict)
    unchanged: Counter[Kind] = field(default_factory=Counter)

    def commands(self) -> Iterator[Planned]:
        """Each changed thing's command, in the order in which one kind refers to another."""
        self.unchanged.clear()
        yield from self._organisations()
        yield from self._locations()
        yield from self._stations()
        yield from self._tokens()
        yield from self._transactions()

    def _organisations(self) -> Iterator[Planned]:
        tenant = self.owner.tenant
        for row in self.contents.organisations.values():
            before = self.known.organisations(row.id)
            document = organisation_of(row, None if before is None else before.organisation)
            assert isinstance(document, Organisation)
            if before is not None and before.organisation == document:
                self.unchanged["organisations"] += 1
                continue
            command = ConfigureOrganisation(
                organisation_id=row.id,
                organisation=document,
                expected_version=0 if before is None else before.version,
                actor=self.owner.actor,
            )
            key = entity_key(tenant, organisation_uid(tenant, row.id))
            yield Planned(row.line, NETWORK_ORGANISATION_COMMANDS, key, command)

    def _locations(self) -> Iterator[Planned]:
        tenant = self.owner.tenant
        for row in self.contents.locations.values():
            before = self.known.locations(row.id)
            document = location_of(row, None if before is None else before.location)
            assert isinstance(document, Location)
            if before is not None and before.location == document:
                self.unchanged["locations"] += 1
                continue
            command = ConfigureLocation(
                location_id=row.id,
                location=document,
                expected_version=0 if before is None else before.version,
                actor=self.owner.actor,
            )
            yield Planned(
                row.line, NETWORK_LOCATION_COMMANDS, entity_key(tenant, location_uid(tenant, row.id)), command
            )

    def _stations(self) -> Iterator[Planned]:
        tenant = self.owner.tenant
        for station in self.contents.stations.values():
            uid = station_uid(tenant, station.identity)
            before = self.known.stations(station.identity)
            command = self._registration(station, before)
            if before is not None and _changes_nothing(command, before, uid):
                self.unchanged["stations"] += 1
            else:
                yield Planned(station.line, NETWORK_STATION_COMMANDS, entity_key(tenant, uid), command)

    def _registration(self, station: StationLines, before: StationRow | None) -> RegisterStation:
        profile, registration = station.value("profile"), station.value("registration")
        settings = self.known.settings
        assert settings is not None
        if profile is None:
            profile = settings.security_profile if before is None else before.security_profile
        return RegisterStation(
            identity=station.identity,
            credential=self._credential(station, before),
            security_profile=profile,
            protocol=station.value("protocol"),
            registration=registration or ("accepted" if before is None else before.registration),
            name=station.value("name"),
            location_id=station.value("location"),
            evses=station.described(),
            expected_version=0 if before is None else before.version,
            actor=self.owner.actor,
        )

    def _credential(self, station: StationLines, before: StationRow | None) -> Credential | None:
        """What is new of its password; None when it has none, or has it already."""
        if station.identity in self.credentials:
            return self.credentials[station.identity]
        key = station.value("key")
        if key is None:
            return None
        credential = of_key(self.owner.secret, self.owner.tenant, key.encode())
        return None if before is not None and before.credential == credential else credential

    def _tokens(self) -> Iterator[Planned]:
        for token in self.contents.tokens.values():
            before = self.known.tokens(token.uid)
            command = self._token(token, before if isinstance(before, TokenRegistered) else None)
            if isinstance(before, TokenRegistered) and _says_the_same(command, before):
                self.unchanged["tokens"] += 1
                continue
            command = replace(command, expected_version=0 if before is None else before.version)
            yield Planned(token.line, DRIVERS_TOKEN_COMMANDS, self.known.token_keys[token.uid], command)

    def _token(self, token: Token, before: TokenRegistered | None) -> RegisterToken:
        group = token.group
        return RegisterToken(
            value=token.uid,
            token_type=token.token_type,
            status=token.status,
            valid_until=token.valid_until,
            group=group,
            group_ref=None if group is None else token_ref(self.owner.secret, self.owner.tenant, group),
            issuer=self.owner.issuer,
            contract_ref=None if before is None else before.contract_ref,
            concurrent="allowed" if before is None else before.concurrent,
            account_uid=None if before is None else before.account_uid,
            actor=self.owner.actor,
        )

    def _transactions(self) -> Iterator[Planned]:
        """All of them: whether one is on record already its station knows, and then says accepted once more."""
        tenant = self.owner.tenant
        for one in self.contents.transactions.values():
            command = AdoptTransaction(
                evse=one.evse,
                connector=one.connector,
                protocol_id=one.id,
                started_at=one.started_at,
                register_wh=one.register_wh,
                token_ref=None if one.token is None else token_ref(self.owner.secret, tenant, one.token),
                last_register_wh=one.last_register_wh,
                last_at=one.last_at,
                actor=self.owner.actor,
            )
            yield Planned(one.line, STATION_COMMANDS, entity_key(tenant, station_uid(tenant, one.station)), command)


def plan(
    contents: Contents, known: Known, owner: Owner, *, dry_run: bool = False, progress: Progress = no_progress
) -> Plan:
    """What is to be sent for a file without faults; hashes the passwords that somebody chose.

    Raises:
        NoSecret: there are keys, and no secret to keep their hashes under (also while `commands` are made).
    """
    chosen = [
        Chosen(station.identity, password, None if before is None else before.credential)
        for station in contents.stations.values()
        if (password := station.value("password")) is not None
        for before in (known.stations(station.identity),)
    ]
    return Plan(contents, known, owner, credentials_of(chosen, new=not dry_run, progress=progress))


def _changes_nothing(command: RegisterStation, known: StationRow, uid: str) -> bool:
    """As the station's decider would have it: null leaves what is known."""
    said = (
        (command.protocol, known.protocol),
        (command.name, known.name),
        (command.location_id, known.location_id),
        (_with_uids(command.evses, uid), known.evses),
    )
    return (
        not known.adopted
        and command.credential is None
        and command.security_profile == known.security_profile
        and command.registration == known.registration
        and all(value is None or value == before for value, before in said)
    )


def _with_uids(evses: tuple[Evse, ...] | None, uid: str) -> tuple[Evse, ...] | None:
    if evses is None:
        return None
    return tuple(replace(evse, uid=evse.uid or evse_uid(uid, evse.number)) for evse in evses)


def _says_the_same(command: RegisterToken, known: TokenRegistered) -> bool:
    names = ("token_type", "status", "valid_until", "group_ref", "issuer")
    return all(getattr(command, name) == getattr(known, name) for name in names)
