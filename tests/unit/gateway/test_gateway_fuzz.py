"""Whatever a station sends: nothing raises, every readable call gets exactly one answer, revenue never a refusal."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.gateway.gateway_station import (
    DEMO,
    PATIENCE_S,
    Gateway,
    Station,
    accepted_station,
    gateway,
    key_of,
    station,
    until,
)
from unit.gateway.wire.rows import frame

from volt_contracts.gateway import Exchange, LinkClosed
from volt_gateway.link import Admission, Link
from volt_ocpp.actions import REVENUE, actions_from_csms, actions_from_station
from volt_ocpp.versions import Version

WORDS = st.sampled_from(
    [
        "connectorId",
        "idTag",
        "timestamp",
        "meterStart",
        "meterStop",
        "transactionId",
        "meterValue",
        "sampledValue",
        "value",
        "status",
        "errorCode",
        "info",
        "eventType",
        "triggerReason",
        "seqNo",
        "transactionInfo",
        "idToken",
        "type",
        "evse",
        "id",
        "offline",
        "chargingStation",
        "reason",
        "data",
        "vendorId",
        "requestedMessage",
        "Started",
        "Ended",
        "Updated",
        "Accepted",
        "2026-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "TAG1",
        "NoAuthorization",
    ]
)
TEXTS = WORDS | st.text(max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=6),
    max_leaves=20,
)
OFTEN_AN_OBJECT = st.dictionaries(WORDS, VALUES, max_size=8) | VALUES


class FakeSocket:
    """Takes what is sent."""

    is_open = True
    is_held = False

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, text: bytes) -> None:
        self.sent.append(text)

    def hold(self, why: object) -> None:
        pass

    def release(self, why: object) -> None:
        pass


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def gate() -> AsyncIterator[Gateway]:
    async with gateway(frames_per_s=1e9) as running:
        running.tenant(DEMO)
        running.log.acknowledge_now = True
        yield running


def link_of(gate: Gateway, version: Version) -> tuple[Link, FakeSocket]:
    """A link that is on record, without a socket."""
    admission = Admission(
        "demo", "CP1", ("demo", "CP1"), key_of("CP1"), version, True, "accepted", 0, "/ocpp/demo/CP1", "::1"
    )
    link, socket = gate.wire.links.new(admission, "l" * 36), FakeSocket()
    link.link_seq, link.waiting, link.socket = 0, None, socket  # type: ignore[assignment]
    return link, socket


def calls(version: Version) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(actions_from_station(version) | actions_from_csms(version) | {"Nonsense"}))


@pytest.mark.parametrize("version", list(Version))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_every_readable_call_gets_exactly_one_answer(gate: Gateway, version: Version, data: Any) -> None:
    link, socket = link_of(gate, version)
    action, payload = data.draw(calls(version)), data.draw(OFTEN_AN_OBJECT)
    gate.log.records.clear()
    link.receive(msgspec.json.encode([2, "m1", action, payload]))
    if action == "Authorize" and not socket.sent:
        return  # it waits for a verdict on a token that nobody knows
    assert len(socket.sent) == 1
    answer = msgspec.json.decode(socket.sent[0])
    assert answer[1] == "m1"
    assert "InternalError" not in answer
    if action in REVENUE & actions_from_station(version):
        assert answer[0] == 3
    if action != "Heartbeat":
        exchange = gate.log.of(Exchange)[0]
        assert (exchange.error is None) == (answer[0] == 3)


@pytest.mark.parametrize("version", list(Version))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=st.binary(max_size=300) | st.builds(msgspec.json.encode, st.lists(VALUES, max_size=6)))
async def test_no_message_is_too_odd(gate: Gateway, version: Version, message: bytes) -> None:
    link, socket = link_of(gate, version)
    link.receive(message)
    assert len(socket.sent) <= 1
    for answer in socket.sent:
        assert msgspec.json.decode(answer)[0] in (3, 4, 5)


# Through the socket: fragments, control frames and broken streams. Afterwards a boot is answered, or the socket was
# closed with a code that says why; never with 1006 or 1011.

_PING, _PONG, _CLOSE = 9, 10, 8
_SAYS_WHY = {1000, 1002, 1007, 1009}
_numbers = count()


@dataclass(frozen=True)
class Said:
    """A message and the id that its answer may bear; None: there is none that could be read for sure."""

    text: bytes
    asked: object = None


def said(message: list[Any]) -> Said:
    """A message that is JSON, with whatever stands in the place of its id."""
    known = msgspec.json.decode(msgspec.json.encode(message[1])) if len(message) > 1 else None
    return Said(msgspec.json.encode(message), known if isinstance(known, str | int | float) else None)


@st.composite
def mutated(draw: st.DrawFn, version: Version) -> Said:
    """A call whose head is sound, with bytes behind it changed, taken away or put in."""
    name = f"q{draw(st.integers(0, 10**6))}"
    head = msgspec.json.encode([2, name])[:-1]
    text = bytearray(msgspec.json.encode([2, name, draw(calls(version)), draw(OFTEN_AN_OBJECT)]))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(len(head), max(len(head), len(text))))
        text[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return Said(bytes(text), name)


def anything(version: Version) -> st.SearchStrategy[Said]:
    """Bytes, JSON of any shape, frames of any type, and calls with damage."""
    types = st.sampled_from([2, 2, 3, 4, 5, 6, 7, "2", 2.0, None])
    ids = TEXTS | st.integers(-(2**65), 2**65) | st.floats(allow_nan=False, allow_infinity=False) | VALUES
    framed = st.tuples(types, ids, calls(version) | VALUES, OFTEN_AN_OBJECT).map(list)
    return st.one_of(
        mutated(version),
        st.builds(said, framed | st.lists(VALUES, max_size=6)),
        st.builds(Said, st.binary(max_size=200)),
    )


@st.composite
def in_frames(draw: st.DrawFn, text: bytes) -> list[bytes]:
    """The frames of one message, cut anywhere, with pings and pongs between them."""
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    begins, ends = [0, *cuts], [*cuts, len(text)]
    frames = []
    for place, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        kind = 0 if place else draw(st.sampled_from([1, 2]))
        frames.append(frame(kind, text[begin:end], fin=place == len(cuts)))
        if draw(st.integers(0, 3)) == 0:
            frames.append(frame(draw(st.sampled_from([_PING, _PONG])), draw(st.binary(max_size=125))))
    return frames


async def aftermath(charger: Station) -> tuple[list[Any], int | None]:
    """What is heard until a last boot is answered (None), or until the socket is closed (the code)."""
    charger.send(b'[2,"the boot afterwards","BootNotification",{}]')
    heard: list[Any] = []
    async with asyncio.timeout(PATIENCE_S):
        while True:
            hearing = asyncio.ensure_future(charger.heard.get())
            await asyncio.wait([hearing, charger.closed], return_when=asyncio.FIRST_COMPLETED)
            if not hearing.done():
                hearing.cancel()
                return heard, charger.closed.result()[0]
            answer = hearing.result()
            if answer[1] == "the boot afterwards":
                assert answer[0] == 3
                return heard, None
            heard.append(answer)


@pytest.mark.parametrize("version", list(Version))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_messages_in_any_frames_are_answered_at_most_once_each(
    gate: Gateway, version: Version, data: Any
) -> None:
    messages = data.draw(st.lists(anything(version), max_size=6))
    stream = b"".join(part for one in messages for part in data.draw(in_frames(one.text)))
    identity = f"F{next(_numbers)}"
    accepted_station(gate, identity)
    async with station(gate.port, identity, protocols=version.value) as charger:
        sizes = data.draw(st.lists(st.integers(1, 60), max_size=3))
        for size in sizes:
            charger.wire.underlying_transport.write(stream[:size])
            stream = stream[size:]
            await asyncio.sleep(0)
        charger.wire.underlying_transport.write(stream)
        heard, closed = await aftermath(charger)
    assert closed is None
    asked = Counter(repr(one.asked) for one in messages)
    unnamed = "'-1'"
    asked[unnamed] += len(messages)
    answered = Counter(repr(answer[1]) for answer in heard)
    assert not answered - asked
    assert len(heard) <= len(messages)
    assert not [answer for answer in heard if "InternalError" in answer]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_frames_leave_a_link_that_works_or_a_close_that_says_why(gate: Gateway, data: Any) -> None:
    kinds, payloads = st.integers(0, 15), st.binary(max_size=130) | st.just(b'[2,"x","Heartbeat",{}]')
    wild = st.builds(frame, kinds, payloads, fin=st.booleans(), rsv=st.sampled_from([0, 0, 0, 1, 2, 4, 7]))
    frames = data.draw(st.lists(wild, max_size=8))
    own = {int.from_bytes(one[6:8], "big") for one in frames if one[0] & 15 == _CLOSE}
    async with station(gate.port, f"W{next(_numbers)}") as charger:
        charger.wire.underlying_transport.write(b"".join(frames))
        _, closed = await aftermath(charger)
    assert closed is None or closed in _SAYS_WHY | own


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=st.binary(max_size=300), whole=st.booleans())
async def test_any_octets_end_with_the_connection_at_the_latest(gate: Gateway, stream: bytes, whole: bool) -> None:
    """Octets may promise a frame that never comes: then only the end of the connection ends it."""
    name = f"O{next(_numbers)}"
    gate.log.records.clear()
    async with station(gate.port, name) as charger:
        charger.wire.underlying_transport.write(stream if whole else frame(1, stream)[:-1])
        await asyncio.sleep(0)
    await until(lambda: any(r.key == key_of(name) and type(r.message) is LinkClosed for r in gate.log.records))
    code = [r.message.code for r in gate.log.records if r.key == key_of(name) and type(r.message) is LinkClosed]
    assert len(code) == 1
    assert code[0] != 1011
