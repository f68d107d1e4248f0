"""One LISTEN for the whole process: who follows is told the record keys that the views have just changed.

What waits for a follower is a set of keys, never a queue of messages: it is bounded, and telling never blocks.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from volt_console.views.changes import EVERYTHING, keys_in
from volt_eventlog.view import View
from volt_runtime.log import logger

MOST_KEYS = 500
"""More changed keys than this, and the follower is told that everything may have changed."""

MOST_FOLLOWERS = 200

AGAIN_S = 1.0
"""How long to wait before the database is tried again."""


class TooManyFollowers(Exception):
    """As many pages follow already as this process will serve."""


class Follower:
    """What one page has not yet been told."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._told = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Whether the process stops, and the stream has to end."""
        return self._ended.is_set()

    def tell(self, keys: Iterable[str]) -> None:
        """Add changed keys."""
        self._keys.update(keys)
        if len(self._keys) > MOST_KEYS:
            self._keys = {EVERYTHING}
        self._told.set()

    def close(self) -> None:
        """End whoever waits."""
        self._ended.set()
        self._told.set()

    async def rest(self, seconds: float) -> None:
        """Let changes gather for a while; ends early when the stream has to end."""
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            return

    async def changed(self, timeout_s: float) -> bool:
        """Wait for a change; False when none came in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._told.wait()
        except TimeoutError:
            return False
        return True

    def take(self) -> frozenset[str]:
        """The keys that changed since the last call."""
        keys = frozenset(self._keys)
        self._keys.clear()
        if not self.closed:
            self._told.clear()
        return keys


class Changes:
    """Listens to the notifications of `views` and tells its followers."""

    def __init__(self, dsn: str, views: Sequence[View]) -> None:
        self._dsn = dsn
        self._channels = [f"{view.schema}_{view.name}" for view in views]
        self._followers: set[Follower] = set()
        self._closed = False
        self._log = logger("console")

    def __len__(self) -> int:
        return len(self._followers)

    @contextmanager
    def follow(self) -> Iterator[Follower]:
        """Follow until the block is left.

        Raises:
            TooManyFollowers: no more pages can be served.
        """
        if len(self._followers) >= MOST_FOLLOWERS:
            raise TooManyFollowers(f"{MOST_FOLLOWERS} pages are open already")
        follower = Follower()
        if self._closed:
            follower.close()
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)

    def tell(self, keys: Iterable[str]) -> None:
        """Tell every follower."""
        told = list(keys)
        for follower in self._followers:
            follower.tell(told)

    def close(self) -> None:
        """The process stops: every stream ends, so that connections can be closed."""
        self._closed = True
        for follower in self._followers:
            follower.close()

    async def run(self) -> None:
        """Listen for as long as the process lives; after a gap everything may have changed."""
        while True:
            try:
                async with await AsyncConnection.connect(self._dsn, autocommit=True, connect_timeout=2) as connection:
                    await self._listen(connection)
            except psycopg.OperationalError as why:
                self._log.warning(f"pages are not told of changes until Postgres is back: {why}")
            await asyncio.sleep(AGAIN_S)

    async def _listen(self, connection: AsyncConnection) -> None:
        for channel in self._channels:
            await connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
        self.tell([EVERYTHING])
        async for notice in connection.notifies():
            self.tell(keys_in(notice.payload))
