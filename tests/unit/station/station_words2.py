"""What a 2.x station says, with the least of words."""

from typing import Any

from unit.station.station_story import Story, Then

from volt_contracts.gateway import Decision

TX = "0b5c1c52-7f0e-4d1c-9a55-0a7b6f0d2c11"
ANNA = {"idToken": {"idToken": "04A1B2C3", "type": "ISO14443"}}


def station(protocol: str = "ocpp2.0.1") -> Story:
    """A connected and booted station."""
    story = Story(protocol=protocol)
    story.link()
    boot(story)
    return story


def boot(story: Story, **said: Any) -> Then:
    """BootNotification, accepted."""
    payload = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Two"} | said}
    return story.call("BootNotification", payload, decision=Decision(registration="accepted"))


def status(story: Story, word: str, evse: int = 1, connector: int = 1, **said: Any) -> Then:
    """StatusNotification."""
    payload = {
        "timestamp": story.stamp(),
        "connectorStatus": word,
        "evseId": evse,
        "connectorId": connector,
    } | said
    return story.call("StatusNotification", payload)


def event(
    story: Story,
    kind: str,
    seq: int | None,
    *,
    tx: str = TX,
    trigger: str = "ChargingStateChanged",
    at: str | None = None,
    info: dict[str, Any] | None = None,
    ref: str | None = None,
    verdict: str = "Accepted",
    **said: Any,
) -> Then:
    """TransactionEvent."""
    payload: dict[str, Any] = {
        "eventType": kind,
        "timestamp": at or story.stamp(),
        "triggerReason": trigger,
        "transactionInfo": {"transactionId": tx} | (info or {}),
    } | said
    if seq is not None:
        payload["seqNo"] = seq
    if ref is None:
        return story.call("TransactionEvent", payload)
    decision = Decision(verdict=verdict, verdict_source="authorizations", token_ref=ref)  # type: ignore[arg-type]
    return story.call("TransactionEvent", payload | ANNA, refs={"/idToken/idToken": ref}, decision=decision)


def metered(story: Story, wh: object, context: str = "Sample.Periodic", at: str | None = None) -> dict[str, Any]:
    """A meterValue list with one register."""
    sample = {"value": wh, "context": context, "measurand": "Energy.Active.Import.Register"}
    return {"meterValue": [{"timestamp": at or story.stamp(), "sampledValue": [sample]}]}
