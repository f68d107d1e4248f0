"""Commands of an operator, and the calls that they become."""

from typing import Any

import msgspec
from unit.station.station_story import OPERATOR, Story, Then
from unit.station.station_words16 import boot

from volt_contracts.gateway import SendCall
from volt_contracts.station import (
    RequestStart,
)
from volt_contracts.topics import GATEWAY_DOWNLINK

START = RequestStart(actor=OPERATOR, id_token="WIRE-1", token_ref="ref-wire", evse=1, remote_start_id=77)


def station16() -> Story:
    story = Story()
    story.link()
    boot(story)
    return story


def sent(then: Then) -> SendCall:
    (call,) = then.to(GATEWAY_DOWNLINK)
    assert isinstance(call, SendCall)
    return call


def payload(call: SendCall) -> Any:
    return msgspec.json.decode(call.payload)
