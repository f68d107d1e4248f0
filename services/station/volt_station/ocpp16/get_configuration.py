"""GetVariables → GetConfiguration (OCPP 1.6 §5.8, §6.23)."""

from typing import Any

from volt_contracts.station import GetVariables
from volt_station.domain.commands import Call, Written
from volt_station.domain.results import Answered, Row
from volt_station.domain.state import Station
from volt_station.lenient import Object, flag, parts, text
from volt_station.normalise import Normaliser
from volt_station.ocpp16.configuration_keys import key_of, lossy_of


def write(command: GetVariables, _station: Station) -> Written:
    """Keys by their name; none at all asks for every key."""
    payload: dict[str, Any] = {"key": [key_of(variable) for variable in command.variables]} if command.variables else {}
    return (Call("GetConfiguration", payload, lossy_of(command.variables)),)


def read(answer: Object, quirks: Normaliser) -> Answered:
    """Known keys with their values, and the unknown ones; rejected when all of them are unknown."""
    rows = tuple(_row(entry, quirks) for entry in parts(answer, "configurationKey"))
    names = answer.get("unknownKey")
    unknown = [name for name in names if type(name) is str] if type(names) is list else []
    rows += tuple({"variable": name[:255], "status": "UnknownVariable"} for name in unknown)
    if unknown and len(rows) == len(unknown):
        return Answered("rejected", "UnknownVariable", None, rows, "the station knows none of these keys")
    return Answered("accepted", "Accepted", None, rows)


def _row(entry: Object, quirks: Normaliser) -> Row:
    name = text(entry, "key") or ""
    row = {"variable": name, "status": "Accepted"}
    value = text(entry, "value", 5000)
    if value is not None:
        aliases = quirks.configuration.get(name)
        row["value"] = value if aliases is None else _standard(value, aliases[0])
    if flag(entry, "readonly"):
        row["readonly"] = "true"
    return row


def _standard(value: str, aliases: Any) -> str:
    """Each word of a list of words in its standard spelling."""
    return ",".join(aliases.get(word.strip().lower(), word.strip()) for word in value.split(","))
