"""API keys as programs send them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_contracts.api_keys import RANDOM_BYTES, made, read
from volt_contracts.refs import NoSecret, api_key_hash

DRAWN = bytes(range(RANDOM_BYTES))


def test_a_key_says_whose_it_is() -> None:
    key = made("demo", DRAWN)
    assert key.key_id == "0001020304050607"
    assert key.text == "vlk_demo_0001020304050607_08090a0b0c0d0e0f101112131415161718191a1b"
    assert read(key.text) == key


@given(st.from_regex(r"[A-Za-z0-9._~-]{1,40}", fullmatch=True), st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES))
def test_every_key_can_be_read(tenant: str, drawn: bytes) -> None:
    key = made(tenant, drawn)
    assert read(key.text) == key


@pytest.mark.parametrize(
    "text", ["", "vlk_", "vlk_demo", "vlk_demo_id", "vlk__id_x", "vlk_demo__x", "vlk_a/b_id_x", "x_demo_id_y"]
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert read(text) is None


@given(st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    found = read(f"vlk_{text}")
    assert found is None or found.text == f"vlk_{text}"


def test_a_hash_belongs_to_a_tenant_and_needs_the_secret() -> None:
    assert api_key_hash("secret", "demo", "k") != api_key_hash("secret", "other", "k")
    assert api_key_hash("secret", "demo", "k") != api_key_hash("another", "demo", "k")
    with pytest.raises(NoSecret):
        api_key_hash("", "demo", "k")
