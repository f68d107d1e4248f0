"""Checks payloads against the published JSON schemas of their version, compiled once when the module is loaded.

The schemas come with the `ocpp` package. Formats are not checked: times and addresses are judged leniently where
they are used.
"""

import json
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

import jsonschema_rs
import msgspec
from jsonschema_rs import Validator

from volt_ocpp.actions import actions_from_csms, actions_from_station, sends_from_station
from volt_ocpp.pointers import escape, pointer
from volt_ocpp.softness import is_optional, verdict_on
from volt_ocpp.versions import Version
from volt_ocpp.violations import CLEAN, Kind, Verdict, Violation

__all__ = ["CLEAN", "Verdict", "Violation", "check", "check_response", "load_schema"]

MOST_VIOLATIONS = 20
"""So many are listed; one more than that is told as "more"."""

LONGEST_IN_FULL = 8 * 1024
"""Bytes of a payload up to which every violation is looked for."""

ITEMS_OF_A_LONG_LIST = 16
"""So many items of every list of a longer payload are looked at; if they are clean, only the first violation counts."""

_FOLDERS = {Version.V16: "v16", Version.V201: "v201", Version.V21: "v21"}
_KINDS = {
    "additionalProperties": Kind.EXTRA,
    "enum": Kind.ENUM,
    "maxItems": Kind.COUNT,
    "maxLength": Kind.LENGTH,
    "maximum": Kind.RANGE,
    "minItems": Kind.COUNT,
    "minimum": Kind.RANGE,
    "multipleOf": Kind.PRECISION,
    "required": Kind.MISSING,
    "type": Kind.TYPE,
}


def _request_file(version: Version, action: str) -> str:
    if version is Version.V16 or action in sends_from_station(version):
        return f"{action}.json"
    return f"{action}Request.json"


@cache
def load_schema(version: Version, action: str, response: bool = False) -> dict[str, Any]:
    """The published schema of a request or a response. Raises FileNotFoundError for an action without one."""
    name = f"{action}Response.json" if response else _request_file(version, action)
    text = (files("ocpp") / _FOLDERS[version] / "schemas" / name).read_text("utf-8-sig")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _compiled(version: Version, response: bool) -> dict[str, Validator]:
    calls = actions_from_station(version) | actions_from_csms(version)
    actions = calls if response else calls | sends_from_station(version)
    return {
        action: jsonschema_rs.validator_for(load_schema(version, action, response), validate_formats=False)
        for action in actions
    }


_REQUESTS = {version: _compiled(version, response=False) for version in Version}
_RESPONSES = {version: _compiled(version, response=True) for version in Version}


def check(version: Version, action: str, payload: Any) -> Verdict:
    """Judge the payload of a request, whichever side sends it; never raises.

    `payload` is what a JSON reader returns. An action that the version does not know gives a hard verdict. A clean
    payload costs one pass through the compiled schema; a violation costs some 10 µs more each.
    """
    validator = _REQUESTS[version].get(action)
    if validator is None:
        return _unknown(version, action)
    try:
        if validator.is_valid(payload):
            return CLEAN
    except ValueError:
        return _no_json(version, action)
    return _explained(validator, version, action, payload, response=False)


def check_response(version: Version, action: str, payload: Any) -> Verdict:
    """Judge the payload of the answer to `action`; never raises."""
    validator = _RESPONSES[version].get(action)
    if validator is None:
        return _unknown(version, action)
    try:
        if validator.is_valid(payload):
            return CLEAN
    except ValueError:
        return _no_json(version, action)
    return _explained(validator, version, action, payload, response=True)


def _explained(validator: Validator, version: Version, action: str, payload: Any, *, response: bool) -> Verdict:
    try:
        errors = _errors(validator, payload)
    except (ValueError, TypeError, RecursionError):
        return _no_json(version, action)
    schema = load_schema(version, action, response)
    violations = [violation for error in errors for violation in _violations_of(error, version, schema)]
    if len(violations) > MOST_VIOLATIONS:
        more = Violation("", Kind.TOO_MANY, f"there are more than {MOST_VIOLATIONS} violations")
        violations = [*violations[:MOST_VIOLATIONS], more]
    return verdict_on(version, action, tuple(violations))


def _errors(validator: Validator, payload: Any) -> list[jsonschema_rs.ValidationError]:
    """The first errors. All are made before the first can be had, so of a long payload only a part is looked at."""
    if len(msgspec.json.encode(payload)) <= LONGEST_IN_FULL:
        return list(islice(validator.iter_errors(payload), MOST_VIOLATIONS + 1))
    errors = list(islice(validator.iter_errors(_abridged(payload)), MOST_VIOLATIONS + 1))
    return errors or _first_error(validator, payload)


def _abridged(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _abridged(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_abridged(item) for item in value[:ITEMS_OF_A_LONG_LIST]]
    return value


def _first_error(validator: Validator, payload: Any) -> list[jsonschema_rs.ValidationError]:
    try:
        validator.validate(payload)
    except jsonschema_rs.ValidationError as error:
        return [error]
    return []


def _no_json(version: Version, action: str) -> Verdict:
    """Lone surrogates, foreign types, endless nesting: no JSON reader of ours returns them."""
    return verdict_on(version, action, (Violation("", Kind.OTHER, "the payload holds what JSON does not have"),))


def _unknown(version: Version, action: str) -> Verdict:
    sentence = f"{version.label} has no action {action[:50]!r}"
    return verdict_on(version, action, (Violation("", Kind.UNKNOWN_ACTION, sentence),))


def _violations_of(error: jsonschema_rs.ValidationError, version: Version, schema: dict[str, Any]) -> list[Violation]:
    steps, kind = error.instance_path, _KINDS.get(error.kind.name, Kind.OTHER)
    if kind is Kind.TYPE and not steps:
        return [Violation("", Kind.SHAPE, "the payload is no JSON object")]
    details = error.kind.as_dict()
    if kind is Kind.EXTRA:
        names = details["unexpected"][:MOST_VIOLATIONS]
        return [_violation(kind, [*steps, name], f"is no field of {version.label}", schema) for name in names]
    if kind is Kind.MISSING:
        name = details["property"]
        return [Violation(pointer([*steps, name]), kind, f"{_place([*steps, name])} is missing",
                          is_optional(schema, steps))]  # fmt: skip
    return [_violation(kind, steps, _predicate(kind, details, version), schema)]


def _violation(kind: Kind, steps: list[str | int], predicate: str, schema: dict[str, Any]) -> Violation:
    return Violation(pointer(steps), kind, f"{_place(steps)} {predicate}", is_optional(schema, steps))


def _predicate(kind: Kind, details: dict[str, Any], version: Version) -> str:
    """What is wrong, without the value itself: it may be a token or a name, and sentences are kept for ever."""
    limit = details.get("limit")
    match kind:
        case Kind.ENUM:
            return f"is a word that {version.label} does not list"
        case Kind.LENGTH:
            return f"is longer than {limit} characters"
        case Kind.COUNT:
            return f"has not the right number of items (limit {limit})"
        case Kind.RANGE:
            return f"is out of range (limit {limit})"
        case Kind.TYPE:
            return f"is not of type {' or '.join(details['types'])}"
        case Kind.PRECISION:
            return "has too many decimals"
        case _:
            return "breaks a rule of the schema"


def _place(steps: list[str | int]) -> str:
    return ".".join(escape(step) for step in steps) or "the payload"
