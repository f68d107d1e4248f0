"""What the network service is told by its environment."""

from volt_runtime.settings import Settings


class NetworkSettings(Settings):
    """Nothing beyond what every process has: tenants and stations are events, not settings."""
