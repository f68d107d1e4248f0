"""Deciding on one message as the runner does, in memory: where given/when/then ask a decider."""

from typing import Any

import msgspec

from volt_contracts.message import Event
from volt_eventlog.decider import Decided, Decider, Output, Tables
from volt_eventlog.fold import Kept, folded
from volt_eventlog.message import Message, Tick

_encode = msgspec.json.Encoder(decimal_format="string").encode


def outputs_of(decider: Decider, state: Any, message: Message | Tick, tables: Tables) -> list[Output]:
    """What the decider makes of a message.

    A state that it offers with its outputs is what the runner goes on with, so it must be the fold of their events,
    to the last digit of a Decimal; and what it calls unshown must leave its rows as they were. Every test that asks
    here checks that.
    """
    decided = decider.decide(state, message, tables)
    outputs = list(decided.outputs if isinstance(decided, Decided) else decided)
    kept = Kept(state)
    for event in outputs:
        if isinstance(event, Event):
            kept = folded(decider, kept, event)
    if isinstance(decided, Decided) and any(isinstance(output, Event) for output in outputs):
        assert _encode(Kept(decided.state)) == _encode(kept), "the offered state is not the fold"
    if decider.unshown(state, kept.state):
        assert _rows(decider, message.key, state) == _rows(decider, message.key, kept.state), "a row has changed"
    return outputs


def _rows(decider: Decider, key: str, state: Any) -> list[tuple[str, bytes]]:
    return [(topic.name, _encode(row)) for topic, row in decider.public(key, state).items()]
