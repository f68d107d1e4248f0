"""Whatever a station sends: nothing raises, every readable call gets exactly one answer, revenue never a refusal."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.gateway.gateway_station import DEMO, Gateway, gateway, key_of

from volt_contracts.gateway import Exchange
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
    admission = Admission("demo", "CP1", key_of("CP1"), version, True, "accepted", 0, "/ocpp/demo/CP1", "::1")
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
