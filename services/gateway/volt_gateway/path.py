"""Reading `/ocpp/{tenant}/{identity}`: who a station says it is (OCPP-J 1.6 §3.1.1, OCPP 2.0.1 part 4 §3.1.1)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_to_bytes

LONGEST_IDENTITY = 48
LONGEST_PATH = 512
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_IDENTITY = re.compile(r"[!#-.0-;=@-\[\]-~]+")
"""Printable ASCII without blank, slash, backslash, quote, angle brackets and question mark."""


@dataclass(frozen=True, slots=True)
class StationPath:
    """A path that names a tenant and a station. `path` is as sent, without its query."""

    tenant: str
    identity: str
    path: str


@dataclass(frozen=True, slots=True)
class BadPath:
    """A path that names none; `identity` is as much of one as could be read."""

    reason: Literal["bad_path", "identity_too_long"]
    identity: str
    path: str
    sentence: str


def read_path(raw: bytes) -> StationPath | BadPath:
    """Tenant and identity, percent-decoded, case kept, one trailing slash tolerated. Never raises."""
    path = raw.partition(b"?")[0][:LONGEST_PATH].decode("latin-1")
    parts = path.removesuffix("/").split("/")
    if len(parts) != 4 or parts[0] or parts[1] != "ocpp":
        return BadPath("bad_path", _cut(parts[-1]), path, "stations connect to /ocpp/{tenant}/{identity}")
    tenant, identity = _decoded(parts[2]), _decoded(parts[3])
    wrong = _wrong_identity(identity, path)
    if wrong is not None and wrong.reason == "identity_too_long":
        return wrong
    if not _TENANT.fullmatch(tenant):
        return BadPath("bad_path", _cut(identity), path, "the tenant in the path cannot be a tenant's name")
    return wrong or StationPath(tenant, identity, path)


def read_old_path(raw: bytes, tenant_of: Callable[[str], str | None]) -> StationPath | BadPath | None:
    """A path of a former system: what stands before its last part leads to a tenant, the last part is the identity.

    None when it leads nowhere. `tenant_of`: the tenant for a path that ends with a slash.
    """
    path = raw.partition(b"?")[0][:LONGEST_PATH].decode("latin-1")
    before, slash, last = path.removesuffix("/").rpartition("/")
    tenant = tenant_of(before + slash) if last else None
    if tenant is None:
        return None
    identity = _decoded(last)
    return _wrong_identity(identity, path) or StationPath(tenant, identity, path)


def _wrong_identity(identity: str, path: str) -> BadPath | None:
    if len(identity) > LONGEST_IDENTITY:
        sentence = f"an identity has at most {LONGEST_IDENTITY} characters, this one has {len(identity)}"
        return BadPath("identity_too_long", _cut(identity), path, sentence)
    if not _IDENTITY.fullmatch(identity):
        return BadPath("bad_path", _cut(identity), path, "the identity holds a character that no identity may have")
    return None


def _decoded(part: str) -> str:
    return unquote_to_bytes(part).decode(errors="replace")


def _cut(text: str) -> str:
    return text[:LONGEST_IDENTITY]
