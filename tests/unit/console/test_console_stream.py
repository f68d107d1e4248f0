"""The stream of an open page: the whole screen first, then only what differs, and an end that comes at once."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from volt_console.live import stream as streaming
from volt_console.live.changes import Follower
from volt_console.live.stream import HEARTBEAT, event, stream


class Wall:
    """A screen of two fragments that is drawn from what stands in `shown`."""

    def __init__(self) -> None:
        self.shown = {"a": "<p>1</p>", "b": "<p>1</p>"}
        self.away = False
        self.drawn = 0

    def concerns(self, keys: frozenset[str]) -> bool:
        return "demo/mine" in keys

    async def fragments(self) -> Mapping[str, str]:
        self.drawn += 1
        if self.away:
            raise psycopg.OperationalError("gone")
        return dict(self.shown)


async def test_the_whole_screen_comes_first_then_only_what_differs() -> None:
    wall, follower = Wall(), Follower()
    events = stream(wall, follower)
    first = (await anext(events)).decode()
    assert 'hx-target="#a"' in first
    assert 'hx-target="#b"' in first
    wall.shown["b"] = "<p>2</p>"
    follower.tell(["demo/mine"])
    second = (await anext(events)).decode()
    assert 'hx-target="#a"' not in second
    assert "<p>2</p>" in second
    await events.aclose()


async def test_changes_of_others_draw_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.02)
    wall, follower = Wall(), Follower()
    events = stream(wall, follower)
    await anext(events)
    follower.tell(["demo/other"])
    assert await anext(events) == HEARTBEAT
    assert wall.drawn == 1
    await events.aclose()


async def test_many_changes_are_drawn_once() -> None:
    wall, follower = Wall(), Follower()
    events = stream(wall, follower)
    await anext(events)
    for number in range(100):
        wall.shown["a"] = f"<p>{number}</p>"
        follower.tell(["demo/mine"])
    assert b"<p>99</p>" in await anext(events)
    assert wall.drawn == 2
    await events.aclose()


async def test_a_database_that_is_away_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "AWAY_S", 0.01)
    wall, follower = Wall(), Follower()
    wall.away = True
    events = stream(wall, follower)
    assert (await anext(events)).startswith(b"event: away\n")
    wall.away = False
    assert b"<p>1</p>" in await anext(events)
    await events.aclose()


async def test_the_stream_ends_when_the_process_stops() -> None:
    follower = Follower()
    events = stream(Wall(), follower)
    await anext(events)
    rest = asyncio.create_task(_count(events))
    await asyncio.sleep(0)
    follower.close()
    async with asyncio.timeout(2):
        assert await rest == 0


async def test_whoever_may_look_no_longer_is_told_so() -> None:
    over = datetime.now(UTC) - timedelta(seconds=1)
    sent = [part async for part in stream(Wall(), Follower(), over)]
    assert [part.split(b"\n")[0] for part in sent] == [b"event: signed-out"]


async def _count(events: AsyncGenerator[bytes, None]) -> int:
    return len([sent async for sent in events])


def test_no_text_of_a_station_can_end_an_event() -> None:
    sent = event("", "<p>one\r\ndata: two\revent: away\n\n</p>\u2028x").decode()
    lines = sent.removesuffix("\n\n").split("\n")
    assert all(line.startswith("data: ") for line in lines)
    assert "\r" not in sent
