"""What is stored of a station's password: a hash that fits how it came about."""

from argon2.low_level import Type, verify_secret

from volt_contracts.credentials import SALT_BYTES, of_key, of_password
from volt_contracts.network import Credential
from volt_contracts.refs import station_key_hash

PASSWORD = b"0123456789abcdef"


def test_of_a_key_that_was_made_its_hmac_is_kept() -> None:
    assert of_key("secret", "demo", PASSWORD) == Credential(
        kind="hmac-sha256", hash=station_key_hash("secret", "demo", PASSWORD)
    )


def test_a_chosen_password_is_kept_as_argon2id_each_time_with_another_salt() -> None:
    first, second = of_password(PASSWORD), of_password(PASSWORD)
    assert first.kind == "argon2id"
    assert first.hash != second.hash
    assert all(verify_secret(made.hash.encode(), PASSWORD, Type.ID) for made in (first, second))


def test_the_same_salt_gives_the_same_hash() -> None:
    assert of_password(PASSWORD, bytes(SALT_BYTES)) == of_password(PASSWORD, bytes(SALT_BYTES))
