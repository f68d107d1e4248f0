"""What operators may ask of a station or a visit: bodies as they come in, and the commands that they become.

The words are those of OCPP 2.x; what a station's version cannot express stands in the outcome.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from volt_contracts import station
from volt_contracts.message import Actor, Command
from volt_contracts.migration import AdoptTransaction
from volt_contracts.refs import token_ref
from volt_contracts.session import StartSession, StopSession

Evse = Annotated[int, Field(ge=0, le=1_000_000)]
Register = Annotated[Decimal, Field(ge=0, max_digits=18)]
Name = Annotated[str, Field(min_length=1, max_length=50)]


class Body(BaseModel):
    """What every command takes."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    not_after: AwareDatetime | None = Field(
        default=None, description="The outcome is `expired` if it was not sent before this."
    )


def said_by(actor: Actor, body: Body) -> bytes:
    """All that a request says, clear values too, to tell whether another one says the same; it is not stored."""
    said = (type(body).__name__, actor, body.model_dump(exclude_unset=True))
    return msgspec.json.encode(said, enc_hook=_clear, order="deterministic")


def _clear(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    raise NotImplementedError(f"a body holds a {type(value).__name__}")


class ResetBody(Body):
    """Restart: `OnIdle` lets transactions end first (1.6 Soft), `Immediate` does not (1.6 Hard)."""

    kind: Literal["OnIdle", "Immediate"] = "OnIdle"
    evse: Evse | None = None


class UnlockBody(Body):
    """Release the plug of one connector."""

    evse: Evse
    connector: Evse = 1


class AvailabilityBody(Body):
    """Take the station, an EVSE or a connector in or out of service."""

    operational: bool
    evse: Evse | None = None
    connector: Evse | None = None


class TriggerBody(Body):
    """Ask for a message now: BootNotification, Heartbeat, MeterValues, StatusNotification, …"""

    message: Name
    evse: Evse | None = None
    connector: Evse | None = None


class VariableBody(BaseModel):
    """A variable of the device model, or without a component a configuration key of 1.6."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    variable: Name
    component: Name | None = None
    instance: Name | None = None
    evse: Evse | None = None

    def named(self, value: str | None = None) -> station.Variable:
        """As the contract writes it."""
        return station.Variable(
            variable=self.variable, component=self.component, instance=self.instance, evse=self.evse, value=value
        )


class ValueBody(VariableBody):
    """A variable and the value that it is to have."""

    value: Annotated[str, Field(max_length=2_500)]


class GetVariablesBody(Body):
    """Read variables; none: all configuration keys (1.6 only)."""

    variables: Annotated[list[VariableBody], Field(max_length=50)] = []


class SetVariablesBody(Body):
    """Write variables, in this order."""

    variables: Annotated[list[ValueBody], Field(min_length=1, max_length=50)]


class StartBody(Body):
    """Start charging remotely for a token, given as the station shall present it."""

    token: Annotated[str, Field(min_length=1, max_length=36)]
    token_type: Name = "Central"
    evse: Evse | None = None


class AdoptBody(Body):
    """A transaction runs that a former system began; its stop will bear the id that this gave it."""

    transaction_id: Annotated[str, Field(min_length=1, max_length=36)]
    started_at: AwareDatetime
    evse: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    connector: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    register_wh: Register | None = Field(default=None, description="What the register showed at the start.")
    token: Annotated[str | None, Field(min_length=1, max_length=36)] = None
    last_register_wh: Register | None = Field(default=None, description="What it showed when it was last read.")
    last_at: AwareDatetime | None = None


class StopBody(Body):
    """Stop the running transaction of a visit."""


StationBody = ResetBody | UnlockBody | AvailabilityBody | TriggerBody | GetVariablesBody | SetVariablesBody

STATION_BODIES: Mapping[str, type[StationBody]] = {
    "reset": ResetBody,
    "unlock": UnlockBody,
    "availability": AvailabilityBody,
    "trigger": TriggerBody,
    "variables/get": GetVariablesBody,
    "variables/set": SetVariablesBody,
}
"""The last part of the path → what is asked of `station.commands`."""


def station_command(body: StationBody, actor: Actor) -> Command:
    """The command for `station.commands`."""
    until = body.not_after
    match body:
        case ResetBody():
            return station.Reset(actor=actor, not_after=until, kind=body.kind, evse=body.evse)
        case UnlockBody():
            return station.UnlockConnector(actor=actor, not_after=until, evse=body.evse, connector=body.connector)
        case AvailabilityBody():
            where = {"evse": body.evse, "connector": body.connector}
            return station.ChangeAvailability(actor=actor, not_after=until, operational=body.operational, **where)
        case TriggerBody():
            where = {"evse": body.evse, "connector": body.connector}
            return station.TriggerMessage(actor=actor, not_after=until, message=body.message, **where)
        case GetVariablesBody():
            names = tuple(variable.named() for variable in body.variables)
            return station.GetVariables(actor=actor, not_after=until, variables=names)
        case SetVariablesBody():
            values = tuple(variable.named(variable.value) for variable in body.variables)
            return station.SetVariables(actor=actor, not_after=until, variables=values)


def start_session(body: StartBody, actor: Actor, tenant: str, secret: str) -> StartSession:
    """The command for `session.commands`. Raises NoSecret when there is none to make the token's reference with."""
    return StartSession(
        actor=actor,
        not_after=body.not_after,
        id_token=body.token,
        token_type=body.token_type,
        token_ref=token_ref(secret, tenant, body.token),
        evse=body.evse,
    )


def adopt_transaction(body: AdoptBody, actor: Actor, tenant: str, secret: str) -> AdoptTransaction:
    """The command for `station.commands`. Raises NoSecret when there is none to make the token's reference with."""
    return AdoptTransaction(
        actor=actor,
        not_after=body.not_after,
        evse=body.evse,
        connector=body.connector,
        protocol_id=body.transaction_id,
        started_at=body.started_at,
        register_wh=body.register_wh,
        token_ref=None if body.token is None else token_ref(secret, tenant, body.token),
        last_register_wh=body.last_register_wh,
        last_at=body.last_at,
    )


def stop_session(body: StopBody, actor: Actor, session_id: str) -> StopSession:
    """The command for `session.commands`."""
    return StopSession(actor=actor, not_after=body.not_after, session_id=session_id)
