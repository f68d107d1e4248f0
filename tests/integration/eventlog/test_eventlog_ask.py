"""Ask: a command is published, its outcome is awaited by its id, and everything else in the topic is passed over."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import integration.eventlog.counting as counting
import pytest
import pytest_asyncio
from integration.eventlog.counting import ACTOR, Add, Done, everything
from integration.eventlog.members import Crew

from volt_contracts import codec
from volt_eventlog.appender import Appender
from volt_eventlog.ask import Ask, NoOutcome
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Position

pytestmark = pytest.mark.kafka


@pytest_asyncio.fixture
async def ask(kafka: Kafka, appender: Appender) -> AsyncIterator[Ask]:
    """One that listens."""
    made = Ask(kafka, appender, counting.COMMANDS, counting.EVENTS, "test/1")
    await made.start()
    yield made
    await made.stop()


async def answer(appender: Appender, command_id: str, *, total: int = 0, value: bytes | None = None) -> Position:
    """What the owner would append as the outcome of a command."""
    await appender.know(counting.EVENTS)
    done = Done(command_id=command_id, outcome="accepted", total=total)
    head = [*counting.headers(done, str(uuid4())), ("command_id", command_id.encode())]
    return await appender.append(counting.EVENTS, "t/a", value or codec.encode(done), head)


async def test_the_outcome_and_its_position(kafka: Kafka, ask: Ask, crew: Crew) -> None:
    await crew.working()
    first = await ask.send("t/a", Add(amount=2, actor=ACTOR))
    second = await ask.send("t/a", Add(amount=3, actor=ACTOR))
    assert isinstance(second.outcome, Done)
    assert (first.outcome.outcome, second.outcome.total) == ("accepted", 5)
    assert second.outcome.command_id == second.command_id
    (place,) = [
        Position(counting.EVENTS.name, m.partition, m.offset)
        for m in await everything(kafka, counting.EVENTS)
        if isinstance(m.body, Done) and m.body.command_id == second.command_id
    ]
    assert second.position == place


async def test_many_askers_each_get_their_own(ask: Ask, crew: Crew) -> None:
    await crew.working()
    answers = await asyncio.gather(*(ask.send(f"t/{n}", Add(amount=n, actor=ACTOR)) for n in range(30)))
    assert [one.outcome.total for one in answers if isinstance(one.outcome, Done)] == list(range(30))


async def test_the_command_carries_its_id_its_source_and_a_trace(kafka: Kafka, ask: Ask) -> None:
    command_id = await ask.publish("t/a", Add(amount=1, actor=ACTOR))
    (command,) = await everything(kafka, counting.COMMANDS)
    envelope = command.envelope
    assert envelope.id == envelope.command_id == envelope.correlation_id == command_id
    assert (envelope.source, envelope.subject) == ("test/1", "t/a")
    assert envelope.traceparent is not None


async def test_a_given_trace_is_passed_on(kafka: Kafka, ask: Ask) -> None:
    trace = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await ask.publish("t/a", Add(amount=1, actor=ACTOR), traceparent=trace)
    (command,) = await everything(kafka, counting.COMMANDS)
    assert command.envelope.traceparent == trace


async def test_without_an_outcome_the_deadline_passes_and_names_the_command(ask: Ask) -> None:
    with pytest.raises(NoOutcome) as late:
        await ask.send("t/a", Add(amount=1, actor=ACTOR), deadline_s=0.3, command_id="mine")
    assert late.value.command_id == "mine"
    assert "mine" in str(late.value)


async def test_foreign_outcomes_are_passed_over_undecoded(ask: Ask, appender: Appender) -> None:
    asked = asyncio.create_task(ask.send("t/a", Add(amount=1, actor=ACTOR), command_id="mine"))
    for number in range(20):
        await answer(appender, f"foreign-{number}", value=b"{nonsense")
    where = await answer(appender, "mine", total=42)
    found = await asked
    assert isinstance(found.outcome, Done)
    assert (found.outcome.total, found.position) == (42, where)


async def test_an_outcome_that_cannot_be_read_is_no_outcome(ask: Ask, appender: Appender) -> None:
    asked = asyncio.create_task(ask.send("t/a", Add(amount=1, actor=ACTOR), command_id="mine", deadline_s=5))
    await answer(appender, "mine", value=b"{nonsense")
    await answer(appender, "mine", total=7)
    assert (await asked).outcome.command_id == "mine"


async def test_only_the_first_outcome_counts(ask: Ask, appender: Appender) -> None:
    asked = asyncio.create_task(ask.send("t/a", Add(amount=1, actor=ACTOR), command_id="mine"))
    first = await answer(appender, "mine", total=1)
    await answer(appender, "mine", total=2)
    assert (await asked).position == first


async def test_a_client_that_asks_again_under_the_same_id_shares_the_outcome(ask: Ask, appender: Appender) -> None:
    """The first asker's deadline passes; the second one's has not, and the outcome comes then."""
    first = asyncio.create_task(ask.send("t/a", Add(amount=1, actor=ACTOR), command_id="mine", deadline_s=0.3))
    second = asyncio.create_task(ask.send("t/a", Add(amount=1, actor=ACTOR), command_id="mine", deadline_s=10))
    with pytest.raises(NoOutcome):
        await first
    where = await answer(appender, "mine", total=5)
    assert (await second).position == where
