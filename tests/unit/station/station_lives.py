"""Hypothesis strategies: what a station and its operator may do, in any order, twice, late, and broken."""

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import strategies as st
from unit.station.station_payloads import JSON, PAYLOADS_2, PAYLOADS_16, objects
from unit.station.station_story import OPERATOR, Story, Then

from volt_contracts.gateway import Decision
from volt_contracts.message import Command
from volt_contracts.station import (
    GetTransactionStatus,
    GetVariables,
    RequestStart,
    RequestStop,
    Reset,
    SetRegistration,
    SetVariables,
    Variable,
)

Act = Callable[[Story], Then]

REFS = st.sampled_from([{}, {"/idTag": "ref-a", "/idToken/idToken": "ref-a"}])
DECISIONS = st.builds(
    Decision,
    registration=st.sampled_from([None, "accepted", "pending", "rejected"]),
    verdict=st.sampled_from([None, "Accepted", "Blocked"]),
    verdict_source=st.sampled_from([None, "authorizations", "repeat"]),
    token_ref=st.sampled_from([None, "ref-a", "ref-b"]),
    transaction_id=st.sampled_from([None, 1, 2, 3]),
)


def calls(payloads: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Act]:
    """A call with any payload, sent once."""

    def act(action: str) -> st.SearchStrategy[Act]:
        kinds = payloads[action] | JSON
        return st.builds(
            _call,
            st.just(action),
            kinds,
            DECISIONS,
            REFS,
        )

    return st.sampled_from(sorted(payloads)).flatmap(act)


def _call(action: str, payload: Any, decision: Decision, refs: dict[str, str]) -> Act:
    raw = msgspec.json.encode(payload)
    return lambda story: story.call(action, None, raw=raw, decision=decision, refs=refs)


COMMANDS = st.sampled_from(
    [
        RequestStart(actor=OPERATOR, id_token="WIRE-1", token_ref="ref-a", evse=1, remote_start_id=1),
        RequestStart(actor=OPERATOR, id_token="W" * 30, token_ref="ref-b", remote_start_id=2),
        RequestStop(actor=OPERATOR, transaction_uid="x"),
        Reset(actor=OPERATOR),
        SetRegistration(actor=OPERATOR, registration="pending"),
        SetRegistration(actor=OPERATOR, registration="accepted"),
        SetVariables(
            actor=OPERATOR,
            variables=(
                Variable(variable="A", component="C", value="1"),
                Variable(variable="B", component="C", value="2"),
            ),
        ),
        GetVariables(actor=OPERATOR),
        GetTransactionStatus(actor=OPERATOR),
    ]
)


def reports() -> st.SearchStrategy[Act]:
    """A report of any call that was handed over, in any order, also again."""

    def report(pick: int, kind: str, answer: Any) -> Act:
        def act(story: Story) -> Then:
            if not story.handed_over:
                return Then([])
            call = story.handed_over[pick % len(story.handed_over)]
            return story.report(call, kind, answer, error="InternalError" if kind == "error" else None)

        return act

    answers = objects(status=st.sampled_from(["Accepted", "Rejected"]), setVariableResult=JSON, configurationKey=JSON)
    kinds = st.sampled_from(["sent", "result", "error", "no_answer", "not_sent"])
    return st.builds(report, st.integers(0, 30), kinds, answers | JSON)


def commands() -> st.SearchStrategy[Act]:
    """A command, perhaps one that was there before."""

    def act(command: Command, name: int | None) -> Act:
        return lambda story: story.command(command, None if name is None else f"c{name}")

    return st.builds(act, COMMANDS, st.none() | st.integers(0, 3))


OTHERS: st.SearchStrategy[Act] = st.sampled_from(
    [
        lambda story: story.link("link-1"),
        lambda story: story.link("link-2"),
        lambda story: story.link("link-3", known=False),
        lambda story: story.closed("link-1"),
        lambda story: story.closed("link-2"),
        lambda story: story.silent(),
        lambda story: story.back(),
        lambda story: story.alive(),
        lambda story: story.wait(minutes=14).tick(),
        lambda story: story.wait(minutes=2).tick(),
    ]
)
LIVES_16 = st.lists(calls(PAYLOADS_16) | calls(PAYLOADS_16) | OTHERS | commands() | reports(), max_size=25)
LIVES_2 = st.lists(calls(PAYLOADS_2) | calls(PAYLOADS_2) | OTHERS | commands() | reports(), max_size=25)
LIVES = st.tuples(st.just("ocpp1.6"), LIVES_16) | st.tuples(st.sampled_from(["ocpp2.0.1", "ocpp2.1"]), LIVES_2)
"""A version, and what a station that speaks it does."""
