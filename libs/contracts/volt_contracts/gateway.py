"""What the gateway says: every exchange with a station, raw, and its links; and what it is told to send.

`gateway.frames` has the key of the station; it is kept for 90 days and may hold clear values (tokens, certificates).
"""

from datetime import datetime
from typing import Literal

import msgspec

from volt_contracts.message import Event, Row

Registration = Literal["accepted", "pending", "rejected"]
Verdict = Literal[
    "Accepted",
    "Blocked",
    "ConcurrentTx",
    "Expired",
    "Invalid",
    "NoCredit",
    "NotAllowedTypeEVSE",
    "NotAtThisLocation",
    "NotAtThisTime",
    "Unknown",
]
"""AuthorizationStatusEnumType of OCPP 2.0.1 (part 2, §3.3); mapped down for 1.6 when it is sent."""

RefusalReason = Literal[
    "unknown_tenant",
    "unknown_station",
    "bad_path",
    "identity_too_long",
    "wrong_password",
    "no_password",
    "password_unchecked",
    "too_many_passwords",
    "no_subprotocol",
    "wrong_version",
    "too_many_connections",
    "connects_too_often",
    "not_ready",
    "refused_by_policy",
    "malformed_upgrade",
]
"""Why an upgrade was not let in."""

VerdictSource = Literal["authorizations", "repeat", "grant", "fallback", "asked", "concurrent"]
"""Where the verdict that went out came from. `repeat`: the first verdict of the same start, given again."""


NO_PAYLOAD = msgspec.Raw()
"""There was none. Raw cannot be optional (msgspec reads `null` only in such a union), so the empty one says it.

Always this very object: defaults are left out by identity, and another empty Raw would be written as nothing at all.
"""


class SchemaViolation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A soft or hard departure from the schema of the frame's version; `path` is a JSON pointer."""

    path: str
    kind: str
    sentence: str


class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A remote start that awaits its transaction: whoever presents `token_ref` at that EVSE until then is accepted."""

    token_ref: str
    command_id: str
    valid_until: datetime
    evse: int | None = None
    remote_start_id: int | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the answer said. It is a fact: nobody decides it again."""

    registration: Registration | None = None
    verdict: Verdict | None = None
    verdict_source: VerdictSource | None = None
    token_ref: str | None = None
    group_ref: str | None = None
    valid_until: datetime | None = None
    transaction_id: int | None = None
    """The 1.6 transaction id that was put on the wire: an alias of the start, not unique for ever."""
    grant: Grant | None = None


class FrameEvent(Event, frozen=True, kw_only=True):
    """What all events of one link share. `link_seq` is the offset of the link's `link_opened` record."""

    link_id: str
    link_seq: int = -1


class Exchange(FrameEvent, frozen=True, kw_only=True, tag="gateway.exchange.v1"):
    """A call of the station and the answer it got, as they were on the wire (after redaction)."""

    protocol: str
    message_id: str
    action: str
    call: msgspec.Raw
    """The payload of the call, byte for byte."""
    answer: msgspec.Raw = NO_PAYLOAD
    """The payload of the CALLRESULT; `NO_PAYLOAD` when the answer was a CALLERROR or there was none (SEND)."""
    error: str | None = None
    """The code of the CALLERROR that was answered."""
    received_at: datetime
    decision: Decision | None = None
    violations: tuple[SchemaViolation, ...] = ()
    token_refs: dict[str, str] = msgspec.field(default_factory=dict)
    """JSON pointer in the call → token_ref, so that nobody else needs the secret."""
    redacted: tuple[str, ...] = ()
    known: bool = True


class Unreadable(FrameEvent, frozen=True, kw_only=True, tag="gateway.unreadable.v1"):
    """Text from the station that is no OCPP frame of its version, or an answer to nothing that was asked."""

    protocol: str
    text: str
    """At most 4,096 characters; what cannot be decoded is shown as U+FFFD."""
    size: int
    error: str
    sentence: str
    answer: str | None = None
    received_at: datetime


class CallReport(FrameEvent, frozen=True, kw_only=True, tag="gateway.call_report.v1"):
    """How a call to the station went. The gateway never times a command out; the station decider does."""

    command_id: str
    message_id: str
    protocol: str
    action: str
    report: Literal["sent", "result", "error", "no_answer", "not_sent"]
    call: msgspec.Raw = NO_PAYLOAD
    answer: msgspec.Raw = NO_PAYLOAD
    error: str | None = None
    """CALLERROR code of the station, or why it was not sent (`link_gone`, `too_late`)."""
    sent_at: datetime | None = None
    at: datetime


class LinkOpened(FrameEvent, frozen=True, kw_only=True, tag="gateway.link_opened.v1"):
    """A station is connected. `known` is False while no `network.stations` row is there (tenant policy adopt)."""

    gateway_id: str
    identity: str
    protocol: str
    path: str
    remote_address: str
    known: bool
    security_profile: int
    offered: tuple[str, ...] = ()
    user_agent: str | None = None
    opened_at: datetime


class LinkRefused(Event, frozen=True, kw_only=True, tag="gateway.link_refused.v1"):
    """An upgrade that was not let in; at most one record a minute for each (identity, reason), with its count."""

    identity: str
    path: str
    remote_address: str
    reason: RefusalReason
    sentence: str
    count: int = 1
    at: datetime


class LinkSuperseded(FrameEvent, frozen=True, kw_only=True, tag="gateway.link_superseded.v1"):
    """The same station opened a newer link; this one was closed on the twin's word."""

    by_link_id: str
    at: datetime


class LinkSilent(FrameEvent, frozen=True, kw_only=True, tag="gateway.link_silent.v1"):
    """Neither frame nor pong for longer than the station promised."""

    silent_since: datetime
    at: datetime


class LinkBack(FrameEvent, frozen=True, kw_only=True, tag="gateway.link_back.v1"):
    """A silent link speaks again."""

    at: datetime


class LinkClosed(FrameEvent, frozen=True, kw_only=True, tag="gateway.link_closed.v1"):
    """The socket is gone. `code` is the WebSocket close code (RFC 6455 §7.4), 1006 without a close frame."""

    by: Literal["station", "gateway", "network"]
    code: int
    reason: str | None = None
    at: datetime


class LinkAlive(FrameEvent, frozen=True, kw_only=True, tag="gateway.link_alive.v1"):
    """Every five minutes while nothing else of the link is appended: heartbeats and pongs are not stored."""

    at: datetime


class SendCall(Row, frozen=True, kw_only=True, tag="gateway.send_call.v1"):
    """A call to be sent on one link, in the station's own version."""

    command_id: str
    link_id: str
    message_id: str
    protocol: str
    action: str
    payload: msgspec.Raw
    not_after: datetime
    """Not sent after this."""
    answer_within_s: int = 30
    grant: Grant | None = None


class CloseLink(Row, frozen=True, kw_only=True, tag="gateway.close_link.v1"):
    """Close this link: a newer one took its place, or an operator asked for it."""

    link_id: str
    reason: str
    by_link_id: str | None = None
