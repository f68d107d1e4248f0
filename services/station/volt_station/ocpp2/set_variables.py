"""SetVariables (OCPP 2.0.1 part 2, B05)."""

from volt_contracts.station import SetVariables
from volt_station.domain.commands import Call, Refusal, Written
from volt_station.domain.results import Answered
from volt_station.domain.state import Station
from volt_station.lenient import Object
from volt_station.normalise import Normaliser
from volt_station.ocpp2.variables import data_of, read_results, refusal


def write(command: SetVariables, _station: Station) -> Written:
    """All variables in one call."""
    why = refusal(command.variables)
    if why is not None:
        return why
    if any(variable.value is None for variable in command.variables):
        return Refusal("rejected", "a variable without a value cannot be written")
    data = [data_of(variable) | {"attributeValue": variable.value} for variable in command.variables]
    return (Call("SetVariables", {"setVariableData": data}),)


def read(answer: Object, _quirks: Normaliser) -> Answered:
    """What came of each of them."""
    return read_results(answer, "setVariableResult", all_of_them=True)
