"""Derived ids are UUIDs of version 5, and nothing else."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_contracts.ids import NAMESPACE, derive, entity_key, split_key, station_uid

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.uuids(), TEXT)
def test_a_cause_that_is_a_uuid_is_the_namespace(cause: uuid.UUID, name: str) -> None:
    """RFC 9562 §5.5."""
    assert derive(str(cause), name) == str(uuid.uuid5(cause, name))


@given(TEXT, TEXT)
def test_any_other_cause_is_hashed_below_the_root_first(cause: str, name: str) -> None:
    try:
        uuid.UUID(cause)
    except ValueError:
        assert derive(cause, name) == str(uuid.uuid5(uuid.uuid5(NAMESPACE, cause), name))


@pytest.mark.parametrize(
    "cause",
    ["g" * 36, "0" * 36, "-" * 36, "0f" * 18, "00000000 0000 5000 8000 000000000000", "é" * 36],
    ids=["letters", "digits", "dashes", "hex", "blanks", "not ASCII"],
)
def test_36_characters_that_are_no_uuid_are_hashed_as_well(cause: str) -> None:
    assert derive(cause, "x") == str(uuid.uuid5(uuid.uuid5(NAMESPACE, cause), "x"))


def test_known_ids_never_change() -> None:
    """They are in the log for ever."""
    assert derive("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "python.org") == "886313e1-3b8a-5372-9b90-0c9aee199e5d"
    assert derive("m1", "station.station/0") == "c3544405-4adf-5f2d-b182-77fa382d4dda"
    assert station_uid("demo", "CP-1") == "bb843f55-e5be-5540-a562-0b77c6459693"


def test_a_stations_uid_is_its_tenants() -> None:
    assert station_uid("demo", "CP-1") == station_uid("demo", "CP-1")
    assert len({station_uid(tenant, identity) for tenant in ("a", "b") for identity in ("x", "y", "a")}) == 6


@given(st.text(st.characters(exclude_characters="/")), st.text())
def test_keys_split_into_what_they_were_made_of(tenant: str, uid: str) -> None:
    assert split_key(entity_key(tenant, uid)) == (tenant, uid)
