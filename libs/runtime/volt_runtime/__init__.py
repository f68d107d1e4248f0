"""Settings, signals, health, logging and OpenTelemetry for every process."""
