"""Settings of the console, from the environment (`VOLT_*`)."""

from volt_runtime.settings import Settings


class ConsoleSettings(Settings):
    """Where the console listens, for whom, and how long it waits."""

    console_host: str = "127.0.0.1"
    """Without an issuer only an address of loopback, for then nobody has to sign in."""
    console_port: int = 8080
    console_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """Names that a browser may call the console by; others are refused, so that no foreign name can point here."""
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
