"""Why a visit or a station is worth a second look: the log's words, in plain ones."""

from collections.abc import Iterable, Mapping
from typing import Any

from volt_console.queries.sessions import Revision

REASONS: Mapping[str, str] = {
    "clock_unset": "The station's clock was not set; the time of receipt counts.",
    "concurrent": "Another transaction ran on the same token at that time, and it went on.",
    "no_samples": "A meter message came without any value.",
    "no_transaction_id": "A message of a transaction came without its id; it was attributed by connector and time.",
    "no_verdict": "A token was shown, but no verdict on it ever went out.",
    "refused_token": "The token was refused, yet energy flowed or a transaction ran.",
    "register_rounded": "The meter went below its start by no more than a known quirk of this make; taken as equal.",
    "register_unknown": "The meter's register was not told, so the first sample counts as the start.",
    "register_went_back": "The meter went back, below the start or an earlier reading; nothing was taken off.",
    "schema_violation": "A message broke the protocol's schema; what could be read of it was taken.",
    "start_register_unknown": "Energy before the first sample is not known.",
    "time_in_future": "The station gave a time in the future; the time of receipt counts.",
    "unit_of_another_measurand": "A value came with a unit that does not fit what was measured.",
    "unknown_charging_state": "The station named a charging state that the protocol does not have.",
    "unknown_connector": "A message named a connector that the station did not have until then.",
    "unknown_event_type": "A message of a transaction was neither its start, update nor end.",
    "unknown_measurand": "A value came of something that the protocol does not have.",
    "unknown_status": "The connector reported a status that the protocol does not have.",
    "unknown_unit": "A value came in a unit that the protocol does not have.",
    "unreadable_payload": "What a message held could not be read.",
    "unreadable_value": "A value of the meter was no number.",
    "verdict_changed": "The token got another verdict than at first.",
}

REVISED: Mapping[str, str] = {
    "late_readings": "Readings came in after the visit was over.",
    "late_start": "The start of a transaction came in after the visit was over.",
    "late_update": "An update of a transaction came in after the visit was over.",
    "late_stop": "The end of a transaction came in after the visit was over.",
    "sequence_gap": "Messages of a transaction turned out to be missing.",
    "place": "What the network says of the location has changed.",
    "unplugged": "When the car was unplugged became known later.",
}


def plain(word: str) -> str:
    """The reason in a sentence; a word that came later than this list, as it is."""
    return REASONS.get(word, f"{word.replace('_', ' ').capitalize()}.")


def revised(word: str | None) -> str:
    """Why a visit was revised, in a sentence."""
    said = word or "not said"
    return REVISED.get(said, f"{said.replace('_', ' ').capitalize()}.")


_MISSING: Mapping[str, str] = {
    "start": "The start of a transaction never came.",
    "stop": "The end of a transaction never came.",
    "register": "The meter's register at the start or the end is not known.",
}


def missing(words: Iterable[str]) -> list[tuple[str, str]]:
    """What a visit lacks, each in a word or two and in a sentence; numbers that follow each other are one."""
    others, numbers = parted(words)
    said = [(word, _MISSING.get(word, "It never came.")) for word in others]
    return said + [_messages(first, last) for first, last in _runs(sorted(numbers))]


def parted(words: Iterable[str]) -> tuple[list[str], list[int]]:
    """What a visit lacks: the words that stand for themselves, and the numbers of messages (`seq:7`)."""
    others, numbers = [], []
    for word in words:
        if word.startswith("seq:"):
            numbers.append(int(word.removeprefix("seq:")))
        else:
            others.append(word)
    return others, numbers


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _messages(first: int, last: int) -> tuple[str, str]:
    if first == last:
        return f"message {first}", f"Message number {first} of a transaction never came."
    return f"messages {first}–{last}", f"The messages with the numbers {first} to {last} of a transaction never came."


def changes(revision: Revision) -> list[tuple[str, str, str]]:
    """The fields that a revision changed, as they were and as they are."""
    names = [*revision.after, *(name for name in revision.before if name not in revision.after)]
    return [
        (name.replace("_", " "), _said(revision.before.get(name)), _said(revision.after.get(name))) for name in names
    ]


def _said(value: Any) -> str:
    if value is None:
        return "–"
    return ", ".join(map(_said, value)) or "–" if isinstance(value, list) else str(value)
