"""Whether an address is one of this machine alone."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    name = host.strip("[]")
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
