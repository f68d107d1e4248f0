"""What holds for every story: any prefix folds, duplicates change nothing, totals never fall, replay equals live."""

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.session.session_story import NOON, Story, at, ended, metered, presented, started, status, updated

from volt_contracts.message import Actor
from volt_contracts.session import (
    SessionCommandAccepted,
    SessionCommandFinished,
    SessionEnded,
    SessionFinalised,
    SessionMetered,
    SessionRevised,
    SessionStarted,
    StartSession,
    StopSession,
    Summary,
)
from volt_contracts.topics import SESSION_COMMANDS, STATION_EVENTS
from volt_session.domain.session import SessionState

OPERATOR = Actor(kind="operator", id="o-1")
WORDS = ("Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Occupied", "Faulted")

uids = st.sampled_from(["tx-1", "tx-2", "tx-3"])
tokens = st.sampled_from([None, "tag-1", "tag-2"])
minutes = st.integers(-200, 400).map(lambda quarter: quarter / 4)
offline = st.sampled_from(["no", "no", "no", "reported", "inferred", "unknown"])
verdicts = st.sampled_from([None, "Accepted", "Accepted", "Blocked", "ConcurrentTx"])
maybe_register = st.one_of(st.none(), st.integers(0, 20000), st.just(2147483647), st.just(-1))
evses = st.sampled_from([0, 1, 1, 1, 2])
missing = st.lists(st.sampled_from(["seq:2", "seq:3", "start", "register"]), max_size=2, unique=True).map(tuple)
states = st.sampled_from([None, "Idle", "EVConnected", "Charging", "SuspendedEV", "SuspendedEVSE"])

facts = st.one_of(
    st.builds(status, minutes, st.sampled_from(WORDS), evses, st.just(1), st.sampled_from([True, True, False])),
    st.builds(
        started, minutes, uids, maybe_register, token_ref=tokens, verdict=verdicts, offline=offline, evse=evses,
        adopted=st.booleans(), charging_state=states, trigger=st.sampled_from([None, "Authorized"]),
    ),
    st.builds(
        updated, minutes, uids, charging_state=states, token_ref=tokens, verdict=verdicts,
        seq_no=st.sampled_from([None, 2, 3]), evse=st.sampled_from([None, 1, 2]), offline=offline,
    ),
    st.builds(ended, minutes, uids, maybe_register, offline=offline, missing=missing, token_ref=tokens, evse=evses),
    st.builds(
        lambda samples, uid, evse: metered(*samples, uid=uid, evse=evse),
        st.lists(st.tuples(minutes, maybe_register), min_size=1, max_size=4), st.one_of(uids, st.none()), evses,
    ),
    st.builds(presented, minutes),
    st.just(StartSession(actor=OPERATOR, id_token="T", token_ref="tag-1")),
)  # fmt: skip
stories = st.lists(st.tuples(facts, st.sampled_from([0.0, 0.1, 1.0, 20.0])), max_size=25)


def live(told: list[tuple[Any, float]]) -> Story:
    """The story as it goes; time passes between its facts."""
    story = Story()
    now = 100.0
    for fact, later in told:
        now += later
        topic = SESSION_COMMANDS if isinstance(fact, StartSession) else STATION_EVENTS
        story.hear(topic, fact, at(now))
        for visit in story.open[:1] if later == 1.0 else ():
            story.hear(SESSION_COMMANDS, StopSession(actor=OPERATOR, session_id=visit.session_id), at(now))
    return story


@settings(max_examples=80, deadline=None)
@given(stories)
def test_replay_equals_live_and_any_prefix_folds(told: list[tuple[Any, float]]) -> None:
    story = live(told)
    state = None
    for event in story.events:
        state = story.decider.evolve(state, event)
        assert state is None or isinstance(state, SessionState)
    assert state == story.kept.state


@settings(max_examples=80, deadline=None)
@given(stories)
def test_energy_is_never_negative_and_never_falls(told: list[tuple[Any, float]]) -> None:
    story = live(told)
    totals: dict[str, Decimal] = {}
    latest: dict[str, Any] = {}
    for event in story.events:
        if isinstance(event, SessionMetered):
            assert event.energy_wh >= 0
        if isinstance(event, SessionEnded | SessionRevised | SessionFinalised):
            before = totals.get(event.session_id, Decimal(0))
            corrected = isinstance(event, SessionRevised) and event.reason in ("late_start", "place")
            assert corrected or event.summary.energy_wh >= before
            totals[event.session_id] = event.summary.energy_wh
            latest[event.session_id] = event.summary
    assert all(isinstance(summary, Summary) for summary in latest.values())


@settings(max_examples=80, deadline=None)
@given(stories)
def test_every_visit_begins_once_ends_once_and_is_finalised_once(told: list[tuple[Any, float]]) -> None:
    story = live(told)
    story.pass_time(at(60 * 24 * 30))
    assert not story.state.visits
    begun = [event.session_id for event in story.all(SessionStarted)]
    over = [event.session_id for event in story.all(SessionEnded)]
    final = [event.session_id for event in story.all(SessionFinalised)]
    assert len(set(begun)) == len(begun)
    assert sorted(begun) == sorted(over) == sorted(final)
    for finalised in story.all(SessionFinalised):
        points = finalised.curve
        assert points[-1].energy_wh == finalised.summary.energy_wh
        assert [point.at for point in points] == sorted({point.at for point in points})
        assert [point.energy_wh for point in points] == sorted(point.energy_wh for point in points)
        assert not finalised.summary.ended_at or finalised.summary.ended_at >= finalised.summary.started_at


@settings(max_examples=80, deadline=None)
@given(stories)
def test_every_command_gets_one_outcome(told: list[tuple[Any, float]]) -> None:
    story = live(told)
    story.pass_time(at(60 * 24 * 30))
    accepted = {event.command_id for event in story.all(SessionCommandAccepted)}
    finished = [event.command_id for event in story.all(SessionCommandFinished)]
    assert len(set(finished)) == len(finished)
    assert accepted <= set(finished)


@settings(max_examples=80, deadline=None)
@given(stories)
def test_what_was_just_said_changes_nothing_when_it_is_said_again(told: list[tuple[Any, float]]) -> None:
    story = Story()
    for number, (fact, _) in enumerate(told):
        topic = SESSION_COMMANDS if isinstance(fact, StartSession) else STATION_EVENTS
        story.decide(topic, fact, at(100), id=f"once-{number}")
        before = story.kept
        story.decide(topic, fact, at(100), id=f"once-{number}")
        assert story.kept == before


def charge_parts(registers: list[int]) -> tuple[list[msgspec.Struct], int]:
    """The late facts of one charge between minute 1 and its stop, after its visit was plugged and unplugged."""
    samples = [metered((1 + number, register), offline="inferred") for number, register in enumerate(registers)]
    last = len(registers) + 1
    changes = [
        updated(1.5, charging_state="Charging", offline="reported"),
        updated(last - 0.5, charging_state="SuspendedEV", offline="reported"),
    ]
    return [*samples, *changes, ended(last, register=max(registers), offline="inferred", missing=("seq:2",))], last


@settings(max_examples=60, deadline=None)
@given(registers=st.lists(st.integers(900, 3000), min_size=1, max_size=12), data=st.data())
def test_permutations_of_late_facts_give_the_same_final_summary(registers: list[int], data: st.DataObject) -> None:
    parts, last = charge_parts(registers)
    gap = updated(2, seq_no=2, offline="reported")

    def finished(order: list[msgspec.Struct]) -> SessionFinalised:
        story = Story()
        story.fact(status(0, "Preparing"))
        story.fact(status(last + 1, "Available"))
        story.fact(started(1, register=1000, offline="inferred"), heard=last + 1)
        for part in order:
            story.fact(part, heard=last + 1)
        story.fact(gap, heard=last + 1)
        story.pass_time(at(60 * 24 * 30))
        return story.last(SessionFinalised)

    first, second = finished(parts), finished(data.draw(st.permutations(parts)))
    assert second.summary == first.summary
    assert first.summary.energy_wh == Decimal(max(max(registers), 1000) - 1000)
    assert (first.complete, second.complete) == (True, True)


@settings(max_examples=60, deadline=None)
@given(registers=st.lists(st.integers(1, 5000), min_size=2, max_size=30), data=st.data())
def test_energy_is_last_minus_first_whatever_the_order_of_the_readings(
    registers: list[int], data: st.DataObject
) -> None:
    rising = sorted(registers)
    samples = [metered((1 + number, register)) for number, register in enumerate(rising)]
    story = Story()
    story.fact(started(0, register=None))
    totals = []
    for sample in data.draw(st.permutations(samples)):
        story.fact(sample, heard=(sample.time.at - NOON).total_seconds() / 60)
        totals.append(sum(_delivered(visit) for visit in story.open))
    assert totals == sorted(totals), "totals never fall"
    assert totals[-1] == rising[-1] - rising[0]


def _delivered(visit: Any) -> Decimal:
    (transaction,) = visit.transactions
    high, low = transaction.high.register_wh, transaction.low.register_wh
    assert isinstance(high, Decimal)
    return high - Decimal(low)
