"""The action tables against the schemas that exist."""

from importlib.resources import files

import pytest

from volt_ocpp.actions import REVENUE, actions_from_csms, actions_from_station, refusal_of, sends_from_station
from volt_ocpp.versions import Version

FOLDERS = {Version.V16: "v16", Version.V201: "v201", Version.V21: "v21"}


@pytest.mark.parametrize("version", Version)
def test_every_published_action_has_a_direction(version: Version) -> None:
    names = [entry.name.removesuffix(".json") for entry in (files("ocpp") / FOLDERS[version] / "schemas").iterdir()]
    published = {name.removesuffix("Request").removesuffix("Response") for name in names if not name.startswith("_")}
    known = actions_from_station(version) | actions_from_csms(version) | sends_from_station(version)
    assert known == published


@pytest.mark.parametrize("version", Version)
def test_only_data_transfer_goes_both_ways(version: Version) -> None:
    assert actions_from_station(version) & actions_from_csms(version) == {"DataTransfer"}


def test_revenue_comes_from_stations() -> None:
    assert (actions_from_station(Version.V16) | actions_from_station(Version.V201)).issuperset(REVENUE)


@pytest.mark.parametrize(
    ("version", "action", "code"),
    [
        (Version.V16, "StartTransaction", None),
        (Version.V16, "TransactionEvent", "NotImplemented"),
        (Version.V16, "Reset", "NotSupported"),
        (Version.V16, "heartbeat", "NotImplemented"),
        (Version.V201, "StartTransaction", "NotImplemented"),
        (Version.V201, "NotifySettlement", "NotImplemented"),
        (Version.V21, "NotifySettlement", None),
        (Version.V21, "NotifyPeriodicEventStream", "NotSupported"),
        (Version.V21, "GetVariables", "NotSupported"),
        (Version.V21, "", "NotImplemented"),
    ],
)
def test_refusals(version: Version, action: str, code: str | None) -> None:
    assert refusal_of(version, action) == code
