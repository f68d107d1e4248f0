"""What the simulated fleet believes it charged, held against the log: visits, transactions, Wh, tokens, times.

The ledger is the simulator's own file; it is written by code that shares nothing with Voltlog.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from volt_contracts import session
from volt_contracts.ids import entity_key, station_uid
from volt_contracts.refs import token_ref
from volt_eventlog.message import Message

UNSET_CLOCK_TOLERANCE = timedelta(hours=2)
"""A station without a clock, or with one that is off: its facts bear the time of receipt, which an outage may delay,
or a time that is up to so much wrong."""
TOLERANCE = timedelta(milliseconds=1)
FOUND_OUT_AFTER = timedelta(minutes=3)
"""By then a clock that stands still is known to."""


@dataclass
class Session:
    """A visit as `session.events` tell it: the latest summary and the transactions that joined."""

    id: str
    key: str
    evse: int
    summary: session.Summary | None = None
    joined: dict[str, session.TransactionJoined] = field(default_factory=dict)
    left_at: datetime | None = None
    metered_wh: Decimal = Decimal(0)
    ended: int = 0

    @property
    def transaction_ended_at(self) -> datetime | None:
        """As the summary says; of a visit whose car still stands there, as its last transaction said when it left."""
        return self.summary.transaction_ended_at if self.summary is not None else self.left_at

    @property
    def energy_wh(self) -> Decimal:
        """As the summary says, or the last reading that counted."""
        return self.summary.energy_wh if self.summary is not None else self.metered_wh


@dataclass
class Comparison:
    """How many of each were compared, and every difference as a sentence."""

    visits: int = 0
    transactions: int = 0
    energy_wh: int = 0
    left_out: int = 0
    problems: list[str] = field(default_factory=list)


def sessions_of(events: Iterable[Message]) -> dict[str, Session]:
    """Fold `session.events` into what can be compared."""
    sessions: dict[str, Session] = {}
    for message in events:
        body = message.body
        match body:
            case session.SessionStarted():
                sessions[body.session_id] = Session(body.session_id, message.key, body.evse)
            case session.TransactionJoined():
                sessions[body.session_id].joined[body.transaction_uid] = body
            case session.TransactionLeft():
                sessions[body.session_id].left_at = body.ended_at
            case session.SessionMetered():
                sessions[body.session_id].metered_wh = body.energy_wh
            case session.SessionEnded():
                sessions[body.session_id].ended += 1
                sessions[body.session_id].summary = body.summary
            case session.SessionRevised() | session.SessionFinalised() if sessions[body.session_id].ended:
                sessions[body.session_id].summary = body.summary
    return sessions


def read_ledger(file: Path) -> list[dict[str, Any]]:
    """The last word of the ledger on each transaction; only the last line may be broken, by a kill."""
    latest: dict[tuple[Any, ...], dict[str, Any]] = {}
    told: dict[tuple[Any, ...], bool] = {}
    lost: set[tuple[Any, ...]] = set()
    lines = file.read_text().splitlines()
    for number, text in enumerate(lines, 1):
        try:
            entry = json.loads(text)
        except json.JSONDecodeError:
            if number != len(lines):
                raise
            continue
        visit = (entry["station"], entry["evse"], entry["visit"])
        if entry["kind"] == "transaction":
            latest[(*visit, entry["transaction"])] = entry
            if entry["discarded"]:
                lost.add(visit)
        else:
            told[visit] = entry["unplug_reported"]
    for visit_and_number, entry in latest.items():
        visit = visit_and_number[:3]
        entry["unplug_reported"] = told.get(visit, False) and visit not in lost
    return list(latest.values())


def compare(ledger: list[dict[str, Any]], events: Iterable[Message], tenant: str, secret: str) -> Comparison:
    """Every transaction that the fleet saw acknowledged belongs to exactly one session, with the same facts."""
    found = Comparison()
    sessions = sessions_of(events)
    by_wire: dict[tuple[str, str], list[tuple[Session, session.TransactionJoined]]] = defaultdict(list)
    for one in sessions.values():
        for joined in one.joined.values():
            by_wire[(one.key, joined.protocol_id)].append((one, joined))
    claimed: dict[str, set[str]] = defaultdict(set)
    visits: dict[tuple[str, int, int], list[dict[str, Any]]] = defaultdict(list)
    alike = _alike(ledger)
    for entry in ledger:
        if entry["state"] != "ended" or not entry["acknowledged"] or entry["discarded"] or id(entry) in alike:
            found.left_out += 1
            continue
        found.transactions += 1
        found.energy_wh += entry["energy_wh"]
        visits[(entry["station"], entry["evse"], entry["visit"])].append(entry)
        _compare_one(entry, by_wire, claimed, tenant, secret, found)
    found.visits = len(visits)
    _compare_energy(visits, by_wire, tenant, found)
    _look_for_mergers(visits, found)
    _look_for_inventions(ledger, sessions, claimed, tenant, found)
    return found


def _alike(ledger: list[dict[str, Any]]) -> set[int]:
    """Starts of 1.6 that stand word for word in an earlier one (connector, token, register, and a clock that has just
    ceased to run): nobody can tell them from its repetition."""
    said: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for entry in ledger:
        if entry["clock"] == "off" and entry["version"] == "1.6":
            said[(entry["station"], entry["evse"], entry["token"], entry["meter_start_wh"])].append(entry)
    found: set[int] = set()
    for entries in said.values():
        entries.sort(key=lambda entry: str(entry["started_at"]))
        for before, after in pairwise(entries):
            apart = datetime.fromisoformat(after["started_at"]) - datetime.fromisoformat(before["started_at"])
            if apart <= FOUND_OUT_AFTER:
                found |= {id(before), id(after)}
    return found


def _key(tenant: str, station: str) -> str:
    return entity_key(tenant, station_uid(tenant, station))


def _compare_one(
    entry: dict[str, Any],
    by_wire: dict[tuple[str, str], list[tuple[Session, session.TransactionJoined]]],
    claimed: dict[str, set[str]],
    tenant: str,
    secret: str,
    found: Comparison,
) -> None:
    name = f"{entry['station']} visit {entry['visit']} transaction {entry['transaction']} ({entry['transaction_id']})"
    started = datetime.fromisoformat(entry["started_at"])
    candidates = by_wire.get((_key(tenant, entry["station"]), str(entry["transaction_id"])), [])
    tolerance = TOLERANCE if entry["clock"] == "good" else UNSET_CLOCK_TOLERANCE
    matching = [
        (one, joined)
        for one, joined in candidates
        if joined.transaction_uid not in claimed[one.id] and abs(joined.started_at - started) <= tolerance
    ]
    if not matching:
        found.problems.append(f"{name}: acknowledged, but in no session ({len(candidates)} with its id)")
        return
    if entry["clock"] == "good" and len(matching) > 1:
        found.problems.append(f"{name}: belongs to {len(matching)} sessions")
    one, joined = matching[0]
    claimed[one.id].add(joined.transaction_uid)
    entry["session"] = one.id
    _compare_facts(name, entry, one, tenant, secret, found)


def _compare_facts(name: str, entry: dict[str, Any], one: Session, tenant: str, secret: str, found: Comparison) -> None:
    # statuses are not queued by a station that is offline: an end that was never told comes by a timer later, as does
    # that of a visit in which the end of any transaction was lost
    if one.ended > 1 or (one.ended == 0 and entry["unplug_reported"]):
        found.problems.append(f"{name}: its session ended {one.ended} times")
    if one.summary is not None and entry["token"] is not None and len(one.joined) == 1:
        expected = token_ref(secret, tenant, entry["token"])
        if one.summary.token_ref != expected:
            found.problems.append(f"{name}: token {one.summary.token_ref} instead of {expected}")
    if entry["clock"] == "good" and len(one.joined) == 1:
        ended = datetime.fromisoformat(entry["ended_at"])
        told = one.transaction_ended_at
        if told is None or abs(told - ended) > TOLERANCE:
            found.problems.append(f"{name}: ended at {told} instead of {ended}")


def _compare_energy(
    visits: dict[tuple[str, int, int], list[dict[str, Any]]],
    by_wire: dict[tuple[str, str], list[tuple[Session, session.TransactionJoined]]],
    tenant: str,
    found: Comparison,
) -> None:
    sessions = {one.id: one for pairs in by_wire.values() for one, _ in pairs}
    charged: dict[str, int] = defaultdict(int)
    transactions: dict[str, int] = defaultdict(int)
    for entries in visits.values():
        for entry in entries:
            if "session" in entry:
                charged[entry["session"]] += entry["energy_wh"]
                transactions[entry["session"]] += 1
    for session_id, energy_wh in charged.items():
        one = sessions[session_id]
        if len(one.joined) != transactions[session_id]:
            continue  # another transaction of the visit still runs, or was never acknowledged
        if one.energy_wh != Decimal(energy_wh):
            found.problems.append(f"session {session_id}: {one.energy_wh} Wh instead of {energy_wh} Wh")


def _look_for_mergers(visits: dict[tuple[str, int, int], list[dict[str, Any]]], found: Comparison) -> None:
    """No session goes on after its car was told to have left."""
    merged: dict[str, dict[tuple[str, int, int], bool]] = defaultdict(dict)
    for visit, entries in visits.items():
        for entry in entries:
            if "session" in entry:
                merged[entry["session"]][visit] = entry["unplug_reported"]
    for session_id, told in merged.items():
        former = [visit for visit in sorted(told)[:-1] if told[visit]]
        if former:
            found.problems.append(f"session {session_id}: goes on after {former} had left")


def _look_for_inventions(
    ledger: list[dict[str, Any]],
    sessions: dict[str, Session],
    claimed: dict[str, set[str]],
    tenant: str,
    found: Comparison,
) -> None:
    """No transaction of the fleet's stations is in the log that the fleet does not know of."""
    known: dict[str, int] = defaultdict(int)
    for entry in ledger:
        known[_key(tenant, entry["station"])] += 1
    told: dict[str, int] = defaultdict(int)
    for one in sessions.values():
        told[one.key] += len(one.joined)
    for key, count in told.items():
        if key in known and count > known[key]:
            found.problems.append(f"{key}: {count} transactions in the log, {known[key]} in the ledger")
