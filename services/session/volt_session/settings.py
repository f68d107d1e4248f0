"""What the session service is told by its environment."""

from volt_runtime.settings import Settings


class SessionSettings(Settings):
    """Nothing beyond what every process has: delays of settlement are the tenants', the other times are rules."""
