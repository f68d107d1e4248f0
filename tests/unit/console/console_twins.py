"""Two tenants whose stations, visits, commands and tokens bear the same ids: only the key says whose a record is."""

from typing import Any

from unit.console.console_drivers import Card, Person
from unit.console.console_log import NOON, Log
from unit.console.console_newcomers import refuse
from unit.console.console_story import Charger, Visit, command

from volt_contracts import codec, drivers, network
from volt_contracts.access import ApiKeyRow
from volt_contracts.accounts import AccountDetails, AccountProfile
from volt_contracts.ids import entity_key
from volt_contracts.imports import ImportedFile, ImportRecorded
from volt_contracts.imports import command_id as imported_as
from volt_contracts.topics import (
    DRIVERS_TOKEN_EVENTS,
    NETWORK_IMPORT_EVENTS,
    NETWORK_STATION_EVENTS,
    NETWORK_TENANT_EVENTS,
    STATION_EVENTS,
)
from volt_eventlog.message import Message

OURS, THEIRS = "demo", "harbour"
OUR_MARK, THEIR_MARK = "MARK-OURS", "MARK-THEIRS"
KEY_ID = "0123456789abcdef"
TOKEN_REF = "a" * 32
ACCOUNT_UID = "0b7f9f04-6a5e-5b60-9f3c-111111111111"
IMPORT_ID = "0b7f9f04-6a5e-5b60-9f3c-222222222222"
FAR = 1_000_000
"""How far away in the log the other tenant's records lie."""


def our_story() -> tuple[Log, Visit, str]:
    """A station with a visit, refusals and commands; whatever says something says whose it is."""
    log = Log(tenant=OURS)
    charger = Charger(log, "CP-1", vendor=OUR_MARK)
    charger.connect()
    charger.boot()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    visit.meter(6_000, minutes=10)
    command_id = command(charger, "Reset", "rejected", f"because {OUR_MARK}")
    for identity in ("CP-2", "CP-3"):
        for reason in ("unknown_station", "wrong_password", "not_ready"):
            refuse(log, identity, reason, path=f"/ocpp/{OURS}/{identity}?{OUR_MARK}")
    _outcomes(log, command_id)
    _drivers_and_imports(log)
    return log, visit, command_id


def _outcomes(log: Log, command_id: str) -> None:
    said = {"outcome": "rejected", "sentence": OUR_MARK, "actor": f"operator:{OUR_MARK}", "at": log.now}
    changed = network.NetworkCommandFinished(command_id=command_id, command="network.configure_tenant.v1", **said)  # type: ignore[arg-type]
    log.append(NETWORK_TENANT_EVENTS, "", changed, key=entity_key(OURS, OURS))
    token = drivers.DriversCommandFinished(command_id=command_id, command="drivers.register_token.v1", **said)  # type: ignore[arg-type]
    log.append(DRIVERS_TOKEN_EVENTS, "", token, key=entity_key(OURS, "the same token"))


def _drivers_and_imports(log: Log) -> None:
    card, person = Card(log, TOKEN_REF), Person(log, ACCOUNT_UID)
    card.said(issuer=OUR_MARK, account_uid=ACCOUNT_UID)
    person.joined(TOKEN_REF)
    person.registered(external_ref=OUR_MARK)
    file = ImportedFile(name=f"{OUR_MARK}.csv", sha256="ab" * 32, rows=1, commands={"network.register_station.v1": 1})
    recorded = ImportRecorded(import_id=IMPORT_ID, file=file, actor=f"operator:{OUR_MARK}", at=log.now)
    log.append(NETWORK_IMPORT_EVENTS, "", recorded, key=entity_key(OURS, IMPORT_ID))
    refused = network.NetworkCommandFinished(
        command_id=imported_as(IMPORT_ID, 2), command="network.register_station.v1", outcome="rejected",
        sentence=OUR_MARK, at=log.now,
    )  # fmt: skip
    log.append(NETWORK_STATION_EVENTS, "CP-9", refused)


def persons() -> dict[str, Any]:
    """The clear values of each, at the same keys."""
    found: dict[str, Any] = {}
    for tenant, mark in ((OURS, OUR_MARK), (THEIRS, THEIR_MARK)):
        found[entity_key(tenant, TOKEN_REF)] = drivers.TokenProfile(token_ref=TOKEN_REF, value=mark, token_type="rfid")
        details = AccountDetails(name=mark)
        found[entity_key(tenant, ACCOUNT_UID)] = AccountProfile(account_uid=ACCOUNT_UID, details=details)
    return found


def theirs(log: Log) -> list[Message]:
    """The same records as another tenant's, at other places of the log, saying whose they are."""
    return [_twin(message) for message in log.messages]


def _twin(message: Message) -> Message:
    said = said_otherwise(
        message,
        (OUR_MARK, THEIR_MARK),
        (f"/ocpp/{OURS}/", f"/ocpp/{THEIRS}/"),
        ("Depot North", THEIR_MARK),
        offset=message.offset + FAR,
    )
    owner, _, entity = message.key.partition("/")
    key = entity_key(THEIRS if owner == OURS else owner, THEIRS if entity == OURS else entity)
    return Message(said.topic, key, said.body, said.envelope, said.partition, said.offset, said.at)


def said_otherwise(message: Message, *words: tuple[str, str], offset: int) -> Message:
    """The same record elsewhere in the log, with other words in its texts."""
    text = codec.encode(message.body).decode()
    for before, after in words:
        text = text.replace(before, after)
    body = codec.decode(message.topic, codec.type_name(type(message.body)), text.encode())
    return Message(message.topic, message.key, body, message.envelope, message.partition, offset, message.at)


def key_rows() -> dict[str, ApiKeyRow]:
    """A key of each, of the same id."""
    return {
        entity_key(tenant, KEY_ID): ApiKeyRow(
            name=mark, hash=None, scopes=("see",), created_by=f"operator:{mark}", created_at=NOON
        )
        for tenant, mark in ((OURS, OUR_MARK), (THEIRS, THEIR_MARK))
    }


def record_places(messages: list[Message]) -> list[tuple[str, int, int]]:
    """Where records of stations lie."""
    return [(found.topic.name, found.partition, found.offset) for found in messages if found.topic is STATION_EVENTS]
