"""The console's process: its views, its way into the log, its pages and API."""

import asyncio
from functools import partial

from volt_console.access.opening import door_of
from volt_console.asking import Commander
from volt_console.console import Console
from volt_console.dead_records import latest
from volt_console.importing import Importer, beside
from volt_console.live.changes import Changes
from volt_console.log_access import LogAccess
from volt_console.queries.counts import FreshCounts
from volt_console.queries.database import Database
from volt_console.settings import ConsoleSettings
from volt_console.views import VIEWS
from volt_console.web.application import guarded
from volt_console.web.server import listening, serve
from volt_contracts.topics import DRIVERS_PROFILES
from volt_eventlog.fetch import fetch
from volt_eventlog.kafka import Kafka
from volt_eventlog.one_key import latest_row
from volt_eventlog.views import start_views
from volt_runtime.log import logger
from volt_runtime.run import Runtime, StartError
from volt_runtime.service import Service

SERVICE = Service(
    name="console",
    module="volt_console",
    url="http://127.0.0.1:{port}",
    port_env="VOLT_CONSOLE_PORT",
    default_port=8080,
    local={"VOLT_CONSOLE_STRAYS": "true", "VOLT_DEV_ISSUER": "true"},  # the gateway is that of one tenant
)


async def main(rt: Runtime[ConsoleSettings]) -> None:
    """Serve until the process is asked to stop."""
    settings = rt.settings
    if not settings.database_url:
        raise StartError("DATABASE_URL is not set: the console keeps its views in Postgres")
    kafka = Kafka(settings.kafka_bootstrap_servers, settings.prefix, client_id="console")
    log = LogAccess(kafka)
    door = door_of(settings, log.key_rows)
    bound = listening(settings.console_host, settings.console_port)
    database = Database(settings.database_url)
    changes = Changes(settings.database_url, VIEWS)
    console = Console(
        settings=settings,
        database=database,
        counts=FreshCounts(database),
        changes=changes,
        commander=Commander(log.asks, database, settings.outcome_within_s),
        views=start_views(rt, VIEWS, kafka, settings.database_url),
        fetch=partial(fetch, kafka),
        person=partial(latest_row, kafka, DRIVERS_PROFILES),
        policies=log.policy,
        door=door,
        dead_records=partial(latest, kafka),
        key_rows=log.key_rows,
        importer=Importer(beside(settings), database, settings.outcome_within_s),
    )
    rt.readiness.add("log", log.not_ready)
    rt.create_task(log.run(), "log")
    rt.create_task(changes.run(), "changes")
    await database.open()
    try:
        logger("console").info("the console is served", url=f"http://{settings.console_host}:{settings.console_port}")
        await serve(guarded(console), bound, rt.stopping, changes.close)
    finally:
        await asyncio.gather(log.stop(), database.close())
