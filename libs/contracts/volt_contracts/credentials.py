"""What is stored of a station's basic-auth password (OCPP 1.6 security whitepaper §2.3, OCPP 2.0.1 part 2, A00).

A key that we made has 128 random bits: its HMAC cannot be guessed and is compared at once. A password that somebody
chose can be guessed, so guessing is made dear: argon2id (RFC 9106), which the gateway checks beside its work.
"""

from os import urandom

from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret, verify_secret

from volt_contracts.network import Credential
from volt_contracts.refs import station_key_hash

SHORTEST, LONGEST = 16, 40
"""Bytes of a basic-auth password (OCPP 2.0.1 part 2, `BasicAuthPassword`; OCPP 1.6 security whitepaper §2.3)."""
KEY_BYTES = 16
"""Of a key that is made; it is sent as 32 hexadecimal digits."""
SALT_BYTES = 16
_TIME_COST, _MEMORY_KIB, _LANES, _HASH_BYTES = 2, 19_456, 1, 32
"""The OWASP recommendation for argon2id, some 20 ms: thousands of stations may come back at once."""


def of_key(secret: str, tenant: str, key: bytes) -> Credential:
    """Of a key that was made at random.

    Raises:
        NoSecret: `VOLT_TOKEN_SECRET` is empty.
    """
    return Credential(kind="hmac-sha256", hash=station_key_hash(secret, tenant, key))


def of_password(password: bytes, salt: bytes | None = None) -> Credential:
    """Of a password that somebody chose. `salt` has 16 bytes; it is drawn unless the same hash must come out again."""
    drawn = urandom(SALT_BYTES) if salt is None else salt
    encoded = hash_secret(password, drawn, _TIME_COST, _MEMORY_KIB, _LANES, _HASH_BYTES, Type.ID)
    return Credential(kind="argon2id", hash=encoded.decode())


def is_password(credential: Credential, password: bytes) -> bool:
    """Whether a credential of kind `argon2id` is that of this password; costs as much as making one."""
    try:
        return verify_secret(credential.hash.encode(), password, Type.ID)
    except (VerificationError, InvalidHashError):
        return False
