"""One command erases a person: then every replay still works, and no clear value is left after its retention.

The 90 days are let pass by taking away what the topics would have let go by then.
"""

import asyncio
import random
from functools import partial
from pathlib import Path

import pytest
from aiokafka.admin import RecordsToDelete
from aiokafka.structs import TopicPartition
from integration.erased_person import (
    ANNA,
    CLEAR,
    CONTRACT,
    QUICKLY_COMPACTED,
    TOKENS,
    card,
    is_whole,
    latest_rows,
    reference,
    register,
    renewing_now,
    voltlog,
    where_it_stands,
)
from integration.test_log_is_the_truth import FLEET, ask, folded_anew, views_built_anew
from integration.whole_pipe import FOLDING, Pipe

from volt_contracts.ids import entity_key, station_uid
from volt_contracts.session import AuthorizationRow, StartSession
from volt_contracts.topics import (
    BY_NAME,
    DAY_MS,
    DRIVERS_PROFILES,
    DRIVERS_TOKEN_COMMANDS,
    DRIVERS_TOKEN_EVENTS,
    GATEWAY_DOWNLINK,
    GATEWAY_FRAMES,
    SESSION_AUTHORIZATIONS,
    SESSION_COMMANDS,
    SESSION_EVENTS,
    STATION_COMMANDS,
    STATION_EVIDENCE,
    TOPICS,
)
from volt_eventlog.kafka import Kafka
from volt_eventlog.one_key import latest_row
from volt_eventlog.reading import read, size_up
from volt_eventlog.topics_admin import create_topics, settings_of
from volt_testkit.polling import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

EXPIRING = {topic.name for topic in TOPICS if topic.kind == "commands" or topic in (GATEWAY_FRAMES, GATEWAY_DOWNLINK)}
KEPT_BY_LAW = {STATION_EVIDENCE.name}
UID_OF_SOMEBODY = "0b7f9f04-6a5e-5b60-9f3c-222222222222"


@pytest.mark.parametrize("name", sorted(EXPIRING))
def test_where_clear_values_may_stand_they_expire(name: str) -> None:
    longest = 90 if name == GATEWAY_FRAMES.name else 7
    settings = settings_of(BY_NAME[name], "production")
    assert settings["cleanup.policy"] == "delete"
    assert 0 < int(settings["retention.ms"]) <= longest * DAY_MS


def test_profiles_are_compacted_within_seven_days() -> None:
    settings = settings_of(DRIVERS_PROFILES, "production")
    assert settings["cleanup.policy"] == "compact"
    for name in ("max.compaction.lag.ms", "segment.ms"):
        assert 0 < int(settings[name]) <= 7 * DAY_MS
    assert "min.compaction.lag.ms" not in settings


async def test_a_person_is_erased_by_one_command(kafka: Kafka, database: str, tmp_path: Path) -> None:
    pipe = Pipe(kafka, database, tmp_path)
    await create_topics(kafka, (), topics=[QUICKLY_COMPACTED])
    await pipe.seed()
    async with pipe.deciders(), pipe.gateway():
        uid = await asyncio.to_thread(register, pipe)
        await charged(pipe, uid)
        await knows_her(pipe, uid)

        await asyncio.to_thread(voltlog, pipe, "account", "erase", uid, "--yes")
        await forgotten(kafka, uid)
        await one_more(pipe, uid)
        await pipe.quiet()

    found = set(await where_it_stands(kafka))
    assert {GATEWAY_FRAMES.name, STATION_COMMANDS.name, DRIVERS_TOKEN_COMMANDS.name} <= found
    assert found <= EXPIRING | KEPT_BY_LAW | {DRIVERS_PROFILES.name}
    after = await pipe.derived()
    await folded_anew(pipe, after)
    await views_built_anew(pipe, after, 10, random.Random(3))

    await ninety_days_later(pipe)
    async with pipe.deciders(renewing_now()):
        await eventually(
            lambda: where_it_stands(kafka), lambda left: set(left) <= KEPT_BY_LAW, 90
        )  # the broker's cleaner looks every 15 seconds
    await still_replays(pipe, uid)


async def charged(pipe: Pipe, uid: str) -> None:
    """She has two tokens, one with her contract, and charges with both; once she is started from afar."""
    for value, contract_ref in zip(TOKENS, (reference(CONTRACT), None), strict=True):
        key = entity_key("demo", reference(value))
        command = card(value, uid, contract_ref)
        await ask(pipe.kafka, DRIVERS_TOKEN_COMMANDS, DRIVERS_TOKEN_EVENTS, key, command)
    await pipe.charge({**FLEET, "tokens": ",".join(TOKENS), "seed": "5", "until-sessions": "6"})
    station = entity_key("demo", station_uid("demo", "CP-0001"))
    start = StartSession(id_token=TOKENS[0], token_ref=reference(TOKENS[0]), evse=1, actor=ANNA)
    await ask(pipe.kafka, SESSION_COMMANDS, SESSION_EVENTS, station, start)
    await pipe.quiet()


async def knows_her(pipe: Pipe, uid: str) -> None:
    """What there is to be erased."""
    assert is_whole(await latest_row(pipe.kafka, DRIVERS_PROFILES, entity_key("demo", uid)))
    shown = await asyncio.to_thread(voltlog, pipe, "account", "show", uid)
    assert all(text in shown for text in ("Zoë Quist", CONTRACT, *map(reference, TOKENS)))
    found = await where_it_stands(pipe.kafka)
    assert {word.lower() for words in found.values() for word in words} == {text.lower().encode() for text in CLEAR}


async def forgotten(kafka: Kafka, *entities: str) -> None:
    """The account and its tokens have no profile any more, and the tokens are worth nothing."""
    for entity in (*entities, *map(reference, TOKENS)):
        await eventually(partial(latest_row, kafka, DRIVERS_PROFILES, entity_key("demo", entity)), _is_gone)
    for value in TOKENS:
        key = entity_key("demo", reference(value))
        row = await eventually(partial(latest_row, kafka, SESSION_AUTHORIZATIONS, key), _is_blocked)
        assert isinstance(row, AuthorizationRow)
        assert [issuer.contract_ref for issuer in row.issuers] == [None]


def _is_gone(row: object) -> bool:
    return row is None


def _is_blocked(row: object) -> bool:
    return isinstance(row, AuthorizationRow) and {issuer.verdict for issuer in row.issuers} == {"Blocked"}


async def one_more(pipe: Pipe, uid: str) -> None:
    """A token of hers that was on its way is forgotten as well; one that nobody's account holds is none of it."""
    ref = entity_key("demo", reference("ZOECARD0000001"))
    await ask(pipe.kafka, DRIVERS_TOKEN_COMMANDS, DRIVERS_TOKEN_EVENTS, ref, card("zoe-card-0000001", uid))
    await forgotten(pipe.kafka)
    other = entity_key("demo", reference("SOMEBODY1"))
    await ask(pipe.kafka, DRIVERS_TOKEN_COMMANDS, DRIVERS_TOKEN_EVENTS, other, card("SOMEBODY1", UID_OF_SOMEBODY))
    assert await latest_row(pipe.kafka, DRIVERS_PROFILES, other) is not None


async def ninety_days_later(pipe: Pipe) -> None:
    """Take away what the expiring topics hold now; in the profiles, every row of hers ends with a tombstone."""
    rows = await latest_rows(pipe.kafka, DRIVERS_PROFILES)
    living = {key for key, value in rows.items() if value is not None}
    assert living == {entity_key("demo", reference(text)) for text in ("TAG0001", "SOMEBODY1")}
    admin = pipe.kafka.admin()
    await admin.start()
    names = [pipe.kafka.name(BY_NAME[name]) for name in sorted(EXPIRING)]
    ends: dict[TopicPartition, RecordsToDelete] = {}
    async for place, records in read(pipe.kafka, names):
        ends[place] = RecordsToDelete(before_offset=records[-1].offset + 1)
    await admin.delete_records(ends)
    await admin.close()


async def still_replays(pipe: Pipe, uid: str) -> None:
    """Without a clear value anywhere, all states and public rows are folded again to the same.

    Views were built anew before: an index of frames cannot be, once those are gone.
    """
    for verdict in await pipe.verdicts():
        assert verdict.ok, verdict
    rows = await pipe.rows()
    events = await pipe.count_events()
    await pipe.forget()
    async with pipe.deciders(FOLDING):
        await eventually(pipe.rows, lambda found: found == rows, 60)
    assert await pipe.count_events() == events, "an input was decided on again"
    for topic in (SESSION_AUTHORIZATIONS, SESSION_EVENTS):
        assert (await size_up(pipe.kafka, [pipe.kafka.name(topic)])).count, topic.name
    await forgotten(pipe.kafka, uid)
    assert "erased" in await asyncio.to_thread(voltlog, pipe, "account", "show", uid)
