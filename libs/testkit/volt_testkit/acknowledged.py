"""What a gateway acknowledged to load stations, held against the log: stored calls, transactions in one visit each."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from volt_contracts import gateway, session
from volt_contracts.ids import entity_key, station_uid
from volt_eventlog.message import Message


@dataclass
class Kept:
    """How much was acknowledged, and every sentence about what the log does not keep."""

    calls: int = 0
    transactions: int = 0
    problems: list[str] = field(default_factory=list)


def read_acknowledgements(file: Path) -> list[dict[str, Any]]:
    """The lines of a load's acknowledgement file; the last one may be cut off by a kill."""
    lines = file.read_text().splitlines()
    entries = []
    for number, text in enumerate(lines, 1):
        try:
            entries.append(json.loads(text))
        except json.JSONDecodeError:
            if number != len(lines):
                raise
    return entries


def stored_calls(frames: Iterable[Message]) -> set[tuple[str, str]]:
    """(key, message id) of every exchange in `gateway.frames`."""
    return {(message.key, message.body.message_id) for message in frames if isinstance(message.body, gateway.Exchange)}


def check(
    acknowledged: list[dict[str, Any]], stored: set[tuple[str, str]], events: Iterable[Message], tenant: str
) -> Kept:
    """Hold the acknowledgements against the stored calls and the visits."""
    kept = Kept(calls=len(acknowledged))
    joined, left = _transactions(events)
    for entry in acknowledged:
        key = entity_key(tenant, station_uid(tenant, entry["station"]))
        if (key, entry["id"]) not in stored:
            kept.problems.append(
                f"{entry['station']} {entry['action']} {entry['id']} was acknowledged and is not stored"
            )
        place = (key, str(entry.get("transaction")))
        if entry["action"] == "StartTransaction":
            kept.transactions += 1
            if len(joined[place]) != 1:
                kept.problems.append(f"{entry['station']} transaction {place[1]} is in {len(joined[place])} visits")
        if entry["action"] == "StopTransaction" and left[place] != [str(entry["register"])]:
            kept.problems.append(
                f"{entry['station']} transaction {place[1]} stopped at {left[place]} instead of {entry['register']}"
            )
    return kept


def _transactions(
    events: Iterable[Message],
) -> tuple[dict[tuple[str, str], set[tuple[str, str]]], dict[tuple[str, str], list[str]]]:
    joined: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    wire: dict[str, tuple[str, str]] = {}
    left: dict[tuple[str, str], list[str]] = defaultdict(list)
    for message in events:
        match message.body:
            case session.TransactionJoined() as body:
                joined[(message.key, body.protocol_id)].add((body.session_id, body.transaction_uid))
                wire[body.transaction_uid] = (message.key, body.protocol_id)
            case session.TransactionLeft() as body:
                left[wire[body.transaction_uid]].append(str(body.register_wh))
    return joined, left
