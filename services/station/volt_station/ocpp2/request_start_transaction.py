"""RequestStart → RequestStartTransaction (OCPP 2.0.1 part 2, F01, F02)."""

from typing import Any

from volt_contracts.station import RequestStart
from volt_station.domain.commands import Call, Refusal, Written
from volt_station.domain.state import Station

_LONGEST_TOKEN = 36


def write(command: RequestStart, _station: Station) -> Written:
    """The transaction that follows bears the remote start id."""
    if len(command.id_token) > _LONGEST_TOKEN:
        return Refusal("rejected", f"the token is longer than the {_LONGEST_TOKEN} characters that OCPP 2 can carry")
    payload: dict[str, Any] = {
        "remoteStartId": command.remote_start_id,
        "idToken": {"idToken": command.id_token, "type": command.token_type},
    }
    if command.evse is not None:
        payload["evseId"] = command.evse
    return (Call("RequestStartTransaction", payload),)
