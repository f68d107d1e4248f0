"""Commands on their way back: what the gateway reports of a call, and the one outcome that follows."""

from datetime import datetime
from typing import NamedTuple

from volt_contracts.fact import FrameRef
from volt_contracts.gateway import CallReport
from volt_contracts.message import OutcomeWord
from volt_contracts.station import CommandFinished, CommandProgressed, LateResult
from volt_station.domain import facttime
from volt_station.domain.state import Pending
from volt_station.domain.turn import Turn

Row = dict[str, str]


class Answered(NamedTuple):
    """What a station's answer means, in its own words as well."""

    outcome: OutcomeWord
    status: str | None = None
    status_info: str | None = None
    results: tuple[Row, ...] = ()
    sentence: str | None = None


def sent(turn: Turn, report: CallReport, name: str | None) -> None:
    """The call is on its way. `name`: the key that it writes, where a command has one call for each."""
    if report.command_id not in turn.state.pending:
        return
    turn.say(
        CommandProgressed(
            command_id=report.command_id,
            message_id=report.message_id,
            sent_at=report.sent_at or report.at,
            results=() if name is None else ({"variable": name},),
            at=report.at,
        )
    )


def answered(turn: Turn, report: CallReport, answer: Answered, frame: FrameRef) -> None:
    """A call has its result, good or bad. After the outcome it changes nothing any more."""
    pending = turn.state.pending.get(report.command_id)
    if pending is None or report.message_id not in pending.calls:
        if report.report in ("result", "error"):
            turn.say(
                LateResult(
                    time=facttime.now(report.at), frame=frame, command_id=report.command_id, status=answer.status
                )
            )
        return
    if not pending.several:
        _finish(turn, report.command_id, pending, answer, report.sent_at, report.at)
        return
    row = _row(pending, report.message_id, answer)
    if len(pending.calls) > 1:
        turn.say(
            CommandProgressed(command_id=report.command_id, message_id=report.message_id, results=(row,), at=report.at)
        )
        return
    total = _total((*pending.results, row))
    _finish(turn, report.command_id, pending, total, report.sent_at, report.at)


def _row(pending: Pending, message_id: str, answer: Answered) -> Row:
    name = pending.names.get(message_id, "")
    return {"variable": name, "status": answer.status or answer.outcome, "outcome": answer.outcome}


def _total(rows: tuple[Row, ...]) -> Answered:
    """The outcome of a command of several calls: the worst of them that may have acted, else the worst."""
    words = [row["outcome"] for row in rows]
    outcome: OutcomeWord = "accepted"
    for word in ("not_supported", "rejected", "expired", "unknown"):
        if word in words:
            outcome = word
    bad = next((row["status"] for row in rows if row["outcome"] != "accepted"), None)
    status = bad or next((row["status"] for row in rows if row["status"] != "Accepted"), "Accepted")
    failed = [row for row in rows if row["outcome"] != "accepted"]
    sentence = f"{len(failed)} of {len(rows)} were not accepted" if failed else None
    results = tuple({"variable": row["variable"], "status": row["status"]} for row in rows)
    return Answered(outcome, status, None, results, sentence)


def _finish(
    turn: Turn, command_id: str, pending: Pending, answer: Answered, sent_at: datetime | None, at: datetime
) -> None:
    turn.say(
        CommandFinished(
            command_id=command_id,
            outcome=answer.outcome,
            sentence=answer.sentence,
            command=pending.command,
            status=answer.status,
            status_info=answer.status_info,
            results=answer.results,
            sent_at=pending.sent_at or sent_at,
            lossy=pending.lossy,
            actor=pending.actor,
            at=at,
        )
    )


def overdue(turn: Turn, at: datetime) -> None:
    """Commands whose time has run out: never sent, or sent without an answer. `sent` is on record before the wire."""
    due = {command: one for command, one in turn.state.pending.items() if one.answer_until <= at}
    for command_id, pending in due.items():
        if pending.sent_at is None:
            answer = Answered("expired", sentence="no gateway has sent it in time")
        else:
            answer = Answered("unknown", sentence="the station has not answered; it may have acted")
        rows = tuple({"variable": row["variable"], "status": row["status"]} for row in pending.results)
        _finish(turn, command_id, pending, answer._replace(results=rows), None, at)
