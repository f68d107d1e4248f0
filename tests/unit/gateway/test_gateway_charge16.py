"""A whole charge of a 1.6 station over a real socket: connect, boot, authorize, start, readings, stop."""

from datetime import UTC, datetime

from unit.gateway.gateway_fakes import FakeLog
from unit.gateway.gateway_station import SECRET, gateway, key_of, station, until

from volt_contracts.gateway import Exchange, LinkClosed, LinkOpened
from volt_contracts.refs import token_ref
from volt_contracts.session import AuthorizationRow, Issuer


def accepted(value: str) -> AuthorizationRow:
    ref = token_ref(SECRET, "demo", value)
    return AuthorizationRow(
        token_ref=ref, issuers=(Issuer(issuer="demo", token_type="rfid", verdict="Accepted", group_ref="g" * 32),)
    )


def exchanges(log: FakeLog) -> list[Exchange]:
    return log.of(Exchange)


async def test_a_charge_from_boot_to_stop_is_answered_and_on_record() -> None:
    async with gateway() as gate:
        gate.authorization(accepted("TAG0001"))
        now = datetime.now(UTC).isoformat()
        async with station(gate.port) as charger:
            boot = await charger.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
            authorize = await charger.call("Authorize", {"idTag": "TAG0001"})
            start = await charger.call(
                "StartTransaction", {"connectorId": 1, "idTag": "tag-0001", "meterStart": 5, "timestamp": now}
            )
            values = await charger.call(
                "MeterValues",
                {
                    "connectorId": 1,
                    "transactionId": start["transactionId"],
                    "meterValue": [{"timestamp": now, "sampledValue": [{"value": "17"}]}],
                },
            )
            stop = await charger.call(
                "StopTransaction", {"transactionId": start["transactionId"], "meterStop": 17, "timestamp": now}
            )
        await until(lambda: bool(gate.log.of(LinkClosed)))

    assert boot["status"] == "Accepted"
    assert boot["interval"] == 300
    assert boot["currentTime"].endswith("Z")
    assert authorize == {"idTagInfo": {"status": "Accepted", "parentIdTag": "g" * 20}}
    assert start["idTagInfo"]["status"] == "Accepted"
    assert 0 < start["transactionId"] < 2**31
    assert values == stop == {}

    opened = gate.log.of(LinkOpened)[0]
    assert (opened.identity, opened.protocol, opened.known) == ("CP1", "ocpp1.6", False)
    said = exchanges(gate.log)
    assert [one.action for one in said] == [
        "BootNotification", "Authorize", "StartTransaction", "MeterValues", "StopTransaction",
    ]  # fmt: skip
    assert {one.link_seq for one in said} == {0}
    assert {record.key for record in gate.log.records} == {key_of("CP1")}
    assert said[0].decision is not None
    assert said[0].decision.registration == "accepted"
    assert said[2].decision is not None
    assert said[2].decision.transaction_id == start["transactionId"]
    assert said[2].decision.verdict_source == "authorizations"
    assert said[2].token_refs == {"/idTag": token_ref(SECRET, "demo", "TAG0001")}
    assert gate.log.of(LinkClosed)[0].by == "network"
