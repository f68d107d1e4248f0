"""What the view of imports takes from the log, what it passes over, and what pages are told of it."""

from unit.console.console_imports import answer_station, answer_token, import_id, record
from unit.console.console_log import Log

from volt_console.importing import said
from volt_console.views.imports import IMPORTED, apply, changed_imports
from volt_contracts.network import NetworkCommandFinished
from volt_contracts.topics import NETWORK_IMPORT_EVENTS, NETWORK_STATION_EVENTS
from volt_imports.rows import Fault


def finished(command_id: str) -> NetworkCommandFinished:
    return NetworkCommandFinished(command_id=command_id, command="x", outcome="accepted", at=Log().now)


def test_only_outcomes_of_rows_count() -> None:
    log = Log()
    for other in ("7f0c", f"{import_id()}", "not-an-id/7", f"{import_id()}/x", f"a/{import_id()}/7"):
        log.append(NETWORK_STATION_EVENTS, "CP-1", finished(other))
    log.append(NETWORK_IMPORT_EVENTS, "-", finished(f"{import_id()}/7"), key=f"demo/{import_id()}")

    assert apply(log.messages) == []
    assert changed_imports(log.messages) == []


def test_an_import_is_told_of_once_however_many_rows_it_has() -> None:
    log = Log()
    record(log)
    for line in range(2, 500):
        answer_token(log, line)
    answer_station(log, 900, number=2)

    assert changed_imports(log.messages) == sorted([f"demo/{import_id()}", f"demo/{import_id(2)}"])


def test_rows_of_a_batch_are_written_in_a_few_statements() -> None:
    log = Log()
    record(log)
    for line in range(2, 500):
        answer_token(log, line)

    statements = apply(log.messages)

    assert len(statements) == 4
    assert sum(len(statement.params.get("line", ())) for statement in statements) == 498


def test_the_view_reads_every_owner_of_rows() -> None:
    assert {topic.name for topic in IMPORTED.topics} == {
        "network.import.events", "network.organisation.events", "network.location.events", "network.station.events",
        "drivers.token.events",
    }  # fmt: skip


def test_a_fault_is_read_with_its_place() -> None:
    assert said(Fault(40_000_007, "uid", "it has no uid")) == "tokens row 7, uid: it has no uid"
    assert said(Fault(0, "", "there is no tenant demo")) == "the file: there is no tenant demo"
