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
    to the last digit of a Decimal: every test that asks here checks that.
    """
    decided = decider.decide(state, message, tables)
    if not isinstance(decided, Decided):
        return list(decided)
    events = [output for output in decided.outputs if isinstance(output, Event)]
    kept = Kept(state)
    for event in events:
        kept = folded(decider, kept, event)
    assert not events or _encode(Kept(decided.state)) == _encode(kept), "the offered state is not the fold"
    return list(decided.outputs)
