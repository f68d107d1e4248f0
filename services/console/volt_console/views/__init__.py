"""Folds of the log into tables of Postgres: each file is named for the question that its table answers."""

from volt_console.views.accounts import ACCOUNTS
from volt_console.views.audit_trail import AUDIT_TRAIL
from volt_console.views.command_outcomes import COMMAND_OUTCOMES
from volt_console.views.imports import IMPORTED
from volt_console.views.live_sessions import LIVE_SESSIONS
from volt_console.views.live_stations import LIVE_STATIONS
from volt_console.views.parked_keys import PARKED_KEYS
from volt_console.views.refused_stations import REFUSED_STATIONS
from volt_console.views.station_timeline import STATION_TIMELINE
from volt_console.views.tokens import TOKENS

VIEWS = (
    LIVE_STATIONS,
    LIVE_SESSIONS,
    STATION_TIMELINE,
    COMMAND_OUTCOMES,
    REFUSED_STATIONS,
    PARKED_KEYS,
    TOKENS,
    ACCOUNTS,
    AUDIT_TRAIL,
    IMPORTED,
)

__all__ = [
    "ACCOUNTS",
    "AUDIT_TRAIL",
    "COMMAND_OUTCOMES",
    "IMPORTED",
    "LIVE_SESSIONS",
    "LIVE_STATIONS",
    "PARKED_KEYS",
    "REFUSED_STATIONS",
    "STATION_TIMELINE",
    "TOKENS",
    "VIEWS",
]
