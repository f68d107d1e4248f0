"""GetVariables (OCPP 2.0.1 part 2, B06)."""

from volt_contracts.station import GetVariables
from volt_station.domain.commands import Call, Written
from volt_station.domain.results import Answered
from volt_station.domain.state import Station
from volt_station.lenient import Object
from volt_station.normalise import Normaliser
from volt_station.ocpp2.variables import data_of, read_results, refusal


def write(command: GetVariables, _station: Station) -> Written:
    """All variables in one call."""
    why = refusal(command.variables)
    if why is not None:
        return why
    return (Call("GetVariables", {"getVariableData": [data_of(variable) for variable in command.variables]}),)


def read(answer: Object, _quirks: Normaliser) -> Answered:
    """What each of them is."""
    return read_results(answer, "getVariableResult", all_of_them=False)
