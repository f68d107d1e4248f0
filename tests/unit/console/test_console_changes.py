"""Changed keys on their way to open pages: packed, bounded, never lost."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.console.console_log import Log
from unit.console.console_story import Charger

from volt_console.live.changes import MOST_FOLLOWERS, MOST_KEYS, Changes, Follower, TooManyFollowers
from volt_console.views import VIEWS
from volt_console.views.changes import EVERYTHING, LIMIT, changed_keys, keys_in


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n/"), min_size=1, max_size=60), max_size=40))
def test_payloads_hold_every_key_once_and_fit_a_notification(identities: list[str]) -> None:
    log = Log()
    for identity in identities:
        Charger(log, identity).connect()
    payloads = changed_keys(log.messages)
    assert sorted(key for payload in payloads for key in keys_in(payload)) == sorted({m.key for m in log.messages})
    assert all(len(payload.encode()) <= LIMIT for payload in payloads)


def test_many_keys_take_several_payloads() -> None:
    log = Log()
    for number in range(500):
        Charger(log, f"CP-{number}").connect()
    payloads = changed_keys(log.messages)
    assert 2 <= len(payloads) <= 5
    assert all(len(payload.encode()) < 8_000 for payload in payloads)


def test_a_follower_holds_a_bounded_set() -> None:
    follower = Follower()
    for number in range(10 * MOST_KEYS):
        follower.tell([f"demo/{number}"])
    taken = follower.take()
    assert EVERYTHING in taken
    assert len(taken) <= MOST_KEYS + 1


async def test_what_is_told_while_nobody_waits_is_there_later() -> None:
    follower = Follower()
    follower.tell(["demo/a"])
    follower.tell(["demo/b"])
    assert await follower.changed(1.0)
    assert follower.take() == {"demo/a", "demo/b"}
    assert not await follower.changed(0.01)


async def test_closing_wakes_whoever_waits() -> None:
    follower = Follower()
    waiting = asyncio.create_task(follower.changed(30.0))
    resting = asyncio.create_task(follower.rest(30.0))
    await asyncio.sleep(0)
    follower.close()
    async with asyncio.timeout(2):
        await asyncio.gather(waiting, resting)
    assert follower.closed


def test_followers_are_limited_and_leave_nothing_behind() -> None:
    changes = Changes("", VIEWS)
    open_pages = [changes.follow() for _ in range(MOST_FOLLOWERS)]
    for page in open_pages:
        page.__enter__()
    with pytest.raises(TooManyFollowers), changes.follow():
        pass
    for page in open_pages:
        page.__exit__(None, None, None)
    assert len(changes) == 0


def test_a_page_that_opens_while_the_process_stops_ends_at_once() -> None:
    changes = Changes("", VIEWS)
    changes.close()
    with changes.follow() as follower:
        assert follower.closed
