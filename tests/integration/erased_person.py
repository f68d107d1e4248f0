"""A person with an account, a contract and two tokens, and the search for what is left of her, byte for byte."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integration.whole_pipe import DECIDERS, SECRET, Pipe
from typer.testing import CliRunner

from volt_contracts.accounts import AccountProfile
from volt_contracts.drivers import RegisterToken
from volt_contracts.message import Actor
from volt_contracts.refs import token_ref
from volt_contracts.topics import DRIVERS_PROFILES, TOPICS, Topic
from volt_drivers.domain import account, token
from volt_drivers.domain.renewal import NAME
from volt_eventlog.decider import Decider
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Deadline
from volt_eventlog.reading import read

ANNA = Actor(kind="operator", id="anna")
TOKENS = ("ZOECARD0000001", "ZOEAPP00000002")
CONTRACT = "DE-8AA-C12345678-5"
DETAILS = {
    "name": "Zoë Quist",
    "email": "zoe@quist.example",
    "phone": "+49 151 0000001",
    "address": "Kai 7, Hamburg",
    "external-id": "CRM-ZOE-77",
}
CLEAR = (*TOKENS, CONTRACT, *DETAILS.values())
_WANTED = re.compile(b"|".join(re.escape(text.encode()) for text in CLEAR), re.IGNORECASE)

SEGMENT_MS = 500
QUICKLY_COMPACTED = replace(
    DRIVERS_PROFILES,
    config=(
        ("segment.ms", str(SEGMENT_MS)),
        ("max.compaction.lag.ms", "1"),
        ("min.cleanable.dirty.ratio", "0.001"),
        ("file.delete.delay.ms", "100"),
    ),
)
"""Seven days in half a second."""


def reference(text: str) -> str:
    """What stands for a clear value of the person."""
    return token_ref(SECRET, "demo", text)


def card(value: str, account_uid: str, contract_ref: str | None = None) -> RegisterToken:
    """A token of hers."""
    return RegisterToken(
        actor=ANNA, value=value, token_type="rfid", issuer="demo", account_uid=account_uid, contract_ref=contract_ref
    )


def voltlog(pipe: Pipe, *words: str) -> str:
    """`voltlog drivers …` on the pipe's broker; its output."""
    from volt_drivers.cli import app

    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": pipe.kafka.bootstrap,
        "VOLT_PREFIX": pipe.kafka.prefix,
        "VOLT_TOKEN_SECRET": SECRET,
        "VOLT_TENANT": "demo",
    }
    result = CliRunner().invoke(app, list(words), env=environment)
    assert result.exit_code == 0, result.output
    return result.output.strip()


def register(pipe: Pipe) -> str:
    """Make the account known; its uid."""
    said = [word for name, text in DETAILS.items() for word in (f"--{name}", text)]
    return voltlog(pipe, "account", "register", *said, "--contract", CONTRACT, "--country", "DE", "--language", "de")


async def where_it_stands(kafka: Kafka) -> dict[str, set[bytes]]:
    """Topic → clear values found in it: keys, headers and values, whoever the record is of."""
    found: dict[str, set[bytes]] = {}
    for topic in TOPICS:
        async for _, records in read(kafka, [kafka.name(topic)]):
            for record in records:
                stored = b"\n".join((record.key or b"", record.value or b"", *_header_bytes(record)))
                if words := _WANTED.findall(stored):
                    found.setdefault(topic.name, set()).update(words)
    return found


async def latest_rows(kafka: Kafka, topic: Topic) -> Mapping[str, bytes | None]:
    """The last record of every key; None is a tombstone."""
    rows: dict[str, bytes | None] = {}
    async for _, records in read(kafka, [kafka.name(topic)]):
        rows |= {record.key.decode(): record.value for record in records}
    return rows


def renewing_now() -> list[Decider]:
    """All deciders; for the one timer of drivers, eight days have gone by."""

    def due(state: Any, _last_input_at: Any) -> Deadline | None:
        erased = isinstance(state, token.Erased | account.Erased) and not state.renewed
        return Deadline(NAME, state.erased_at) if erased else None

    return [replace(decider, deadline=due) if decider.owner == "drivers" else decider for decider in DECIDERS]


def is_whole(profile: AccountProfile | None) -> bool:
    """Whether everything that was said of her is in the row."""
    if profile is None:
        return False
    details = profile.details
    known = {details.name, details.email, details.phone, details.address, details.external_id}
    return known == set(DETAILS.values()) and profile.contracts[0].contract_id == CONTRACT


def _header_bytes(record: Any) -> list[bytes]:
    return [part for name, value in record.headers or () for part in (name.encode(), value or b"")]
