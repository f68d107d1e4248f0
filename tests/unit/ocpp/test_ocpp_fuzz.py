"""Hostile input: whatever the bytes, there is a defined answer and nothing raises."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from volt_ocpp.actions import REVENUE, actions_from_csms, actions_from_station
from volt_ocpp.answers import default_answer
from volt_ocpp.frames import Call, Send, Unreadable, call_result, parse
from volt_ocpp.payloads import judge
from volt_ocpp.redact import redact
from volt_ocpp.schemas import check, check_response
from volt_ocpp.tokens import find_tokens, normalise_token
from volt_ocpp.versions import Version

versions = st.sampled_from(Version)
actions = st.one_of(
    st.sampled_from(sorted({name for v in Version for name in actions_from_station(v) | actions_from_csms(v)})),
    st.text(),
)
numbers = st.one_of(st.integers(), st.floats(), st.integers(min_value=-(10**30), max_value=10**30))
field_names = st.one_of(
    st.sampled_from(["idTag", "idToken", "meterValue", "timestamp", "connectorId", "evse", "data", "status", "key"]),
    st.text(max_size=8),
)
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=30)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(field_names, inner, max_size=5)),
    max_leaves=12,
)
wild_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=20)
frames = st.one_of(
    st.lists(values, max_size=6),
    st.tuples(st.sampled_from([2, 3, 4, 5, 6, 7, "2"]), st.one_of(wild_text, values), actions, values),
)


def defined(text: bytes | str, version: Version) -> None:
    """The text leads to a frame that can be judged and stored, or to an answer that is JSON."""
    frame = parse(text, version)
    if isinstance(frame, Unreadable):
        answer = frame.answer()
        assert (answer is not None) == frame.answerable
        if answer is not None:
            assert json.loads(answer)[1] == frame.message_id
        return
    json.dumps(frame.message_id).encode()
    msgspec.json.encode(frame.message_id)
    if isinstance(frame, Call | Send):
        result = judge(version, frame)
        assert msgspec.json.decode(msgspec.json.encode({"frame": result.raw})) == {"frame": result.payload}
        find_tokens(version, frame.action, result.payload)
        redact(frame.action, result.payload)
        default_answer(version, frame.action)


@settings(deadline=None)
@given(st.binary(max_size=200), versions)
def test_any_bytes(text: bytes, version: Version) -> None:
    defined(text, version)


@settings(deadline=None)
@given(wild_text, versions)
def test_any_text(text: str, version: Version) -> None:
    defined(text, version)


@settings(max_examples=300, deadline=None)
@given(frames, versions, st.booleans())
def test_any_json(frame: Any, version: Version, ascii_only: bool) -> None:
    text = json.dumps(frame, ensure_ascii=ascii_only)
    defined(text, version)
    defined(text.encode("utf-8", "surrogatepass"), version)


@settings(deadline=None)
@given(frames, versions, st.data())
def test_any_cut_or_changed_json(frame: Any, version: Version, data: st.DataObject) -> None:
    text = bytearray(json.dumps(frame).encode())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] = data.draw(st.integers(0, 255))
    defined(bytes(text), version)
    defined(bytes(text[:at]), version)


@settings(deadline=None)
@given(st.text(), actions, versions)
def test_the_message_id_comes_back(message_id: str, action: str, version: Version) -> None:
    frame = parse(json.dumps([2, message_id, action, {}]), version)
    assert isinstance(frame, Call)
    assert json.loads(call_result(frame.message_id, b"{}")) == [3, message_id, {}]


@settings(max_examples=300, deadline=None)
@given(values, actions, versions)
def test_any_payload_is_judged(payload: Any, action: str, version: Version) -> None:
    verdict = check(version, action, payload)
    assert verdict.hard == (verdict.code != "")
    assert not (verdict.hard and action in REVENUE & actions_from_station(version))
    check_response(version, action, payload)


@settings(deadline=None)
@given(values, actions)
def test_what_was_redacted_stays_as_it_is(payload: Any, action: str) -> None:
    cleaned, places = redact(action, payload)
    assert (cleaned is payload) == (places == ())
    assert repr(redact(action, cleaned)[0]) == repr(cleaned)


@settings(deadline=None)
@given(st.text())
def test_a_normalised_token_stays_as_it_is(value: str) -> None:
    assert normalise_token(normalise_token(value)) == normalise_token(value)
