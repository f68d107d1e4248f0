"""The fold of commands: which ones await their answer, which grants are open, and the outcomes that were given."""

from datetime import datetime

from msgspec.structs import replace

from volt_contracts.gateway import Grant
from volt_contracts.station import CommandFinished, CommandProgressed, CommandSent
from volt_station.domain.limits import OUTCOMES
from volt_station.domain.state import Connected, Pending, Station

BOOT_ASKED = "system:boot"
_KEPT_RESULTS = 10


def sent(state: Station, event: CommandSent) -> Station:
    """A command was handed over: with one call, or with one more of its calls."""
    known = state.pending.get(event.command_id)
    pending = _pending(event) if known is None else _with_call(known, event)
    grants = _open(state.grants, event.at)
    if event.grant is not None and event.grant not in grants:
        grants = (*grants, event.grant)
    link = state.link
    if event.actor == BOOT_ASKED and isinstance(link, Connected):
        link = replace(link, boot_asked=True)
    return replace(state, pending={**state.pending, event.command_id: pending}, grants=grants, link=link)


def _pending(event: CommandSent) -> Pending:
    return Pending(
        command=event.command,
        calls={event.message_id: event.action},
        answer_until=event.answer_until,
        lossy=event.lossy,
        several=event.action == "ChangeConfiguration",
        actor=event.actor,
    )


def _with_call(known: Pending, event: CommandSent) -> Pending:
    return replace(
        known,
        calls={**known.calls, event.message_id: event.action},
        answer_until=max(known.answer_until, event.answer_until),
        lossy=tuple(dict.fromkeys((*known.lossy, *event.lossy))),
    )


def progressed(state: Station, event: CommandProgressed) -> Station:
    """A call of a command was sent (then `results` names what it is about), or answered."""
    known = state.pending.get(event.command_id)
    if known is None:
        return state
    if event.sent_at is not None:
        names = known.names
        for row in event.results:
            names = {**names, event.message_id: row.get("variable", "")}
        now = replace(known, sent_at=known.sent_at or event.sent_at, names=names)
    else:
        calls = {message: action for message, action in known.calls.items() if message != event.message_id}
        names = {message: name for message, name in known.names.items() if message != event.message_id}
        now = replace(known, calls=calls, names=names, results=(*known.results, *event.results))
    return replace(state, pending={**state.pending, event.command_id: now})


def finished(state: Station, event: CommandFinished) -> Station:
    """The outcome, remembered for a while; of a start that was not accepted no grant is left."""
    pending = {command: one for command, one in state.pending.items() if command != event.command_id}
    grants = _open(state.grants, event.at)
    if event.outcome not in ("accepted", "unknown"):
        grants = tuple(grant for grant in grants if grant.command_id != event.command_id)
    small = event if len(event.results) <= _KEPT_RESULTS else replace(event, results=())
    others = tuple(one for one in state.outcomes if one.command_id != event.command_id)
    return replace(state, pending=pending, grants=grants, outcomes=(*others, small)[-OUTCOMES:])


def _open(grants: tuple[Grant, ...], now: datetime) -> tuple[Grant, ...]:
    return tuple(grant for grant in grants if grant.valid_until > now)
