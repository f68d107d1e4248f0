"""Station keys: made or chosen. What is stored of them: `volt_contracts.credentials`."""

from secrets import token_hex

from volt_contracts.credentials import KEY_BYTES, LONGEST, SHORTEST


class BadPassword(ValueError):
    """A password that no station could use or that is too easy to guess; its text says why, never what it is."""


def generate() -> str:
    """A key of 128 random bits as 32 hexadecimal digits: fits `BasicAuthPassword` and 1.6's `AuthorizationKey`."""
    return token_hex(KEY_BYTES)


def checked(password: bytes) -> bytes:
    """The password, if a station can have it.

    Raises:
        BadPassword: it is shorter or longer than OCPP allows.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadPassword(f"the password has {len(password)} bytes: a station's has {SHORTEST} to {LONGEST}")
    return password
