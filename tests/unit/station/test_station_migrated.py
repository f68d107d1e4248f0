"""Transactions that a former system began: adopted with their start, so that the stop here completes them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from unit.station.station_orders import station16
from unit.station.station_story import OPERATOR, Story
from unit.station.station_words16 import meter_values, stop

from volt_contracts.migration import AdoptTransaction
from volt_contracts.station import CommandFinished, ReadingsTaken, TransactionEnded, TransactionStarted


def adopt(story: Story, **said: Any) -> AdoptTransaction:
    described: dict[str, Any] = {
        "evse": 1, "protocol_id": "4711", "started_at": story.now - timedelta(hours=2), "register_wh": Decimal(1000),
        "token_ref": "t" * 32, "token_type": "rfid",
    }  # fmt: skip
    return AdoptTransaction(actor=OPERATOR, **(described | said))


def test_its_stop_finds_it_with_its_start_and_its_register() -> None:
    story = station16()
    last = {"last_register_wh": Decimal(5000), "last_at": story.now - timedelta(minutes=5)}
    then = story.command(adopt(story, **last), id="c1")

    began = then.only(TransactionStarted)
    assert (began.protocol_id, began.register_wh, began.trigger) == ("4711", Decimal(1000), "Migrated")
    assert (began.verdict, began.adopted, began.time.offline) == ("Accepted", False, "reported")
    assert then.only(ReadingsTaken).readings[0].register_wh == Decimal(5000)
    outcome = then.only(CommandFinished)
    assert (outcome.command_id, outcome.outcome, outcome.actor) == ("c1", "accepted", "operator:anna")
    assert then.records == []

    ended = stop(story, transactionId=4711, meterStop=9000).only(TransactionEnded)
    assert ended.transaction_uid == began.transaction_uid
    assert story.twin.running == {}


def test_it_needs_no_connection_and_comes_once() -> None:
    story = Story()
    command = adopt(story)
    assert story.command(command, id="c1").names == ["TransactionStarted", "CommandFinished"]
    assert story.command(command, id="c1").names == ["CommandFinished"]
    again = story.command(command, id="c2")
    assert (again.names, again.only(CommandFinished).outcome) == (["CommandFinished"], "accepted")
    other = story.command(adopt(story, started_at=story.now - timedelta(hours=1)), id="c3").only(CommandFinished)
    assert (other.outcome, other.sentence) == ("rejected", "the transaction 4711 is on record with another start")
    assert len(story.twin.running) == 1


def test_one_that_was_heard_of_by_its_readings_gets_its_start() -> None:
    story = station16()
    heard = meter_values(story, 6000, transactionId=4711).only(TransactionStarted)
    assert heard.adopted

    then = story.command(adopt(story))

    began = then.only(TransactionStarted)
    assert began.transaction_uid == heard.transaction_uid
    (running,) = story.twin.running.values()
    assert (running.began_wh, running.start != "", running.token_ref) == (Decimal(1000), True, "t" * 32)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"protocol_id": " "}, "a transaction has an id, an EVSE and a connector, both numbered from 1"),
        ({"evse": 0}, "a transaction has an id, an EVSE and a connector, both numbered from 1"),
        ({"started": 60}, "it begins in the future"),
        ({"last_register_wh": Decimal(1)}, "the latest register comes with the time at which it was read"),
        (
            {"last_register_wh": Decimal(2000), "last": -3 * 3600},
            "the latest register was read between the start and now",
        ),
        ({"last_register_wh": Decimal(999), "last": -60}, "registers are not below 0 and do not run back"),
        ({"register_wh": Decimal(-1)}, "registers are not below 0 and do not run back"),
    ],
)
def test_one_that_cannot_be_is_refused(said: dict[str, Any], sentence: str) -> None:
    story = station16()
    for name, field in (("started", "started_at"), ("last", "last_at")):
        if name in said:
            said = {**said, field: story.now + timedelta(seconds=said[name])}
            del said[name]
    before = story.twin

    outcome = story.command(adopt(story, **said)).only(CommandFinished)

    assert (outcome.outcome, outcome.sentence) == ("rejected", sentence)
    assert story.twin.running == before.running


def test_one_whose_stop_came_first_gets_its_start() -> None:
    story = station16()
    ended = stop(story, transactionId=4711, meterStop=9000).only(TransactionEnded)
    then = story.command(adopt(story))
    assert then.only(TransactionStarted).transaction_uid == ended.transaction_uid
    assert story.twin.running == {}
    again = story.command(adopt(story))
    assert (again.names, again.only(CommandFinished).outcome) == (["CommandFinished"], "accepted")
