"""References: RFC 5869's vectors, fixed references that must never change, and what normalisation forgives."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_contracts.refs import NoSecret, hkdf_sha256, normalise_token, station_key_hash, token_ref

SECRET = "a secret that only tests know"

# RFC 5869, appendix A.1 to A.3: secret, salt, info, length, output keying material.
VECTORS = [
    pytest.param(
        "0b" * 22, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9", 42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        id="A.1",
    ),
    pytest.param(
        bytes(range(0x50)).hex(), bytes(range(0x60, 0xB0)).hex(), bytes(range(0xB0, 0x100)).hex(), 82,
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        id="A.2",
    ),
    pytest.param(
        "0b" * 22, "", "", 42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        id="A.3",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("secret", "salt", "info", "length", "expected"), VECTORS)
def test_hkdf_gives_the_vectors_of_rfc_5869(secret: str, salt: str, info: str, length: int, expected: str) -> None:
    output = hkdf_sha256(bytes.fromhex(secret), salt=bytes.fromhex(salt), info=bytes.fromhex(info), length=length)
    assert output.hex() == expected


@pytest.mark.parametrize("length", [0, -1, 255 * 32 + 1])
def test_hkdf_refuses_a_length_that_the_rfc_forbids(length: int) -> None:
    with pytest.raises(ValueError, match="8160 bytes"):
        hkdf_sha256(b"secret", length=length)


def test_references_are_the_same_for_ever() -> None:
    assert token_ref(SECRET, "demo", "TAG0001") == "sgmcnoyzkk2kp2h2c6ca334pkfuagbh3"
    assert (
        station_key_hash(SECRET, "demo", b"0123456789abcdef")
        == "172f9ec1fcd3fed3050bd4e4d95f43f6cfaad1d5df9b7581d0f999c6f4f7e0fb"
    )


@pytest.mark.parametrize("spelling", ["04a1b2c3", "04:A1:B2:C3", " 04-a1-b2-c3 ", "04 A1 B2 C3", "\t04A1B2C3\r\n"])
def test_spellings_of_one_token_share_a_reference(spelling: str) -> None:
    assert normalise_token(spelling) == "04A1B2C3"
    assert token_ref(SECRET, "demo", spelling) == token_ref(SECRET, "demo", "04A1B2C3")


def test_references_differ_by_value_tenant_and_secret() -> None:
    refs = {
        token_ref(secret, tenant, value)
        for secret in (SECRET, "another")
        for tenant in ("demo", "other")
        for value in ("TAG0001", "TAG0002")
    }
    assert len(refs) == 8


def test_a_token_and_a_password_of_the_same_text_share_nothing() -> None:
    assert station_key_hash(SECRET, "demo", b"TAG0001")[:8] != token_ref(SECRET, "demo", "TAG0001")[:8]


@pytest.mark.parametrize(
    "make", [lambda: token_ref("", "demo", "TAG0001"), lambda: station_key_hash("", "demo", b"0123456789abcdef")]
)
def test_without_a_secret_there_is_no_reference(make: Callable[[], str]) -> None:
    with pytest.raises(NoSecret, match="VOLT_TOKEN_SECRET"):
        make()


@given(st.text())
def test_normalising_twice_changes_nothing(value: str) -> None:
    once = normalise_token(value)
    assert normalise_token(once) == once


@given(st.text(), st.text())
def test_any_text_has_a_reference_that_fits_a_key(tenant: str, value: str) -> None:
    assert re.fullmatch(r"[a-z2-7]{32}", token_ref(SECRET, tenant, value))


@given(st.binary())
def test_any_password_has_a_hash_of_64_digits(password: bytes) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", station_key_hash(SECRET, "demo", password))
