"""Station keys: made or chosen. What is stored of them: `volt_contracts.credentials`."""

from secrets import token_hex

SHORTEST, LONGEST = 16, 40
"""Bytes of a basic-auth password (OCPP 2.0.1 part 2, `BasicAuthPassword`; OCPP 1.6 security whitepaper §2.3)."""

GENERATED_BYTES = 16


class BadPassword(ValueError):
    """A password that no station could use or that is too easy to guess; its text says why, never what it is."""


def generate() -> str:
    """A key of 128 random bits as 32 hexadecimal digits: fits `BasicAuthPassword` and 1.6's `AuthorizationKey`."""
    return token_hex(GENERATED_BYTES)


def checked(password: bytes) -> bytes:
    """The password, if a station can have it.

    Raises:
        BadPassword: it is shorter or longer than OCPP allows.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadPassword(f"the password has {len(password)} bytes: a station's has {SHORTEST} to {LONGEST}")
    return password
