"""SetVariables → ChangeConfiguration (OCPP 1.6 §5.3, §6.9): one key a call, in order."""

from volt_contracts.gateway import CallReport
from volt_contracts.station import SetVariables
from volt_station.domain.commands import Call, Refusal, Written
from volt_station.domain.state import Station
from volt_station.lenient import read_object, text
from volt_station.ocpp16.configuration_keys import key_of, lossy_of

MOST = 20
"""Keys of one command: each is a call that waits for the one before it."""


def key_in(report: CallReport) -> str | None:
    """The key that a call writes, from the call as it was sent."""
    if report.action != "ChangeConfiguration":
        return None
    return text(read_object(report.call) or {}, "key")


def write(command: SetVariables, _station: Station) -> Written:
    """A call for each key."""
    if not command.variables:
        return Refusal("rejected", "no variable is named")
    if len(command.variables) > MOST:
        return Refusal("rejected", f"at most {MOST} keys can be written by one command")
    if any(variable.value is None for variable in command.variables):
        return Refusal("rejected", "a variable without a value cannot be written")
    return tuple(
        Call("ChangeConfiguration", {"key": key_of(one), "value": one.value}, lossy_of([one]))
        for one in command.variables
    )
