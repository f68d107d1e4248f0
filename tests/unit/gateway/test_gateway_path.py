"""Reading tenant and identity from the path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_gateway.path import BadPath, StationPath, read_path


@pytest.mark.parametrize(
    ("path", "tenant", "identity"),
    [
        (b"/ocpp/demo/CP1", "demo", "CP1"),
        (b"/ocpp/demo/CP1/", "demo", "CP1"),
        (b"/ocpp/demo/cp1", "demo", "cp1"),
        (b"/ocpp/demo/RDAM%7C123", "demo", "RDAM|123"),
        (b"/ocpp/demo/RDAM|123?token=x", "demo", "RDAM|123"),
        (b"/ocpp/demo/a:b", "demo", "a:b"),
        (b"/ocpp/demo/" + b"x" * 48, "demo", "x" * 48),
    ],
)
def test_a_path_names_tenant_and_station(path: bytes, tenant: str, identity: str) -> None:
    read = read_path(path)
    assert isinstance(read, StationPath)
    assert (read.tenant, read.identity) == (tenant, identity)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (b"/", "bad_path"),
        (b"/ocpp/demo", "bad_path"),
        (b"/ocpp/demo/", "bad_path"),
        (b"/ocpp//CP1", "bad_path"),
        (b"/ocpp/demo/a/b", "bad_path"),
        (b"/ocpp/demo/a%2Fb", "bad_path"),
        (b"/ocpp/demo/a b", "bad_path"),
        (b"/ocpp/demo/%20", "bad_path"),
        (b"/ocpp/demo/caf%C3%A9", "bad_path"),
        (b"/ocpp/demo/%FF", "bad_path"),
        (b"/ocpp/de%2Fmo/CP1", "bad_path"),
        (b"/ws/demo/CP1", "bad_path"),
        (b"/ocpp/demo/" + b"x" * 49, "identity_too_long"),
    ],
)
def test_other_paths_are_refused_with_a_reason(path: bytes, reason: str) -> None:
    read = read_path(path)
    assert isinstance(read, BadPath)
    assert read.reason == reason
    assert len(read.identity) <= 48


def test_the_query_of_a_path_is_not_kept() -> None:
    """It may hold a password."""
    assert "secret" not in read_path(b"/ocpp/demo/CP1?key=secret").path


@given(st.binary(max_size=2000))
def test_no_path_is_too_odd_to_be_read(path: bytes) -> None:
    read = read_path(path)
    assert len(read.identity) <= 48
    assert len(read.path) <= 512
