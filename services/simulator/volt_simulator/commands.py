"""Takes the commands of the central system: schema, table of the version, answer."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from ocpp.exceptions import OCPPError

from volt_simulator import frames
from volt_simulator.wire import Payload, check_call, check_result

if TYPE_CHECKING:
    from volt_simulator.station import Station

LOGGER = logging.getLogger("volt.simulator.commands")
# 1.6 spells two error codes otherwise than 2.x (OCPP-J 1.6 table 7, OCPP 2.0.1 part 4 table 7).
SPELLED_IN_16 = {
    "FormatViolation": "FormationViolation",
    "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
}

Response = tuple[str, Callable[[], None]]


async def obey(station: "Station", call: frames.Call) -> Response:
    """The answer to a command as text, and what to do once it is sent."""
    station.counters.commands += 1
    dialect = station.dialect
    handler = dialect.commands.get(call.action)
    if handler is None:
        # OCPP-J 1.6 §4.2.3: NotSupported is known but not supported, NotImplemented is not known at all.
        code = "NotSupported" if call.action in dialect.known_actions else "NotImplemented"
        return _refuse(station, call, code, f"{call.action} is not something this station does")
    try:
        await check_call(dialect.version, call.action, call.payload)
    except OCPPError as problem:
        spelled = SPELLED_IN_16 if dialect.version == "1.6" else {}
        return _refuse(station, call, spelled.get(problem.code, problem.code), str(problem.description))
    reply = handler(station, call.payload)
    await _check_own(station, call.action, reply.payload)
    return frames.answer(call.message_id, reply.payload), reply.afterwards


def _refuse(station: "Station", call: frames.Call, code: str, why: str) -> Response:
    station.counters.commands_refused += 1
    return frames.refusal(call.message_id, code, why), lambda: None


async def _check_own(station: "Station", action: str, payload: Payload) -> None:
    try:
        await check_result(station.dialect.version, action, payload)
    except OCPPError as problem:
        station.counters.own_schema_errors += 1
        LOGGER.error("this station breaks the schema of its answer to %s: %s", action, problem)
