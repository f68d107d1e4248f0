"""References that stand for secrets: `token_ref` for a token's clear value, `document_ref` for a person's data, the
stored hash for a station's key.

All are keyed by `VOLT_TOKEN_SECRET` and the tenant, so that one tenant's references say nothing about another's, and a
leaked log can neither be searched for a card number nor used to log in. The secret is never rotated.
"""

import hmac
from base64 import b32encode
from functools import lru_cache
from hashlib import sha256

_TOKEN = b"voltlog token ref "
_DOCUMENT = b"voltlog document ref "
_STATION_KEY = b"voltlog station key "
_API_KEY = b"voltlog api key "
_REF_BYTES = 20
_HASH_BYTES = sha256().digest_size


class NoSecret(ValueError):
    """`VOLT_TOKEN_SECRET` is empty: a reference made without it would be a plain hash."""


def normalise_token(value: str) -> str:
    """One form for all spellings of a token: upper case, without white space, `:` and `-`. Idempotent."""
    return "".join(value.split()).replace(":", "").replace("-", "").upper()


def token_ref(secret: str, tenant: str, value: str) -> str:
    """The reference of a token's clear value within a tenant, for every token type alike.

    The first 20 bytes of HMAC-SHA256(HKDF(secret, tenant), normalised value) as 32 characters of lower-case base32: 160
    bits keep a billion tokens apart, and the text fits keys, URLs and file names.

    Raises:
        NoSecret: the secret is empty.
    """
    return _reference(tenant_key(secret, _TOKEN, tenant), normalise_token(value).encode("utf-8", "surrogatepass"))


def document_ref(secret: str, tenant: str, document: bytes) -> str:
    """The reference of a whole document, byte for byte: says whether it has changed, and nothing else of it.

    Raises:
        NoSecret: the secret is empty.
    """
    return _reference(tenant_key(secret, _DOCUMENT, tenant), document)


def station_key_hash(secret: str, tenant: str, password: bytes) -> str:
    """What is stored of a station's basic-auth password: HMAC-SHA256 under the tenant's key, 64 hex digits.

    Compare it with `hmac.compare_digest` (OCPP 1.6 security whitepaper §2.3: at least 16 bytes, compared as bytes).

    Raises:
        NoSecret: the secret is empty.
    """
    return hmac.digest(tenant_key(secret, _STATION_KEY, tenant), password, "sha256").hex()


def api_key_hash(secret: str, tenant: str, key: str) -> str:
    """What is stored of an API key: HMAC-SHA256 under the tenant's key, 64 hex digits. Compare in constant time.

    Raises:
        NoSecret: the secret is empty.
    """
    return hmac.digest(tenant_key(secret, _API_KEY, tenant), key.encode("utf-8", "surrogatepass"), "sha256").hex()


def hkdf_sha256(secret: bytes, *, salt: bytes = b"", info: bytes = b"", length: int = _HASH_BYTES) -> bytes:
    """HKDF with SHA-256 (RFC 5869 §2): `length` bytes of key, at most 255 × 32."""
    if not 0 < length <= 255 * _HASH_BYTES:
        raise ValueError(f"HKDF-SHA256 gives 1 to {255 * _HASH_BYTES} bytes, not {length}")
    extracted = hmac.digest(salt or bytes(_HASH_BYTES), secret, "sha256")
    block, output, number = b"", b"", 1
    while len(output) < length:
        block = hmac.digest(extracted, block + info + bytes((number,)), "sha256")
        output, number = output + block, number + 1
    return output[:length]


def _reference(key: bytes, value: bytes) -> str:
    return b32encode(hmac.digest(key, value, "sha256")[:_REF_BYTES]).decode().lower()


@lru_cache(maxsize=4096)
def tenant_key(secret: str, purpose: bytes, tenant: str) -> bytes:
    """The tenant's key for one purpose, 32 bytes; cached, for it is asked for at every frame.

    Raises:
        NoSecret: the secret is empty.
    """
    if not secret:
        raise NoSecret("VOLT_TOKEN_SECRET is not set: no reference can be made without it")
    return hkdf_sha256(secret.encode(), info=purpose + tenant.encode())
