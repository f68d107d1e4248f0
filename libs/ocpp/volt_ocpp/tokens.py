"""Where tokens stand in the requests of each version, and the one spelling under which they are compared."""

import re
from typing import Any

from msgspec import Struct

from volt_ocpp.pointers import Steps, compile_pattern, find
from volt_ocpp.versions import Version

_SEPARATORS = re.compile(r"[\s:\-]+")


class TokenPlace(Struct, frozen=True):
    """A place that holds a token: a JSON pointer in which `*` stands for every item of a list.

    In 2.x the token's type stands beside it under `type`; 1.6 tokens have none.
    """

    pattern: str
    typed: bool = False


Found = dict[str, tuple[str, str | None]]
"""JSON pointer → (token as sent, its type in 2.x)."""

_ID_TAG = TokenPlace("/idTag")


def _id_token(field: str) -> tuple[TokenPlace, ...]:
    """An IdTokenType of 2.x: the token itself and the additional ones inside it."""
    return TokenPlace(f"{field}/idToken", True), TokenPlace(f"{field}/additionalInfo/*/additionalIdToken", True)


_V16 = {
    "Authorize": (_ID_TAG,),
    "StartTransaction": (_ID_TAG,),
    "StopTransaction": (_ID_TAG,),
    "RemoteStartTransaction": (_ID_TAG,),
    "ReserveNow": (_ID_TAG, TokenPlace("/parentIdTag")),
    "SendLocalList": (
        TokenPlace("/localAuthorizationList/*/idTag"),
        TokenPlace("/localAuthorizationList/*/idTagInfo/parentIdTag"),
    ),
}
_V201 = {
    "Authorize": _id_token("/idToken"),
    "TransactionEvent": _id_token("/idToken"),
    "CustomerInformation": _id_token("/idToken"),
    "RequestStartTransaction": _id_token("/idToken") + _id_token("/groupIdToken"),
    "ReserveNow": _id_token("/idToken") + _id_token("/groupIdToken"),
    "SendLocalList": (
        *_id_token("/localAuthorizationList/*/idToken"),
        *_id_token("/localAuthorizationList/*/idTokenInfo/groupIdToken"),
    ),
}
_V21 = _V201 | {
    "BatterySwap": _id_token("/idToken"),
    "RequestBatterySwap": _id_token("/idToken"),
}

_PLACES: dict[Version, dict[str, tuple[TokenPlace, ...]]] = {
    Version.V16: _V16,
    Version.V201: _V201,
    Version.V21: _V21,
}


def _compiled(places: tuple[TokenPlace, ...]) -> tuple[tuple[Steps, str, bool], ...]:
    """(steps to the object around the token, the token's field, typed)."""
    steps = [(compile_pattern(place.pattern), place.typed) for place in places]
    return tuple((path[:-1], path[-1], typed) for path, typed in steps)


_COMPILED = {
    version: {action: _compiled(places) for action, places in actions.items()} for version, actions in _PLACES.items()
}


def normalise_token(value: str) -> str:
    """The spelling under which tokens of every type are compared: upper case, without blanks, `:` and `-`.

    Nothing else is changed: other byte orders and other alphabets are other tokens.
    """
    return _SEPARATORS.sub("", value).upper()


def token_pointers(version: Version, action: str) -> tuple[TokenPlace, ...]:
    """The places that can hold a token in the request of this action; empty for most."""
    return _PLACES[version].get(action, ())


def find_tokens(version: Version, action: str, payload: Any) -> Found:
    """Every token in the request; never raises. A whole number is taken as its digits, other types are no token."""
    compiled = _COMPILED[version].get(action)
    if compiled is None or not isinstance(payload, dict):
        return {}
    found: Found = {}
    for steps, field, typed in compiled:
        if steps and steps[0] not in payload:
            continue
        for prefix, holder in find(payload, steps):
            if isinstance(holder, dict) and (value := _as_text(holder.get(field))) is not None:
                kind = holder.get("type") if typed else None
                found[f"{prefix}/{field}"] = (value, kind if isinstance(kind, str) else None)
    return found


def _as_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
