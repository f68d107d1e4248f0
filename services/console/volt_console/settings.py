"""Settings of the console, from the environment (`VOLT_*`)."""

from collections.abc import Mapping

from pydantic import Field, SecretStr

from volt_console.access.rights import Role
from volt_runtime.settings import Settings


class ConsoleSettings(Settings):
    """Where the console listens, for whom, and how long it waits."""

    console_host: str = "127.0.0.1"
    """Without an issuer only an address of loopback, for then nobody has to sign in."""
    console_on_loopback_only: bool = False
    """The address is a container's, and its port is published on this machine's loopback and nowhere else: as good as
    loopback, in a local environment. Only whoever starts the container can know."""
    console_port: int = 8080
    console_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """Names that a browser may call the console by; others are refused, so that no foreign name can point here."""
    console_url: str = ""
    """How browsers reach the console, such as `https://console.example`; empty: as the request says."""
    console_secret: SecretStr = SecretStr("")
    """Signs sessions; empty: derived from the token secret. With another one everybody has to sign in again."""
    session_s: int = Field(default=8 * 3600, ge=60)
    """How long somebody stays signed in; roles are as they were when he came in."""
    oidc_issuer: str = ""
    """The OpenID Connect provider whose people may come in, as its discovery document names itself."""
    oidc_client_id: str = "voltlog-console"
    oidc_client_secret: SecretStr = SecretStr("")
    """Empty for a public client: the code is guarded by PKCE in any case."""
    oidc_scope: str = "openid profile"
    oidc_audience: str = "voltlog"
    """What access tokens must be meant for that programs send to the API."""
    oidc_roles_claim: str = "roles"
    """Where roles stand in a token; a dot leads into an object (`realm_access.roles`)."""
    oidc_tenant_claim: str = "tenant"
    oidc_roles: Mapping[str, Role] = {}
    """The issuer's names of roles → ours; empty: they are the same."""
    dev_issuer: bool = False
    """Serve an issuer that asks for no password, for the local stack."""
    tenant: str = "demo"
    """Whose data everybody sees who comes in without an issuer."""
    console_strays: bool = False
    """Whether refused stations whose path names no tenant that exists are listed: the local stack does, with its one
    tenant; where tenants share a gateway they may be anybody's."""
    gateway_port: int = 9000
    gateway_url: str = ""
    """What stations connect to, when it is not `gateway_port` of this machine; pages add `/ocpp/{tenant}/{station}`."""
    outcome_within_s: float = 8.0
    """How long a request waits for the outcome of its command before it is answered 202."""
    fresh_within_s: float = 2.0
    """How long a query waits for its view to reach `min_position`."""

    @property
    def station_address(self) -> str:
        """What stations connect to, without the path."""
        return self.gateway_url or f"ws://127.0.0.1:{self.gateway_port}"
