"""RequestStart → RemoteStartTransaction (OCPP 1.6 §5.11, §6.33)."""

from typing import Any

from volt_contracts.station import RequestStart
from volt_station.domain.commands import Call, Refusal, Written
from volt_station.domain.state import Station

_LONGEST_TAG = 20
"""IdToken of 1.6 (§7.28)."""


def write(command: RequestStart, _station: Station) -> Written:
    """The station presents the token at its connector; 1.6 has neither a token type nor an id for the start."""
    if len(command.id_token) > _LONGEST_TAG:
        return Refusal("rejected", f"the token is longer than the {_LONGEST_TAG} characters that OCPP 1.6 can carry")
    payload: dict[str, Any] = {"idTag": command.id_token}
    if command.evse is not None:
        payload["connectorId"] = command.evse
    return (Call("RemoteStartTransaction", payload, ("token_type", "remote_start_id")),)
