"""Settings that every process has, from the environment (`VOLT_*`) and the two names that Kafka and Postgres own."""

import sys
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every service needs; a service adds its own in `settings.py`."""

    model_config = SettingsConfigDict(env_prefix="VOLT_", extra="ignore", populate_by_name=True)

    kafka_bootstrap_servers: str = Field(default="127.0.0.1:9092", validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    prefix: str = ""
    """Put before every topic, group and transactional id: several installations can share a cluster."""
    environment: Literal["local", "production"] = "local"
    """`local`: 6 partitions and one replica; `production`: 60 and three."""
    health_port: int = 0
    """Loopback port of /healthz, /readyz and /metrics; 0: none."""
    health_host: str = "127.0.0.1"
    worker: int = 0
    home: Path = Path(".voltlog")
    token_secret: SecretStr = SecretStr("")
    """The secret below every token_ref and station key hash; never rotated."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    otlp_endpoint: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")


S = TypeVar("S", bound=Settings)
BAD_CONFIGURATION = 2


def settings_of(kind: type[S]) -> S:
    """The settings from the environment; ends the process with a sentence for each one that is wrong."""
    try:
        return kind()
    except ValidationError as wrong:
        for error in wrong.errors():
            name = "_".join(str(part) for part in error["loc"]).upper()
            name = name if name.startswith(("VOLT_", "KAFKA_", "DATABASE_", "OTEL_")) else f"VOLT_{name}"
            sys.stderr.write(f"{name}={error['input']!r} cannot be used: {error['msg']}\n")
        sys.exit(BAD_CONFIGURATION)
