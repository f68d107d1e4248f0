"""TLS at the gateway itself: security profile 2. The key beside this file belongs to `localhost` of these tests."""

import ssl
from pathlib import Path

import pytest
from picows import ws_connect
from unit.gateway.gateway_station import Station, gateway, until
from unit.gateway.test_gateway_upgrade import row

from volt_contracts.gateway import LinkOpened
from volt_runtime.run import StartError

PEM = Path(__file__).with_name("gateway_localhost.pem")


async def test_by_tls_a_password_is_profile_2() -> None:
    context = ssl.create_default_context(cafile=str(PEM))
    async with gateway(tls_certificate=PEM, tls_key=PEM) as gate:
        gate.station(row("0123456789abcdef", profile=2))
        transport, charger = await ws_connect(
            Station,
            f"wss://localhost:{gate.port}/ocpp/demo/CP1",
            ssl_context=context,
            extra_headers={
                "Sec-WebSocket-Protocol": "ocpp1.6", "Authorization": "Basic Q1AxOjAxMjM0NTY3ODlhYmNkZWY=",
            },
        )  # fmt: skip
        assert isinstance(charger, Station)
        await charger.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        assert gate.log.of(LinkOpened)[0].security_profile == 2
        transport.disconnect()
        await until(lambda: not gate.wire.links.by_id)


async def test_a_certificate_that_cannot_be_used_is_said_at_the_start(tmp_path: Path) -> None:
    for name in ("missing.pem", "empty.pem"):
        (tmp_path / "empty.pem").touch()
        with pytest.raises(StartError, match="cannot be used"):
            async with gateway(tls_certificate=tmp_path / name):
                pass
