"""What the twin asks of a station: (protocol, command type) → writer, (protocol, action) → reader of its answer."""

from collections.abc import Mapping

from volt_contracts import station
from volt_contracts.gateway import CallReport
from volt_ocpp.versions import Version
from volt_station import answers
from volt_station.answers import ReadAnswer, read_status
from volt_station.domain.commands import Refusal, Write, Written
from volt_station.domain.results import Answered
from volt_station.domain.state import Station
from volt_station.lenient import read_object
from volt_station.normalise import Normaliser
from volt_station.ocpp2 import table as ocpp2
from volt_station.ocpp16 import table as ocpp16

WRITERS: Mapping[str, Mapping[type, Write]] = {
    Version.V16.value: ocpp16.COMMANDS,
    Version.V201.value: ocpp2.COMMANDS,
    Version.V21.value: ocpp2.COMMANDS,
}

READERS: Mapping[str, Mapping[str, ReadAnswer]] = {
    Version.V16.value: ocpp16.ANSWERS,
    Version.V201.value: ocpp2.ANSWERS,
    Version.V21.value: ocpp2.ANSWERS,
}
"""Every other action answers with a status."""


def write(command: station.StationCommand, state: Station, protocol: str) -> Written:
    """The calls of a command, or why there are none."""
    writer = WRITERS.get(protocol, {}).get(type(command))
    if writer is None:
        return Refusal("not_supported", f"{protocol} has nothing like it")
    return writer(command, state)


def read(report: CallReport, quirks: Normaliser) -> Answered:
    """What a report says of its call."""
    if report.report == "no_answer":
        return answers.NO_ANSWER
    if report.report == "not_sent":
        return answers.not_sent(report.error)
    answer = read_object(report.answer) or {}
    if report.report == "error":
        return answers.read_error(report.error or "GenericError", answer)
    return READERS.get(report.protocol, {}).get(report.action, read_status)(answer, quirks)
