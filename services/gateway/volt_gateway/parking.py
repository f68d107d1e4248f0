"""Authorize with a token that nobody here knows: `session.authorization` is asked while the call waits in memory.

Nothing else of the station waits behind it. A crash before the verdict means no answer, and the station repeats.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from volt_contracts.ids import entity_key
from volt_contracts.message import Actor, Command
from volt_contracts.session import AuthorizationDecided, Authorize
from volt_eventlog.appender import AppendFailed
from volt_eventlog.ask import NoOutcome
from volt_gateway.answers import authorize
from volt_gateway.answers.call import Call, Question, Reply
from volt_gateway.authorization import Judgement
from volt_gateway.limits import TokenBuckets
from volt_gateway.meters import Meters
from volt_gateway.settings import GatewaySettings
from volt_gateway.tracing import Trace
from volt_runtime.log import logger
from volt_runtime.metrics import Counter

Finish = Callable[[Reply], None]
"""Puts the exchange on record and answers."""


class Asking(Protocol):
    """The part of `volt_eventlog.ask.Ask` that is needed here."""

    async def send(self, key: str, command: Command, *, deadline_s: float, traceparent: bytes | None = None) -> Any:
        """Publish a command and await its outcome."""


class Parking:
    """The calls that wait for a verdict; bounded, at most one of a link, and not many of one station in a row."""

    def __init__(self, ask: Asking, settings: GatewaySettings, meters: Meters) -> None:
        self._ask = ask
        self._actor = Actor(kind="system", id=settings.gateway_id, reason="a station asks about a token")
        self._deadline_s = settings.authorize_deadline_s
        self._most = settings.parked_max
        self._permits = TokenBuckets(settings.unknown_tokens_per_s, settings.unknown_tokens_burst)
        self._meters = meters
        self.waiting: dict[str, asyncio.Task[None]] = {}
        """By link id."""
        self._full = meters.limited("parked")
        self._too_many = meters.limited("unknown_tokens")
        self._log = logger("gateway")
        meters.metrics.gauge("volt_gateway_parked", "Authorize calls that wait now", lambda: float(len(self.waiting)))

    def park(self, call: Call, question: Question, finish: Finish, trace: Trace | None) -> None:
        """Ask, and finish the call with the verdict, or with the fallback when none comes in time."""
        link_id = call.link.link_id
        reached = self._reached(call)
        if reached is not None:
            reached.add()
            finish(authorize.reply(call, question.fallback))
            return
        task = asyncio.get_running_loop().create_task(self._wait(call, question, finish, trace), name="parked call")
        self.waiting[link_id] = task

    def _reached(self, call: Call) -> Counter | None:
        """The limit that one more question would pass."""
        if len(self.waiting) >= self._most or call.link.link_id in self.waiting:
            return self._full
        return None if self._permits.take(call.link.key, call.since) else self._too_many

    async def _wait(self, call: Call, question: Question, finish: Finish, trace: Trace | None) -> None:
        try:
            judgement = await self._verdict(call, question, trace)
        except Exception as wrong:  # whatever keeps the verdict from us, the station gets the stated fallback
            self._log.error("a question about a token failed", exc=wrong, tenant=call.link.tenant)
            judgement = question.fallback
        finally:
            del self.waiting[call.link.link_id]
        if call.link.is_open:
            finish(authorize.reply(call, judgement))
        elif trace is not None:
            trace.answered()

    async def _verdict(self, call: Call, question: Question, trace: Trace | None) -> Judgement:
        link, ref = call.link, question.token.token_ref
        command = Authorize(
            actor=self._actor,
            not_after=datetime.now(UTC) + timedelta(seconds=self._deadline_s),
            station_uid=link.station_uid,
            identity=link.identity,
            token_type=question.token_type,
            evse=question.token.evse,
        )
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._ask.send(
                    entity_key(link.tenant, ref),
                    command,
                    deadline_s=self._deadline_s,
                    traceparent=None if trace is None else trace.traceparent,
                )
        except (TimeoutError, NoOutcome, AppendFailed):
            self._meters.parked("deadline").add()
            return question.fallback
        outcome = answer.outcome
        if not isinstance(outcome, AuthorizationDecided):
            self._meters.parked("refused").add()
            return question.fallback
        self._meters.parked("decided").add()
        return Judgement(outcome.verdict, "asked", ref, outcome.group_ref, outcome.valid_until)
