"""An installation in which something can be imported."""

from pathlib import Path

import pytest_asyncio
from integration.imports.import_stage import Stage

from volt_eventlog.kafka import Kafka


@pytest_asyncio.fixture
async def stage(kafka: Kafka, tmp_path: Path) -> Stage:
    """Topics and a tenant; nobody decides yet."""
    made = Stage(kafka, tmp_path)
    await made.prepare()
    return made
