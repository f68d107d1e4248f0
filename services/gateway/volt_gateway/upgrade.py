"""Who is let in: every upgrade request becomes an admission or a refusal with its reason."""

from dataclasses import dataclass
from functools import partial

from volt_contracts.gateway import RefusalReason, Registration
from volt_contracts.network import StationRow, TenantSettings
from volt_gateway.link import Admission
from volt_gateway.passwords import Fault, Passwords, read_basic_auth
from volt_gateway.path import BadPath, StationPath, read_old_path, read_path
from volt_gateway.refusals import Refusal
from volt_gateway.stations import Directory, Found
from volt_ocpp.versions import Version, negotiate

LONGEST_USER_AGENT = 200
MOST_OFFERED = 20


@dataclass(frozen=True, slots=True)
class Request:
    """What an upgrade request says."""

    path: bytes
    address: str
    secure: bool
    offered: tuple[str, ...] = ()
    authorization: str | None = None
    user_agent: str | None = None
    host: str | None = None
    """The host that was asked for, without its port, in lower case."""


class Doorkeeper:
    """Decides on upgrades by what is published of tenants and stations."""

    def __init__(self, directory: Directory, passwords: Passwords) -> None:
        self._directory = directory
        self._passwords = passwords

    def decide(self, request: Request) -> Admission | Refusal:
        """Admission or refusal. Never raises."""
        path = self._path(request)
        if isinstance(path, BadPath):
            return Refusal(path.reason, path.sentence, path.identity, path.path, request.address)
        found = self._directory.find(path.tenant, path.identity)
        tenant = self._directory.tenant(found.tenant)
        if tenant is None:
            sentence = "the tenant in the path does not exist"
            return Refusal("unknown_tenant", sentence, path.identity, path.path, request.address)
        return _Asked(self._directory, self._passwords, request, path, tenant, found).decide()

    def _path(self, request: Request) -> StationPath | BadPath:
        """Tenant and identity by our own form of address, else by the route table."""
        path = read_path(request.path)
        if isinstance(path, StationPath):
            return path
        return read_old_path(request.path, partial(self._directory.tenant_at, request.host)) or path


class _Asked:
    """One request whose tenant exists."""

    __slots__ = ("_directory", "_found", "_passwords", "_path", "_request", "_row", "_tenant", "_wanted")

    def __init__(
        self,
        directory: Directory,
        passwords: Passwords,
        request: Request,
        path: StationPath,
        tenant: TenantSettings,
        found: Found,
    ) -> None:
        self._directory = directory
        self._passwords = passwords
        self._request = request
        self._path = path
        self._tenant = tenant
        self._found = found
        self._row: StationRow | None = found.row
        self._wanted = max(tenant.security_profile, 0 if self._row is None else self._row.security_profile)

    def decide(self) -> Admission | Refusal:
        return self._unknown() or self._insecure() or self._unauthenticated() or self._admitted()

    def _unknown(self) -> Refusal | None:
        if self._row is not None:
            return None
        if self._tenant.unknown_stations == "refuse":
            return self._refusal("unknown_station", "the station is not registered, and its tenant lets no unknown in")
        if self._tenant.security_profile > 0:
            sentence = "the station is not registered: there is no password that it could be known by"
            return self._refusal("unknown_station", sentence)
        return None

    def _insecure(self) -> Refusal | None:
        if self._wanted >= 3:
            return self._refusal("refused_by_policy", "a client certificate is asked for, which is not checked here")
        if self._wanted == 2 and not self._request.secure:
            return self._refusal("refused_by_policy", "the station must connect by TLS (security profile 2)")
        return None

    def _unauthenticated(self) -> Refusal | None:
        credential = None if self._row is None else self._row.credential
        if self._wanted == 0 and credential is None:
            return None
        presented = read_basic_auth(self._request.authorization, self._path.identity)
        if presented is None:
            return self._refusal("no_password", "the station must send its identity and password (basic auth)")
        if credential is None:
            return self._refusal("wrong_password", "no password is registered for the station")
        fault = self._passwords.check(self._found.tenant, presented, credential, self._request.address)
        return None if fault is None else self._refusal(fault, _OF_PASSWORDS[fault])

    def _admitted(self) -> Admission | Refusal:
        version = negotiate(self._request.offered, self._configured())
        if version is None:
            offered = ", ".join(self._request.offered)
            if not offered:
                return self._refusal("no_subprotocol", "no OCPP version is offered, and none is configured")
            return self._refusal("wrong_version", f"no version that is offered is spoken here: {offered[:200]}")
        key = self._key()
        return Admission(
            tenant=self._found.tenant,
            identity=self._path.identity if self._row is None else self._row.identity,
            key=key,
            version=version,
            known=self._row is not None,
            registration=self._directory.registration(key) or _BEFORE_ITS_BOOT[self._tenant.unknown_stations],
            security_profile=self._profile(),
            path=self._path.path,
            address=self._request.address,
            offered=self._request.offered[:MOST_OFFERED],
            user_agent=None if self._request.user_agent is None else self._request.user_agent[:LONGEST_USER_AGENT],
            called=(self._path.tenant, self._path.identity),
        )

    def _configured(self) -> Version | None:
        configured = (None if self._row is None else self._row.protocol) or self._tenant.default_protocol
        return Version(configured) if configured in _VERSIONS else None

    def _key(self) -> str:
        return self._found.key(self._path.identity)

    def _profile(self) -> int:
        """The security profile that this link really has."""
        if self._wanted == 0 and (self._row is None or self._row.credential is None):
            return 0
        return 2 if self._request.secure else 1

    def _refusal(self, reason: RefusalReason, sentence: str) -> Refusal:
        key = None if self._row is None else self._key()
        path = self._path
        return Refusal(reason, sentence, path.identity, path.path, self._request.address, self._found.tenant, key)


_BEFORE_ITS_BOOT: dict[str, Registration | None] = {"adopt": None, "pending": "pending", "refuse": "rejected"}
"""The registration of a station that nobody knows; one that is adopted is accepted by its boot."""

_OF_PASSWORDS: dict[Fault, str] = {
    "wrong_password": "user or password is wrong",
    "password_unchecked": "the password is being checked; connect again",
    "too_many_passwords": "too many passwords were tried for this station from this address; connect again later",
}

_VERSIONS = frozenset(version.value for version in Version)
