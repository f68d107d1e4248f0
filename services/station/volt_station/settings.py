"""Settings of the service, from the environment. The twin itself reads none: its bounds are constants of the fold."""

from volt_runtime.settings import Settings


class StationSettings(Settings):
    """What every service has."""
