"""What a 1.6 station says, with the least of words: payloads and decisions of the calls that stories are made of."""

from datetime import datetime
from typing import Any

from unit.station.station_story import Story, Then

from volt_contracts.gateway import Decision, Grant

REFS = {"/idTag": "ref-anna"}


def boot(story: Story, **said: Any) -> Then:
    """BootNotification, accepted."""
    payload = {"chargePointVendor": "Acme", "chargePointModel": "One"} | said
    return story.call("BootNotification", payload, decision=Decision(registration="accepted"))


def status(story: Story, word: str, connector: int = 1, **said: Any) -> Then:
    """StatusNotification with the station's time."""
    payload = {"connectorId": connector, "errorCode": "NoError", "status": word, "timestamp": story.stamp()} | said
    return story.call("StatusNotification", payload)


def start(
    story: Story,
    wire_id: int = 4711,
    *,
    connector: int = 1,
    meter: object = 1000,
    at: str | None = None,
    verdict: str = "Accepted",
    source: str = "authorizations",
    ref: str = "ref-anna",
    grant: Grant | None = None,
    **said: Any,
) -> Then:
    """StartTransaction, answered with this id and verdict."""
    payload = {
        "connectorId": connector,
        "idTag": "04A1B2C3",
        "meterStart": meter,
        "timestamp": story.stamp() if at is None else at,
    } | said
    decision = Decision(
        verdict=verdict,  # type: ignore[arg-type]
        verdict_source=source,  # type: ignore[arg-type]
        token_ref=ref,
        transaction_id=wire_id,
        grant=grant,
    )
    return story.call("StartTransaction", payload, decision=decision, refs={"/idTag": ref})


def stop(
    story: Story,
    wire_id: object = 4711,
    *,
    meter: object = 5000,
    at: str | None = None,
    ref: str | None = None,
    **said: Any,
) -> Then:
    """StopTransaction."""
    payload = {"transactionId": wire_id, "meterStop": meter, "timestamp": story.stamp() if at is None else at} | said
    refs = {} if ref is None else {"/idTag": ref}
    if ref is not None:
        payload["idTag"] = "04A1B2C3"
    return story.call("StopTransaction", payload, refs=refs, decision=Decision(token_ref=ref) if ref else None)


def meter_values(
    story: Story, wh: object, *, wire_id: object = 4711, connector: int = 1, at: str | None = None, **sample: Any
) -> Then:
    """MeterValues with one sample."""
    payload: dict[str, Any] = {
        "connectorId": connector,
        "meterValue": [{"timestamp": at or story.stamp(), "sampledValue": [{"value": str(wh)} | sample]}],
    }
    if wire_id is not None:
        payload["transactionId"] = wire_id
    return story.call("MeterValues", payload)


def grant(command_id: str, until: datetime, ref: str = "ref-wire", evse: int | None = 1) -> Grant:
    """A grant of a remote start."""
    return Grant(token_ref=ref, command_id=command_id, valid_until=until, evse=evse, remote_start_id=77)
