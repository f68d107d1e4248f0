"""Settings of the gateway, from the environment. Durations are in seconds, sizes in bytes."""

from pathlib import Path

from pydantic import Field

from volt_runtime.settings import Settings


class GatewaySettings(Settings):
    """Where the gateway listens, and every limit and patience that it has."""

    host: str = Field(default="127.0.0.1", validation_alias="VOLT_GATEWAY_HOST")
    port: int = Field(default=9000, validation_alias="VOLT_GATEWAY_PORT")
    workers: int = Field(default=1, validation_alias="VOLT_GATEWAY_WORKERS")
    """With more than one, every worker listens on the same port (SO_REUSEPORT); `worker` is the number of this one."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""

    max_message_bytes: int = Field(default=131_072, ge=512, le=524_288)
    """A longer message, also in fragments, closes the socket with 1009."""
    frames_per_s: float = Field(default=20.0, gt=0)
    """What one station may send steadily; above it, it is read more slowly and nothing is lost. One that keeps to a
    call at a time (OCPP-J §4.1.1) stays below it over any line of more than 50 ms."""
    frames_burst: int = 200
    frames_in_flight: int = 16
    """Calls of one station that wait for Kafka; it is not read on while there are more."""
    connections_max: int = 20_000
    connections_per_address: int = 10_000
    admissions_per_s: float = 500.0
    """Upgrades let in steadily; the rest get 503 and come back."""
    admissions_burst: int = 1_000
    connects_per_s: float = 0.2
    connects_burst: int = 10
    """Of one station; who connects more often gets 429 and comes back."""
    refusals_per_s: float = 5.0
    refusals_burst: int = 100
    refusals_delay_s: float = 1.0
    """From an address that is refused more often, requests are read so much later."""
    passwords_per_s: float = 0.1
    passwords_burst: int = 10
    """Checks of chosen passwords for one station and address; above it they are not checked."""
    downlink_queue: int = 32
    """Calls that may wait for one station."""
    handshake_timeout_s: float = 10.0
    receive_buffer_bytes: int = Field(default=16_384, ge=4096)
    """Of the kernel, for each socket: the most that a station makes the gateway read in one go."""

    ping_interval_s: int = 30
    silent_after_s: float = 90.0
    """Quiet for longer: `link_silent`. Stations that never answered a ping get the heartbeat interval on top."""
    dead_after_s: float = 240.0
    """Quiet for longer: the socket is closed."""
    alive_every_s: float = 300.0
    boot_interval_accepted_s: int = 300
    boot_interval_waiting_s: int = 60

    answer_deadline_s: float = 30.0
    """An answer whose record is acknowledged later than this is dropped: the station has given up on it."""
    authorize_deadline_s: float = 4.0
    parked_max: int = 2_000
    unknown_tokens_per_s: float = 0.5
    unknown_tokens_burst: int = 20
    """Of one station, that `session` is asked about; above it the tenant's fallback answers at once."""
    live_start_s: float = 120.0
    """A start whose timestamp is no older is live: a token in use elsewhere may be refused."""
    kafka_down_after_s: float = 20.0
    kafka_down_close_over_s: float = 10.0
    retry_after_s: int = 20
    drain_over_s: float = 2.0
    close_timeout_s: float = 2.0

    refusal_window_s: float = 60.0
    refusal_records_per_address: int = 20
    """Refusal records of one address in a window; more are only counted."""
    trace_ratio: float = 0.001
    """Part of the frames that are traced beside the milestones of a charge."""

    @property
    def gateway_id(self) -> str:
        """The name of this process in its events."""
        return f"gateway/{self.worker}"
