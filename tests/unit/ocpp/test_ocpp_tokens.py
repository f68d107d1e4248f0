"""Tokens: their places in the requests of each version, and their one spelling."""

from typing import Any

import pytest

from volt_ocpp.actions import actions_from_csms, actions_from_station
from volt_ocpp.schemas import load_schema
from volt_ocpp.tokens import find_tokens, normalise_token, token_pointers
from volt_ocpp.versions import Version

V16, V201, V21 = Version.V16, Version.V201, Version.V21
TOKEN_FIELDS = {"idTag", "parentIdTag", "additionalIdToken"}


def places(root: dict[str, Any], node: dict[str, Any], path: str, holder: str) -> list[str]:
    """Every place of a schema that holds a token."""
    if "$ref" in node:
        holder = node["$ref"].rpartition("/")[2]
        node = root["definitions"][holder]
    found = []
    for name, child in node.get("properties", {}).items():
        below = f"{path}/{name}"
        if name in TOKEN_FIELDS or (name == "idToken" and holder == "IdTokenType"):
            found.append(below)
        found += places(root, child, below, holder)
    if isinstance(node.get("items"), dict):
        found += places(root, node["items"], f"{path}/*", holder)
    return found


@pytest.mark.parametrize("version", Version)
def test_the_table_is_what_the_schemas_say(version: Version) -> None:
    for action in actions_from_station(version) | actions_from_csms(version):
        schema = load_schema(version, action)
        expected = places(schema, schema, "", "")
        assert sorted(place.pattern for place in token_pointers(version, action)) == sorted(expected), action


# version, action, payload → found
CASES: list[tuple[Version, str, Any, dict[str, tuple[str, str | None]]]] = [
    (V16, "StartTransaction", {"idTag": "04:a1"}, {"/idTag": ("04:a1", None)}),
    (V16, "StopTransaction", {"transactionId": 1}, {}),
    (V16, "StartTransaction", {"idTag": 1234}, {"/idTag": ("1234", None)}),
    (V16, "StartTransaction", {"idTag": ""}, {"/idTag": ("", None)}),
    (V16, "StartTransaction", {"idTag": True}, {}),
    (V16, "StartTransaction", {"idTag": ["x"]}, {}),
    (V16, "StartTransaction", None, {}),
    (V16, "MeterValues", {"idTag": "x"}, {}),
    (V16, "ReserveNow", {"idTag": "a", "parentIdTag": "b"}, {"/idTag": ("a", None), "/parentIdTag": ("b", None)}),
    (V16, "SendLocalList",
     {"localAuthorizationList": [{"idTag": "a"}, 5, {"idTag": "b", "idTagInfo": {"parentIdTag": "c"}}]},
     {"/localAuthorizationList/0/idTag": ("a", None), "/localAuthorizationList/2/idTag": ("b", None),
      "/localAuthorizationList/2/idTagInfo/parentIdTag": ("c", None)}),
    (V201, "TransactionEvent", {"seqNo": 1}, {}),
    (V201, "TransactionEvent", {"idToken": {"idToken": "a", "type": "ISO14443"}},
     {"/idToken/idToken": ("a", "ISO14443")}),
    (V201, "TransactionEvent", {"idToken": {"idToken": "a"}}, {"/idToken/idToken": ("a", None)}),
    (V201, "TransactionEvent", {"idToken": "a"}, {}),
    (V21, "Authorize", {"idToken": {"idToken": "a", "type": "eMAID",
                                    "additionalInfo": [{"additionalIdToken": "b", "type": "vehicle"}]}},
     {"/idToken/idToken": ("a", "eMAID"), "/idToken/additionalInfo/0/additionalIdToken": ("b", "vehicle")}),
    (V21, "BatterySwap", {"idToken": {"idToken": "a", "type": "Local"}}, {"/idToken/idToken": ("a", "Local")}),
    (V201, "BatterySwap", {"idToken": {"idToken": "a", "type": "Local"}}, {}),
    (V201, "NoSuch", {"idToken": {"idToken": "a"}}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("version", "action", "payload", "expected"), CASES)
def test_tokens_are_found(version: Version, action: str, payload: Any, expected: dict[str, Any]) -> None:
    assert find_tokens(version, action, payload) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("04A1B2C3", "04A1B2C3"),
        (" 04:a1:b2:c3\t", "04A1B2C3"),
        ("04-a1 b2-c3", "04A1B2C3"),
        ("de-8aa-ca2b3c4d5-n", "DE8AACA2B3C4D5N"),
        ("", ""),
        ("ﬁ", "FI"),
        ("\u00c4\u212b", "\u00c4\u212b"),
    ],
)
def test_one_spelling(value: str, expected: str) -> None:
    assert normalise_token(value) == expected
