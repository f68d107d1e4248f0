"""What the drivers service is told by its environment."""

from volt_runtime.settings import Settings


class DriversSettings(Settings):
    """Nothing beyond what every process has: tokens are events, not settings."""
