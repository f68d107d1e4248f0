"""Reading a payload as it is, not as it should be: whatever stands in it, nothing is raised."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from volt_ocpp.times import parse_time
from volt_station.domain.facttime import NOT_SENT, Sent

Object = dict[str, Any]

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_NOTHING: Object = {}
_INT64 = 2**63
_DIGITS = 24
_PLAIN = re.compile("-?[0-9]{1,12}(?:[.][0-9]{1,9})?")
_LONGEST_TIME = 64


def read_object(raw: bytes | msgspec.Raw | None) -> Object | None:
    """The JSON object of a payload, decimals digit by digit as sent; None when it is none."""
    if not raw:
        return None
    try:
        value = _decode(raw)
    except (ValueError, RecursionError, ArithmeticError):
        return None
    return value if type(value) is dict else None


def text(source: Object, key: str, limit: int = 255) -> str | None:
    """The text at that place, clean."""
    value = source.get(key)
    return None if value is None else clean(value, limit)


def clean(value: Any, limit: int = 255) -> str | None:
    """A text without blanks around it; None when it is empty or of a type that is none."""
    if type(value) is not str:
        if type(value) is not int and type(value) is not Decimal:
            return None
        value = str(value)
    value = value.strip()
    if len(value) > limit or "\x00" in value:
        value = value[:limit].replace("\x00", "")
    return value or None


def verbatim(source: Object, key: str) -> str | None:
    """A text exactly as it was sent, of any length."""
    value = source.get(key)
    return value if type(value) is str else None


def number(value: Any) -> Decimal | None:
    """A finite number of sensible size, also when it was written as a text."""
    kind = type(value)
    if kind is str:
        if _PLAIN.fullmatch(value):
            return Decimal(value)
        value = _from_text(value)
    elif kind is int:
        value = Decimal(value)
    elif kind is not Decimal:
        return None
    return value if value is not None and _is_sensible(value) else None


def _from_text(value: str) -> Decimal | None:
    try:
        return Decimal(value.strip().replace("_", "?"))
    except InvalidOperation:
        return None


def _is_sensible(value: Decimal) -> bool:
    return value.is_finite() and abs(value.adjusted()) <= _DIGITS and len(value.as_tuple().digits) <= _DIGITS


def integer(source: Object, key: str) -> int | None:
    """A whole number of 64 bits, also when it was written as a text or with a decimal point."""
    value = source.get(key)
    if type(value) is not int:
        exact = number(value)
        if exact is None or exact != exact.to_integral_value():
            return None
        value = int(exact)
    return value if -_INT64 <= value < _INT64 else None


def flag(source: Object, key: str) -> bool | None:
    """A truth value."""
    value = source.get(key)
    return value if type(value) is bool else None


def part(source: Object, key: str) -> Object:
    """The object at that place; an empty one when there is none."""
    value = source.get(key)
    return value if type(value) is dict else _NOTHING


def parts(source: Object, key: str) -> list[Object]:
    """The objects of the list at that place; a single object counts as a list of one."""
    value = source.get(key)
    if type(value) is dict:
        return [value]
    return [item for item in value if type(item) is dict] if type(value) is list else []


def moment(source: Object, key: str = "timestamp") -> Sent:
    """A timestamp, as sent and as read."""
    raw = source.get(key)
    if type(raw) is str:
        sent = raw[:_LONGEST_TIME].replace("\x00", "")
    elif type(raw) is int or type(raw) is Decimal:
        sent = str(raw)[:_LONGEST_TIME]
    else:
        return NOT_SENT
    if not sent:
        return NOT_SENT
    parsed = parse_time(raw)
    return Sent(sent, parsed.value, parsed.had_zone)
