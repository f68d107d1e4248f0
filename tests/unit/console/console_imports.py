"""Imports in the log: the record of one, and outcomes of its rows as the owners say them."""

from typing import Any

from unit.console.console_log import Log

from volt_contracts.drivers import DriversCommandFinished
from volt_contracts.ids import derive
from volt_contracts.imports import ImportedFile, ImportRecorded, command_id
from volt_contracts.message import OutcomeWord
from volt_contracts.network import NetworkCommandFinished
from volt_contracts.station import CommandFinished
from volt_contracts.topics import DRIVERS_TOKEN_EVENTS, NETWORK_IMPORT_EVENTS, NETWORK_STATION_EVENTS, STATION_EVENTS

RACED = "somebody has changed it meanwhile: it is at version 1, not 0"


def import_id(number: int = 1) -> str:
    """The id of an import."""
    return derive("demo", f"import {number}")


def record(log: Log, number: int = 1, stations: int = 2, tokens: int = 3) -> None:
    """An import is on record."""
    file = ImportedFile(
        name=f"network-{number}.xlsx", sha256="ab" * 32, rows=stations + tokens,
        commands={"network.register_station.v1": stations, "drivers.register_token.v1": tokens},
    )  # fmt: skip
    body = ImportRecorded(import_id=import_id(number), file=file, actor="operator:anna", at=log.now)
    log.append(NETWORK_IMPORT_EVENTS, "-", body, key=f"{log.tenant}/{import_id(number)}")


def answer_station(log: Log, line: int, outcome: OutcomeWord = "accepted", number: int = 1) -> None:
    """The outcome of a station's row."""
    body = NetworkCommandFinished(
        command="network.register_station.v1", at=log.now, **_said(number, line, outcome)
    )  # fmt: skip
    log.append(NETWORK_STATION_EVENTS, f"CP-{line}", body)


def answer_token(log: Log, line: int, outcome: OutcomeWord = "accepted", number: int = 1) -> None:
    """The outcome of a token's row."""
    body = DriversCommandFinished(
        command="drivers.register_token.v1", at=log.now, **_said(number, line, outcome)
    )  # fmt: skip
    log.append(DRIVERS_TOKEN_EVENTS, "-", body, key=f"{log.tenant}/token-{line}")


def answer_transaction(log: Log, line: int, outcome: OutcomeWord = "accepted", number: int = 1) -> None:
    """The outcome of the row of a transaction: its station says it."""
    body = CommandFinished(command="station.adopt_transaction.v1", at=log.now, **_said(number, line, outcome))
    log.append(STATION_EVENTS, f"CP-{line}", body)


def _said(number: int, line: int, outcome: OutcomeWord) -> dict[str, Any]:
    sentence = None if outcome == "accepted" else RACED
    return {"command_id": command_id(import_id(number), line), "outcome": outcome, "sentence": sentence}


def import_in_parts(log: Log, number: int) -> None:
    """An import whose rows are answered one after the other, some of them refused."""
    for line in range(2, 12):
        outcome: OutcomeWord = "accepted" if line % 3 else "rejected"
        (answer_station if line % 2 else answer_token)(log, line, outcome, number)
        log.wait(600)
    record(log, number, stations=5, tokens=5)
