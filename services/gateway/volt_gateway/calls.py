"""The inbound path: a message becomes a frame, is judged, answered from tables, put on record, and then answered."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

import msgspec

from volt_contracts.gateway import NO_PAYLOAD, Exchange, SchemaViolation
from volt_contracts.refs import normalise_token, token_ref
from volt_gateway.answers.call import Call, Question, Reply
from volt_gateway.answers.desk import Desk
from volt_gateway.answers.reports import heartbeat
from volt_gateway.answers.table import Answer, answers_of
from volt_gateway.journal import Journal
from volt_gateway.link import Link
from volt_gateway.meters import Meters
from volt_gateway.outage import Outage
from volt_gateway.parking import Parking
from volt_gateway.pending import Pending, Release
from volt_gateway.refused_causes import RefusedCauses
from volt_gateway.strays import Strays
from volt_gateway.tracing import Sampler, Trace
from volt_gateway.waiting_stations import is_refused
from volt_ocpp import frames
from volt_ocpp.answers import EMPTY
from volt_ocpp.answers import heartbeat as heartbeat_payload
from volt_ocpp.codes import ErrorCode
from volt_ocpp.payloads import judge
from volt_ocpp.redact import redact
from volt_ocpp.tokens import find_tokens, token_pointers
from volt_ocpp.versions import Version
from volt_ocpp.violations import CLEAN, Kind, Verdict
from volt_runtime.log import logger
from volt_runtime.metrics import Counter

TOKENS_REMEMBERED = 20_000
MOST_TOKENS = 50
"""Tokens of one message that get a reference: no real message has more."""

BULK = frozenset({"MeterValues", "TransactionEvent"})
_EMPTY_ANSWER = msgspec.Raw(EMPTY)
_MESSAGES = (frames.Call, frames.Send)
_EMPTY: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Workplace:
    """What the inbound path of every tenant and version shares."""

    desk: Desk
    journal: Journal
    release: Release
    refused: RefusedCauses
    sampler: Sampler
    parking: Parking
    outage: Outage
    strays: Strays
    meters: Meters
    token_secret: str


class Calls:
    """Takes what the stations of one tenant send in one version."""

    def __init__(self, place: Workplace, tenant: str, version: Version) -> None:
        self._place = place
        self._tenant = tenant
        self._version = version
        self._protocol = version.value
        self._answers: dict[str, Answer] = answers_of(version)
        self._bulk = BULK & self._answers.keys()
        self._with_tokens = frozenset(action for action in self._answers if token_pointers(version, action))
        meters = place.meters
        self._counters = {action: meters.frames(tenant, self._protocol, action) for action in self._answers}
        self._other: Counter = meters.frames(tenant, self._protocol, "other")
        self._log = logger("gateway")

    def receive(self, link: Link, message: bytes, now: float) -> None:
        """One message of a station; never raises on what is in it."""
        frame = frames.parse(message, self._version)
        if isinstance(frame, _MESSAGES):
            self._counters.get(frame.action, self._other).add()
            self._take(link, frame, now)
        else:
            self._other.add()
            self._place.strays.take(link, frame, message, now)

    def _take(self, link: Link, frame: frames.Call | frames.Send, now: float) -> None:
        judged = judge(self._version, frame)
        verdict, action = judged.verdict, frame.action
        answer = self._answers.get(action)
        if answer is heartbeat and not verdict.hard:
            self._heartbeat(link, frame, now)
            return
        value = judged.payload
        payload = value if type(value) is dict else _EMPTY
        drawn = self._place.sampler.is_drawn() or verdict.hard
        if not drawn and action in self._bulk and is_bulk(link, verdict, payload):
            self._note(link, frame, judged.raw, now)
            return
        refs = self._token_refs(action, payload) if action in self._with_tokens else {}
        call = Call(link, frame.message_id, action, payload, judged.raw, datetime.now(UTC), now, refs)
        named = "other" if answer is None else action  # what a station makes up does not name spans
        trace = self._place.sampler.begin(self._tenant, link.station_uid, named, payload, drawn=drawn)
        if type(frame) is frames.Send:
            self._finish(call, verdict, None, trace)
            return
        reply = self._reply(call, verdict, answer)
        if isinstance(reply, Question):
            self._place.parking.park(call, reply, lambda later: self._finish(call, verdict, later, trace), trace)
        else:
            self._finish(call, verdict, reply, trace)

    def _note(self, link: Link, frame: frames.Call | frames.Send, raw: msgspec.Raw, now: float) -> None:
        """The short way of readings, which are most of all messages: nothing is looked up, nothing decided."""
        at = datetime.now(UTC)
        pending = Pending(link, frames.call_result(frame.message_id, EMPTY), now, self._place.release, None)
        exchange = Exchange(
            link_id=link.link_id,
            link_seq=link.link_seq,
            protocol=self._protocol,
            message_id=str(frame.message_id),
            action=frame.action,
            call=raw,
            answer=_EMPTY_ANSWER,
            received_at=at,
            known=link.known,
        )
        self._place.journal.append(link, exchange, at, pending.acknowledged)

    def _heartbeat(self, link: Link, frame: frames.Call | frames.Send, now: float) -> None:
        """Answered at once and not stored; while Kafka is down not at all, so that stations notice."""
        if self._place.outage.down:
            return
        if is_refused(link, frame.action, now):
            link.send(frames.call_error(frame.message_id, ErrorCode.SECURITY_ERROR, _NOT_ACCEPTED))
            return
        link.send(frames.call_result(frame.message_id, heartbeat_payload(datetime.now(UTC))))

    def _reply(self, call: Call, verdict: Verdict, answer: Answer | None) -> Reply | Question:
        if is_refused(call.link, call.action, call.since):
            return Reply(error=ErrorCode.SECURITY_ERROR, description=_NOT_ACCEPTED)
        if answer is None or (verdict.hard and self._is_refused(call, verdict)):
            call.link.at_fault(call.since)
            return Reply(error=ErrorCode(verdict.code), description=verdict.sentence)
        try:
            return answer(self._place.desk, call)
        except Exception as wrong:  # a fault of ours is one station's InternalError, not the end of all links
            self._log.error(f"{call.action} could not be answered", exc=wrong, station=call.link.key)
            return Reply(error=ErrorCode.INTERNAL_ERROR, description="the gateway could not answer this")

    def _is_refused(self, call: Call, verdict: Verdict) -> bool:
        """An action that the version does not have is refused each time, a broken payload once for each cause."""
        unknown = verdict.violations[0].kind is Kind.UNKNOWN_ACTION
        return unknown or self._place.refused.is_new(call.link.key, call.action, verdict.cause)

    def _finish(self, call: Call, verdict: Verdict, reply: Reply | None, trace: Trace | None) -> None:
        """Put the exchange on record; the answer goes out when that is acknowledged."""
        link = call.link
        text = None if reply is None else _text(call, reply)
        pending = Pending(link, text, call.since, self._place.release, trace)
        traceparent = None if trace is None else trace.sending(link)
        exchange = self._exchange(call, verdict, reply)
        self._place.journal.append(link, exchange, call.received_at, pending.acknowledged, traceparent)

    def _exchange(self, call: Call, verdict: Verdict, reply: Reply | None) -> Exchange:
        link = call.link
        redacted, pointers = redact(call.action, call.payload)
        said = reply is not None and reply.error is None
        return Exchange(
            link_id=link.link_id,
            link_seq=link.link_seq,
            protocol=self._protocol,
            message_id=str(call.message_id),
            action=call.action,
            call=msgspec.Raw(msgspec.json.encode(redacted)) if pointers else call.raw,
            answer=msgspec.Raw(reply.payload) if reply is not None and said else NO_PAYLOAD,
            error=None if reply is None or said else reply.error,
            received_at=call.received_at,
            decision=None if reply is None else reply.decision,
            violations=_violations(verdict) if verdict.violations else (),
            token_refs=call.token_refs,
            redacted=pointers,
            known=link.known,
        )

    def _token_refs(self, action: str, payload: dict[str, Any]) -> dict[str, str]:
        refs = {}
        found = find_tokens(self._version, action, payload)
        for pointer, (value, _kind) in islice(found.items(), MOST_TOKENS):
            ref = _token_ref(self._place.token_secret, self._tenant, value)
            if ref is not None:
                refs[pointer] = ref
        return refs


_NOT_ACCEPTED = "the station is not accepted: only BootNotification is expected of it"


def is_bulk(link: Link, verdict: Verdict, payload: dict[str, Any]) -> bool:
    """A clean reading of an accepted station. A TransactionEvent counts as one only without a token, in the middle."""
    return (
        verdict is CLEAN
        and link.registration == "accepted"
        and "idToken" not in payload
        and payload.get("eventType", "Updated") == "Updated"
    )


@lru_cache(maxsize=TOKENS_REMEMBERED)
def _token_ref(secret: str, tenant: str, value: str) -> str | None:
    return token_ref(secret, tenant, value) if normalise_token(value) else None


def _text(call: Call, reply: Reply) -> bytes:
    if reply.error is None:
        return frames.call_result(call.message_id, reply.payload)
    return frames.call_error(call.message_id, reply.error, reply.description)


def _violations(verdict: Verdict) -> tuple[SchemaViolation, ...]:
    return tuple(
        SchemaViolation(path=wrong.path, kind=wrong.kind.value, sentence=wrong.sentence) for wrong in verdict.violations
    )
