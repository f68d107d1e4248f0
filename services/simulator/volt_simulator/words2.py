"""The `ocpp` package's words for the two versions of 2.x: one dialect speaks both, with the types of either."""

from dataclasses import dataclass
from typing import Any

import ocpp.v21.call
import ocpp.v21.call_result
import ocpp.v21.datatypes
import ocpp.v21.enums
import ocpp.v201.call
import ocpp.v201.call_result
import ocpp.v201.datatypes
import ocpp.v201.enums


@dataclass(frozen=True, slots=True)
class Words:
    """Calls, results and datatypes of one version. Always used with keywords: the versions order them differently."""

    version: str
    subprotocol: str
    call: Any
    result: Any
    types: Any
    actions: frozenset[str]


WORDS_201 = Words(
    "2.0.1",
    "ocpp2.0.1",
    ocpp.v201.call,
    ocpp.v201.call_result,
    ocpp.v201.datatypes,
    frozenset(str(action.value) for action in ocpp.v201.enums.Action),
)
WORDS_21 = Words(
    "2.1",
    "ocpp2.1",
    ocpp.v21.call,
    ocpp.v21.call_result,
    ocpp.v21.datatypes,
    frozenset(str(action.value) for action in ocpp.v21.enums.Action),
)
