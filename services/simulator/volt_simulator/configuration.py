"""What the central system may set at a station, free of any version's key names."""

from dataclasses import dataclass


@dataclass(slots=True)
class Configuration:
    """Times in seconds. The values take effect at once."""

    heartbeat_s: int = 300
    meter_interval_s: float = 10.0
    connection_timeout_s: int = 60
    message_attempts: int = 3
    message_interval_s: float = 10.0
    stops_on_invalid_id: bool = True
    authorizes_remote_starts: bool = True
    authorizes_offline: bool = True
    websocket_ping_s: int = 30
