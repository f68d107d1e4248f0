"""A call of a station on its way through the gateway, and what an answer function makes of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from volt_contracts.gateway import Decision
from volt_gateway.authorization import Judgement, Presented
from volt_gateway.link import Link
from volt_ocpp.authorization import AuthorizationStatus, TokenVerdict
from volt_ocpp.codes import ErrorCode
from volt_ocpp.frames import MessageId
from volt_ocpp.versions import Version

_LONGEST_GROUP = {Version.V16: 20, Version.V201: 36, Version.V21: 36}


@dataclass(slots=True)
class Call:
    """A call that could be read. `payload` is {} where it is no object; `since` is the monotonic time of arrival."""

    link: Link
    message_id: MessageId
    action: str
    payload: dict[str, Any]
    raw: msgspec.Raw
    received_at: datetime
    since: float
    token_refs: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """A text of the payload, None when it is missing or something else."""
        value = self.payload.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        """A whole number of the payload, None when it is missing or something else."""
        value = self.payload.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def part(self, name: str) -> dict[str, Any]:
        """An object of the payload, {} when it is missing or something else."""
        value = self.payload.get(name)
        return value if isinstance(value, dict) else {}

    def presented(self, pointer: str, evse: int | None = None) -> Presented | None:
        """The token at this JSON pointer, or None when there is none."""
        ref = self.token_refs.get(pointer)
        if ref is None:
            return None
        return Presented(self.link.tenant, ref, self.received_at, evse, self.link.grants)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer: a payload for a CALLRESULT, or with `error` a CALLERROR; and what was decided."""

    payload: bytes = b"{}"
    decision: Decision | None = None
    error: ErrorCode | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """An answer that must wait: nobody here knows this token."""

    token: Presented
    token_type: str | None
    fallback: Judgement


EMPTY = Reply()


def on_wire(version: Version, judgement: Judgement) -> TokenVerdict:
    """The verdict as it is told a station. The group is told by its reference, cut to what the version can carry."""
    group = judgement.group_ref
    return TokenVerdict(
        status=AuthorizationStatus(judgement.verdict),
        expires_at=judgement.valid_until,
        group=None if group is None else group[: _LONGEST_GROUP[version]],
    )
