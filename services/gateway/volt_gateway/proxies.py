"""Who is behind a reverse proxy: believed only from the addresses that the operator named."""

import ipaddress
from collections.abc import Mapping

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxies:
    """The trusted proxies. Raises ValueError for a name that is neither an address nor a network."""

    def __init__(self, trusted: tuple[str, ...]) -> None:
        self._trusted: tuple[Network, ...] = tuple(ipaddress.ip_network(name, strict=False) for name in trusted)

    def origin(self, headers: Mapping[str, str], peer: str, secure: bool) -> tuple[str, bool]:
        """The station's address, and whether it came by TLS.

        The last address in `X-Forwarded-For` is the one that the trusted proxy saw; those before it are hearsay.
        """
        if not self._trusted or not self._is_trusted(peer):
            return peer, secure
        forwarded = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return forwarded[:45] or peer, secure or headers.get("x-forwarded-proto", "").lower() in ("https", "wss")

    def _is_trusted(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)
