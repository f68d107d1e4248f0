"""The gateway without its Kafka clients: everything between the sockets and the log, put together."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

from volt_contracts.topics import (
    NETWORK_IDENTITIES,
    NETWORK_ROUTES,
    NETWORK_STATIONS,
    NETWORK_TENANTS,
    SESSION_AUTHORIZATIONS,
    STATION_PROFILES,
    Topic,
)
from volt_gateway.answers.desk import Desk
from volt_gateway.authorization import Authorizations
from volt_gateway.calls import Calls, Workplace
from volt_gateway.downlink import Downlink
from volt_gateway.first_verdicts import FirstVerdicts
from volt_gateway.gate import Gate
from volt_gateway.ids import Ids
from volt_gateway.journal import Append, Journal
from volt_gateway.limits import ConnectionLimits
from volt_gateway.link import Inbound
from volt_gateway.links import TRY_AGAIN_LATER, Links
from volt_gateway.meters import Meters
from volt_gateway.outage import Outage
from volt_gateway.outbound import Reporter
from volt_gateway.parking import Asking, Parking
from volt_gateway.passwords import Passwords
from volt_gateway.pending import Release
from volt_gateway.refusals import Refusals
from volt_gateway.refused_causes import RefusedCauses
from volt_gateway.server import Server
from volt_gateway.settings import GatewaySettings
from volt_gateway.stations import Directory, PublicTable, StationTables
from volt_gateway.strays import Strays
from volt_gateway.sweep import LinkSweep
from volt_gateway.tracing import Sampler
from volt_gateway.upgrade import Doorkeeper
from volt_ocpp.versions import Version
from volt_runtime.metrics import Metrics

Spawn = Callable[[Coroutine[Any, Any, None], str], object]
"""Runs work beside the rest; the process watches over it."""


class Log(Append, Protocol):
    """The part of `volt_eventlog.appender.Appender` that is needed here."""

    @property
    def failing_since(self) -> float | None:
        """Since when the broker has not acknowledged anything."""


class Tables(Protocol):
    """The public tables: `volt_eventlog.table.TableSet`."""

    def __getitem__(self, topic: Topic) -> PublicTable:
        """The table of a topic."""


class Wire:
    """One gateway process. `start` listens, `tick` is due every second, `drain` ends it."""

    def __init__(
        self, settings: GatewaySettings, log: Log, ask: Asking, tables: Tables, metrics: Metrics, spawn: Spawn
    ) -> None:
        secret = settings.token_secret.get_secret_value()
        meters = Meters(metrics)
        journal = Journal(log, settings.gateway_id, Ids())
        limits = ConnectionLimits(settings.connections_max, settings.connections_per_address)
        release = Release(meters, settings.answer_deadline_s, settings.frames_in_flight)
        self._settings = settings
        self._spawn = spawn
        self._passwords = Passwords(settings, meters)
        self._directory = Directory(
            StationTables(
                tenants=tables[NETWORK_TENANTS],
                stations=tables[NETWORK_STATIONS],
                identities=tables[NETWORK_IDENTITIES],
                routes=tables[NETWORK_ROUTES],
                profiles=tables[STATION_PROFILES],
            )
        )
        self._parking = Parking(ask, settings, meters)
        self.outage = Outage(lambda: log.failing_since, settings.kafka_down_after_s)
        self.links = Links(settings, self._directory, journal, limits, meters)
        self.downlink = Downlink(self.links, Reporter(journal, meters), settings.downlink_queue)
        self._refusals = Refusals(
            journal.refused, meters, settings.refusal_window_s, settings.refusal_records_per_address
        )
        self._sweep = LinkSweep(self.links, journal, settings)
        self._place = Workplace(
            desk=Desk(settings, self._directory, Authorizations(tables[SESSION_AUTHORIZATIONS]), FirstVerdicts()),
            journal=journal,
            release=release,
            refused=RefusedCauses(),
            sampler=Sampler(settings.trace_ratio),
            parking=self._parking,
            outage=self.outage,
            strays=Strays(journal, release, meters),
            meters=meters,
            token_secret=secret,
        )
        doorkeeper = Doorkeeper(self._directory, self._passwords)
        gate = Gate(settings, doorkeeper, self.links, limits, self._refusals, self.not_ready, meters)
        self.server = Server(settings, gate, self.links, self._parking)

    async def start(self) -> None:
        """Listen. The tables are complete and the downlink is followed by now.

        Raises:
            StartError: the port is taken, or the TLS certificate cannot be used.
        """
        self.links.start(cache(self._inbound))
        self._directory.start(self.links.station_changed)
        await self.server.start()

    async def drain(self) -> None:
        """Stop: what is in flight is answered, stations are told to come again."""
        await self.server.drain()
        self._passwords.close()

    def not_ready(self) -> str | None:
        """Why nobody can be let in, or None."""
        return "the log cannot be written at the moment" if self.outage.down else None

    def tick(self, now: float) -> None:
        """Look at everything that waits; due once a second. `now`: monotonic seconds."""
        if self.outage.check(now):
            away = self.links.close_all(
                TRY_AGAIN_LATER, "the log cannot be written", self._settings.kafka_down_close_over_s
            )
            self._spawn(away, "stations are sent away")
        self._sweep.tick(now)
        self.downlink.sweep(now)
        self._refusals.sweep(now, datetime.now(UTC))

    def _inbound(self, tenant: str, version: Version) -> Inbound:
        return Calls(self._place, tenant, version).receive
