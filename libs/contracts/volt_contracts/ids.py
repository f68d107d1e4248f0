"""Identifiers that are derived, never drawn: the same log gives the same ids."""

from hashlib import sha1
from uuid import UUID

NAMESPACE = UUID("6f1f2a0e-6c1b-5a44-9d0f-2f6a0c6f9b11")
"""Root of every derived id of Voltlog (RFC 9562 §5.5)."""

_ROOT = NAMESPACE.bytes
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""A hexadecimal digit with its two high bits set to 10 (RFC 9562 §4.1)."""


def derive(cause: str, name: str) -> str:
    """UUID version 5 of `name` within the id `cause`, as text (RFC 9562 §5.5).

    A `cause` that is a UUID is its own namespace; any other text is first hashed below `NAMESPACE`, so that ids which
    came from outside can be causes as well.
    """
    return _uuid5(_namespace(cause), name)


def _uuid5(namespace: bytes, name: str) -> str:
    """Version and variant are set in the digits: every output has an id, and numbers of 128 bits cost twice as much."""
    text = sha1(namespace + name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"


def _namespace(cause: str) -> bytes:
    """A UUID is its own namespace; whatever else stands for a cause is first hashed below the root."""
    if len(cause) == 36 and cause[8] == cause[13] == cause[18] == cause[23] == "-":
        try:
            raw = bytes.fromhex(cause.replace("-", ""))
        except ValueError:
            raw = b""
        if len(raw) == 16:
            return raw
    return bytes.fromhex(_uuid5(_ROOT, cause).replace("-", ""))


def station_uid(tenant: str, identity: str) -> str:
    """The uid of a station that was adopted, from its tenant and its OCPP identity."""
    return _within(tenant, f"station/{identity}")


def evse_uid(station_uid: str, number: int) -> str:
    """The uid of an EVSE that nobody gave one."""
    return derive(station_uid, f"evse/{number}")


def location_uid(tenant: str, location_id: str) -> str:
    """The uid of a location, from its tenant and the tenant's own id of it."""
    return _within(tenant, f"location/{location_id}")


def organisation_uid(tenant: str, organisation_id: str) -> str:
    """The uid of an organisation, from its tenant and the tenant's own id of it."""
    return _within(tenant, f"organisation/{organisation_id}")


def identity_uid(tenant: str, identity: str) -> str:
    """The uid of an OCPP identity as such, whichever station bears it."""
    return _within(tenant, f"identity/{identity}")


def route_key(host: str | None, path: str) -> str:
    """The record key of an address: of no tenant, so that one decider says whose it is."""
    return entity_key("-", derive(str(NAMESPACE), f"route/{host or '*'}{path}"))


def entity_key(tenant: str, uid: str) -> str:
    """The record key of an entity: `{tenant}/{entity uid}`."""
    return f"{tenant}/{uid}"


def split_key(key: str) -> tuple[str, str]:
    """Tenant and entity uid of a record key."""
    tenant, _, uid = key.partition("/")
    return tenant, uid


def _within(tenant: str, name: str) -> str:
    return derive(derive(str(NAMESPACE), f"tenant/{tenant}"), name)
