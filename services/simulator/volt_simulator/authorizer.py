"""Who may charge: the central system is asked, and offline the station decides by what it knows."""

import asyncio
from dataclasses import replace

from volt_simulator.configuration import Configuration
from volt_simulator.connector import Start
from volt_simulator.counters import Counters
from volt_simulator.dialect import Dialect
from volt_simulator.outbox import Outbox, PassingCall
from volt_simulator.tokens import TokenPool
from volt_simulator.transaction import Grant
from volt_simulator.wire import Payload


class Authorizer:
    """One station's card reader."""

    def __init__(
        self, dialect: Dialect, outbox: Outbox, configuration: Configuration, tokens: TokenPool, counters: Counters
    ) -> None:
        self._dialect = dialect
        self._outbox = outbox
        self._configuration = configuration
        self._tokens = tokens
        self._counters = counters
        self._refused_tokens: set[str] = set()

    async def ask(self, token: str, order: Start | None) -> Grant | None:
        """Whether a token may charge, by card or by a remote start. None: it may not."""
        if order is None:
            return await self._ask(Grant(token, "online"))
        grant = Grant(token, "remote", order.remote_start_id, order.token_type)
        return await self._ask(grant) if self._configuration.authorizes_remote_starts else grant

    async def _ask(self, hoped_for: Grant) -> Grant | None:
        token = hoped_for.token
        status = await self._status_of(token, hoped_for.token_type)
        if status == "Accepted":
            self._refused_tokens.discard(token)
            return hoped_for
        if status is None and self._knows(token):
            return hoped_for if hoped_for.authorization == "remote" else replace(hoped_for, authorization="offline")
        self._counters.authorizations_refused += 1
        if status is not None:
            self._refused_tokens.add(token)
        return None

    def _knows(self, token: str) -> bool:
        return self._configuration.authorizes_offline and token in self._tokens and token not in self._refused_tokens

    async def _status_of(self, token: str, token_type: str) -> str | None:
        answer: asyncio.Future[Payload | None] = asyncio.get_running_loop().create_future()

        def settle(found: Payload | None) -> None:
            if not answer.done():
                answer.set_result(found)

        call = PassingCall(self._dialect.authorize(token, token_type), settle, lambda reason: settle(None), urgent=True)
        self._outbox.say(call)
        found = await answer
        return None if found is None else self._dialect.token_status(found)
