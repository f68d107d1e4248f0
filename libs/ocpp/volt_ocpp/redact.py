"""Takes passwords, keys and card numbers out of a payload before it is stored.

The action decides first: what cannot carry a secret is not looked at. Card numbers are looked for only in
DataTransfer and in free texts, where nothing else has that shape by right.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from volt_ocpp.actions import actions_from_csms
from volt_ocpp.cards import hide_cards, is_card_number
from volt_ocpp.pointers import Steps, compile_pattern, find, replaced
from volt_ocpp.versions import Version

HIDDEN = "***"
"""Stands for what was taken out."""

_SECRET_NAME = re.compile(
    r"password|passwd|passphrase|secret|authori[sz]ationkey|authkey|privatekey|presharedkey|apikey|simpin|wpakey"
)
_NO_LETTERS = re.compile(r"[^a-z0-9]")
_USERINFO = re.compile(r"(?<=://)[^/?#\s@]*(?:@[^/?#\s@]*)*(?=@)")

MOST_ELEMENTS = 8
"""A frame has five at most; every rule is tried on each, so that there must be an end."""

Hide = Callable[[Any], Any]


class Rule(Struct, frozen=True):
    """Looks at every place that `steps` name and replaces what `hide` changes.

    With `name` the value counts only when the field of that path beside it names a secret: `steps` then lead to the
    object around both, `value` from there to the value.
    """

    steps: Steps
    hide: Hide
    name: Steps = ()
    value: Steps = ()


def _hide_all(value: Any) -> Any:
    return value if value is None or value == "" else HIDDEN


def _hide_userinfo(value: Any) -> Any:
    return _without_userinfo(value) if isinstance(value, str) else value


def _without_userinfo(text: str) -> str:
    return _USERINFO.sub(HIDDEN, text)


def _hide_in_tree(value: Any) -> Any:
    """Card numbers and values of secret names anywhere below; a JSON text inside a text is looked into."""
    if isinstance(value, str):
        return _hide_in_text(value)
    if isinstance(value, dict):
        return {key: _hide_all(item) if _is_secret_name(key) else _hide_in_tree(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hide_in_tree(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and is_card_number(value):
        return HIDDEN
    return value


def _hide_in_text(text: str) -> str:
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _hide_in_json(text)
        except (ValueError, RecursionError):
            # Not JSON after all, or nested beyond reading: a text like any other.
            return hide_cards(_without_userinfo(text), HIDDEN)
    return hide_cards(_without_userinfo(text), HIDDEN)


def _hide_in_json(text: str) -> str:
    document = msgspec.json.decode(text)
    hidden = _hide_in_tree(document)
    return text if hidden == document else msgspec.json.encode(hidden).decode()


def _is_secret_name(name: Any) -> bool:
    return isinstance(name, str) and _SECRET_NAME.search(_NO_LETTERS.sub("", name.lower())) is not None


def _secret(pattern: str) -> Rule:
    return Rule(compile_pattern(pattern), _hide_all)


def _address(pattern: str) -> Rule:
    return Rule(compile_pattern(pattern), _hide_userinfo)


def _text(pattern: str) -> Rule:
    return Rule(compile_pattern(pattern), _hide_in_tree)


def _named(pattern: str, name: str, value: str) -> Rule:
    return Rule(compile_pattern(pattern), _hide_all, compile_pattern(name), compile_pattern(value))


_STATUS_INFO = _text("/statusInfo/additionalInfo")
_ANSWERS = actions_from_csms(Version.V201) | actions_from_csms(Version.V21)

RULES: dict[str, tuple[Rule, ...]] = dict.fromkeys(_ANSWERS, (_STATUS_INFO,)) | {
    "ChangeConfiguration": (_named("", "/key", "/value"),),
    "GetConfiguration": (_named("/configurationKey/*", "/key", "/value"),),
    "SetVariables": (_named("/setVariableData/*", "/variable/name", "/attributeValue"),),
    "GetVariables": (_named("/getVariableResult/*", "/variable/name", "/attributeValue"),),
    "NotifyReport": (_named("/reportData/*", "/variable/name", "/variableAttribute/*/value"),),
    "NotifyEvent": (
        _named("/eventData/*", "/variable/name", "/actualValue"),
        _text("/eventData/*/techInfo"),
    ),
    "SetNetworkProfile": (
        _secret("/connectionData/apn/apnPassword"),
        _secret("/connectionData/apn/apnUserName"),
        _secret("/connectionData/apn/simPin"),
        _secret("/connectionData/vpn/password"),
        _secret("/connectionData/vpn/key"),
        _secret("/connectionData/vpn/user"),
        _secret("/connectionData/basicAuthPassword"),
        _address("/connectionData/ocppCsmsUrl"),
        _STATUS_INFO,
    ),
    "GetDiagnostics": (_address("/location"),),
    "GetLog": (_address("/log/remoteLocation"), _STATUS_INFO),
    "UpdateFirmware": (_address("/location"), _address("/firmware/location"), _STATUS_INFO),
    "SignedUpdateFirmware": (_address("/firmware/location"),),
    "PublishFirmware": (_address("/location"), _STATUS_INFO),
    "PublishFirmwareStatusNotification": (_address("/location/*"), _STATUS_INFO),
    "DataTransfer": (_text("/data"), _STATUS_INFO),
    "StatusNotification": (_text("/info"),),
    "SecurityEventNotification": (_text("/techInfo"),),
    "NotifyCustomerInformation": (_text("/data"),),
    "NotifyDERAlarm": (_text("/extraInfo"),),
    "NotifyDisplayMessages": (
        _text("/messageInfo/*/message/content"),
        _text("/messageInfo/*/messageExtra/*/content"),
    ),
    "NotifySettlement": (_text("/statusInfo"),),
    "SetDisplayMessage": (
        _text("/message/message/content"),
        _text("/message/messageExtra/*/content"),
        _STATUS_INFO,
    ),
    "BatterySwap": (_text("/batteryData/*/vendorInfo"),),
}
"""What is looked at per action, in its request and in its answer alike."""


def redact(action: str, payload: Any) -> tuple[Any, tuple[str, ...]]:
    """The payload without secrets, and the JSON pointers of what was changed; never raises.

    Nothing found: the very same object and no pointers. The payload itself is never changed in place. Below a free
    text that is a JSON document the pointer names the text as a whole.
    """
    rules = RULES.get(action)
    return (payload, ()) if rules is None else _applied(rules, payload)


def redact_message(message: bytes) -> str:
    """A whole message as text, for the record: one that is no frame, or answers nothing that anybody remembers.

    Its action is unknown, so every rule is tried on each of its elements. What is no JSON, or no array of a frame's
    length, has no places that a rule could name: card numbers and the user part of addresses are taken out wherever
    they stand. Never raises.
    """
    text = message.decode(errors="replace")
    try:
        elements = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        elements = None
    if not isinstance(elements, list) or len(elements) > MOST_ELEMENTS:
        return hide_cards(_without_userinfo(text), HIDDEN)
    found = [_applied(_EVERY_RULE, element) for element in elements]
    if not any(pointers for _, pointers in found):
        return text
    return msgspec.json.encode([element for element, _ in found]).decode()


_EVERY_RULE = tuple(dict.fromkeys(rule for rules in RULES.values() for rule in rules))


def _applied(rules: tuple[Rule, ...], payload: Any) -> tuple[Any, tuple[str, ...]]:
    changes = dict(change for rule in rules for change in _changes(rule, payload))
    for path, value in changes.items():
        payload = replaced(payload, path, value)
    return payload, tuple(changes)


def _changes(rule: Rule, payload: Any) -> Iterator[tuple[str, Any]]:
    for path, value in _places(rule, payload):
        hidden = rule.hide(value)
        if hidden != value:
            yield path, hidden


def _places(rule: Rule, payload: Any) -> Iterator[tuple[str, Any]]:
    if not rule.name:
        yield from find(payload, rule.steps)
        return
    for path, holder in find(payload, rule.steps):
        if any(_is_secret_name(name) for _, name in find(holder, rule.name)):
            yield from find(holder, rule.value, path)
