"""Record values: tagged JSON, checked when it is read; old versions are changed into today's."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from volt_contracts import codec, gateway, upcasts
from volt_contracts.codec import Undecodable, UnknownType, decode, encode, leads_to
from volt_contracts.message import Event, Outcome
from volt_contracts.topics import GATEWAY_FRAMES, STATION_EVENTS, Topic
from volt_contracts.upcasts import Upcast


class Priced(Event, frozen=True, kw_only=True, tag="till.priced.v3"):
    """Today's version."""

    amount: Decimal
    currency: str
    at: datetime
    note: str = ""


class Closed(Event, frozen=True, kw_only=True, tag="till.closed.v1"):
    """Another type of the same topic."""


TILL = Topic("till.events", "events", "k", "till", "till", (), (Priced, Closed), -1)
OTHER = Topic("other.events", "events", "k", "other", "other", (), (Closed,), -1)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PRICED = Priced(amount=Decimal("12.50"), currency="EUR", at=NOON)


def from_v1(raw: dict[str, Any]) -> dict[str, Any]:
    """Once prices were in euros and bore no currency."""
    return {**raw, "currency": "EUR"}


def from_v2(raw: dict[str, Any]) -> dict[str, Any]:
    """Once the field had another name."""
    return {"amount": raw.pop("price"), **raw}


@pytest.fixture
def old_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two old versions of the price."""
    table = {"till.priced.v1": Upcast("till.priced.v2", from_v1), "till.priced.v2": Upcast("till.priced.v3", from_v2)}
    monkeypatch.setattr(upcasts, "UPCASTS", table)
    monkeypatch.setattr(codec, "UPCASTS", table)


def test_what_is_written_is_read() -> None:
    assert decode(TILL, "till.priced.v3", encode(PRICED)) == PRICED


def test_amounts_are_texts_and_defaults_are_left_out() -> None:
    assert encode(PRICED) == (
        b'{"type":"till.priced.v3","amount":"12.50","currency":"EUR","at":"2026-03-01T12:00:00Z"}'
    )


def test_a_decimal_keeps_its_digits() -> None:
    for text in ("0.10", "1E+2", "-0", "123456789012345678901234567890.000001"):
        read = decode(TILL, "till.priced.v3", encode(Priced(amount=Decimal(text), currency="EUR", at=NOON)))
        assert str(read.amount) == text


def test_a_field_of_a_later_version_is_passed_over() -> None:
    value = b'{"type":"till.closed.v1","invented":"tomorrow"}'
    assert decode(TILL, "till.closed.v1", value) == Closed()


def test_a_type_that_the_topic_does_not_hold_is_unknown() -> None:
    with pytest.raises(UnknownType, match=r"till\.events holds no station\.booted\.v1"):
        decode(TILL, "station.booted.v1", b"{}")
    with pytest.raises(UnknownType):
        decode(TILL, "", b"{}")


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"type":"till.priced.v3"}',
        b'{"type":"till.gone.v1"}',
        b'{"type":"till.priced.v3","amount":{},"currency":"EUR","at":"2026-03-01T12:00:00Z"}',
        b'{"type":"till.priced.v3","amount":"1","currency":"EUR","at":"yesterday"}',
        b'{"type":"till.priced.v3","amount":"1","currency":"\xff","at":"2026-03-01T12:00:00Z"}',
        b"[" * 100_000,
    ],
)
def test_a_value_that_does_not_fit_is_undecodable(value: bytes) -> None:
    with pytest.raises(Undecodable, match=r"till\.priced\.v3: "):
        decode(TILL, "till.priced.v3", value)


def test_a_value_of_another_type_than_the_record_says_is_undecodable() -> None:
    """Whoever skips records by their header must be able to rely on it."""
    with pytest.raises(Undecodable):
        decode(TILL, "till.priced.v3", encode(Closed()))


@pytest.mark.usefixtures("old_versions")
def test_old_versions_are_changed_step_by_step_into_todays() -> None:
    second = b'{"type":"till.priced.v2","price":"12.50","currency":"EUR","at":"2026-03-01T12:00:00Z"}'
    first = b'{"type":"till.priced.v1","price":"12.50","at":"2026-03-01T12:00:00Z"}'
    assert decode(TILL, "till.priced.v2", second) == decode(TILL, "till.priced.v1", first) == PRICED


@pytest.mark.usefixtures("old_versions")
@pytest.mark.parametrize(
    "value", [b"{", b"[]", b"null", b"{}", b'"text"', b'{"type":"till.priced.v2","price":[],"currency":"EUR"}']
)
def test_an_old_value_that_does_not_fit_is_undecodable(value: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(TILL, "till.priced.v2", value)


@pytest.mark.usefixtures("old_versions")
def test_an_old_version_belongs_only_where_todays_does() -> None:
    assert leads_to("till.priced.v1", TILL)
    assert leads_to("till.closed.v1", TILL)
    assert not leads_to("till.priced.v1", OTHER)
    with pytest.raises(UnknownType):
        decode(OTHER, "till.priced.v1", b"{}")


def test_an_old_version_with_a_raw_payload_can_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """`gateway.exchange.v1` holds the frame as it was; an upcaster must be able to hand it on."""
    step = Upcast("gateway.exchange.v1", lambda raw: raw)
    monkeypatch.setattr(codec, "UPCASTS", {"gateway.exchange.v0": step})
    value = codec.encode(gateway.Exchange(**_exchange())).replace(b"exchange.v1", b"exchange.v0")
    found = decode(GATEWAY_FRAMES, "gateway.exchange.v0", value)
    assert isinstance(found, gateway.Exchange)
    assert msgspec.json.decode(found.call) == {"idTag": "TAG0001"}


def _exchange() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(gateway.Exchange):
        if field.required:
            found[field.name] = NOON if field.type is datetime else "x"
    return {**found, "link_seq": 1, "call": msgspec.Raw(b'{"idTag":"TAG0001"}')}


def test_the_tags_of_a_topic() -> None:
    assert codec.types_of(TILL) == {"till.priced.v3": Priced, "till.closed.v1": Closed}
    assert codec.type_name(Priced) == "till.priced.v3"
    assert "station.booted.v1" in codec.types_of(STATION_EVENTS)
    assert issubclass(codec.all_types()["station.command_finished.v1"], Outcome)
