"""The verdict of our check and of the `ocpp` package's own validation, for every message of every version."""

import pytest
from ocpp.exceptions import OCPPError
from ocpp.messages import Call, CallResult, validate_payload
from unit.ocpp.ocpp_samples import MESSAGES, fullest, smallest, spoiled

from volt_ocpp.schemas import check, check_response
from volt_ocpp.versions import Version

NAMES = {Version.V16: "1.6", Version.V201: "2.0.1", Version.V21: "2.1"}


async def is_valid_there(version: Version, action: str, response: bool, payload: dict[str, object]) -> bool:
    message = CallResult("1", payload, action) if response else Call("1", action, payload)
    try:
        await validate_payload(message, NAMES[version])
    except OCPPError:
        return False
    return True


@pytest.mark.parametrize(("version", "action", "response"), MESSAGES)
async def test_both_say_the_same(version: Version, action: str, response: bool) -> None:
    judge = check_response if response else check
    whole = fullest(version, action, response)
    for payload in (smallest(version, action, response), whole, *spoiled(whole)):
        ours = not judge(version, action, payload).violations
        assert ours == await is_valid_there(version, action, response, payload), payload
