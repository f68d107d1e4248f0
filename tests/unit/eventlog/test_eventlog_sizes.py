"""The largest record that may be sent."""

import pytest

from volt_eventlog.sizes import MAX_RECORD_BYTES, TooLarge, check_size


def test_key_value_and_headers_count_together() -> None:
    check_size("t", b"k", b"x" * (MAX_RECORD_BYTES - 1), [])
    with pytest.raises(TooLarge):
        check_size("t", b"k", b"x" * MAX_RECORD_BYTES, [])
    with pytest.raises(TooLarge):
        check_size("t", b"k" * MAX_RECORD_BYTES, b"x", [])
    with pytest.raises(TooLarge, match=r"for station\.events"):
        check_size("station.events", b"k", b"x" * (MAX_RECORD_BYTES // 2), [("h", b"x" * (MAX_RECORD_BYTES // 2))])


def test_many_small_headers_count_with_what_they_cost_on_the_wire() -> None:
    with pytest.raises(TooLarge):
        check_size("t", b"k", None, [("h", b"")] * (MAX_RECORD_BYTES // 10))


def test_a_tombstone_has_a_size() -> None:
    check_size("t", b"k", None, [])
