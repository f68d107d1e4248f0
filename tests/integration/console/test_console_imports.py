"""Files sent to the console: counted while they come, faults told one by one, rows with their outcomes afterwards."""

import gc
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from integration.console.console_stage import Stage, staged
from unit.console.console_imports import RACED, answer_station, answer_token, answer_transaction, import_id, record
from unit.console.console_log import Log

from volt_console.console import Console
from volt_console.web import guard
from volt_console.web.application import guarded
from volt_imports.process import ImportFailed
from volt_imports.report import Report
from volt_imports.rows import Fault

pytestmark = pytest.mark.postgres

API = "/api/v1/imports"
CSV = {"Content-Type": "text/csv"}
FILE = b"uid\nTAG0001\n"


def client(console: Console) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(guarded(console), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")


def report(**properties: Any) -> Report:
    said: dict[str, Any] = {"state": "imported", "import_id": import_id(), "name": "import.csv"}
    return Report(**(said | properties))


def log_of_one() -> Log:
    log = Log()
    record(log)
    for line in (2, 3):
        answer_station(log, line)
    answer_token(log, 4, "rejected")
    answer_token(log, 5)
    return log


async def test_a_file_is_imported_and_followed(database: str) -> None:
    commands = {"network.register_station.v1": 2, "drivers.register_token.v1": 3}
    log = log_of_one()
    async with staged(database, log) as stage, client(stage.console) as http:
        stage.importing.report = report(commands=commands)
        sent = await http.post(API, content=FILE, headers=CSV | {"Idempotency-Key": "k"}, params={"kind": "tokens"})
        assert (sent.status_code, sent.headers["location"]) == (202, f"{API}/{import_id()}")
        assert sent.json()["outcomes"] == {"accepted": 3, "rejected": 1}

        answer_token(log, 6)
        await stage.show()
        whole = await http.post(API, content=FILE, headers=CSV)
        one = (await http.get(f"{API}/{import_id()}")).json()

    assert (whole.status_code, whole.json()["outcomes"]) == (200, {"accepted": 4, "rejected": 1})
    assert (one["answered"], one["expected"], one["refused"], one["commands"]) == (5, 5, 1, commands)
    (first, content), _ = stage.importing.asked
    assert (first.name, first.tenant, first.key, first.kind, first.dry_run) == (
        "import.csv",
        "demo",
        "k",
        "tokens",
        False,
    )
    assert content == FILE
    assert not Path(first.path).exists()


async def test_rows_are_listed_by_line_filtered_and_as_csv(database: str) -> None:
    async with staged(database, log_of_one()) as stage, client(stage.console) as http:
        rows = f"{API}/{import_id()}/rows"
        first = (await http.get(rows, params={"limit": 3})).json()
        second = (await http.get(rows, params={"limit": 3, "cursor": first["next"]})).json()
        refused = (await http.get(rows, params={"outcome": "rejected"})).json()["items"]
        csv = await http.get(rows, headers={"Accept": "text/csv"})
        listed = (await http.get(API)).json()["items"]
        missing = [await http.get(f"{API}/{import_id(9)}{rest}") for rest in ("", "/rows")]

    assert [row["line"] for row in first["items"] + second["items"]] == [2, 3, 4, 5]
    assert second["next"] is None
    assert [(row["place"], row["kind"], row["sentence"]) for row in refused] == [("line 4", "tokens", RACED)]
    assert len(csv.text.splitlines()) == 5
    assert csv.headers["content-type"].startswith("text/csv")
    assert [(one["name"], one["outcomes"]) for one in listed] == [("network-1.xlsx", {"accepted": 3, "rejected": 1})]
    assert [answer.status_code for answer in missing] == [404, 404]


async def test_rows_of_transactions_are_among_them(database: str) -> None:
    log = log_of_one()
    answer_transaction(log, 7)
    answer_transaction(log, 8, "rejected")
    answer_transaction(log, 9, number=2)
    async with staged(database, log) as stage, client(stage.console) as http:
        rows = (await http.get(f"{API}/{import_id()}/rows", params={"limit": 5})).json()
        rest = (await http.get(f"{API}/{import_id()}/rows", params={"cursor": rows["next"]})).json()
        refused = (await http.get(f"{API}/{import_id()}/rows", params={"outcome": "rejected"})).json()["items"]
        one = (await http.get(f"{API}/{import_id()}")).json()

    assert [row["line"] for row in rows["items"] + rest["items"]] == [2, 3, 4, 5, 7, 8]
    assert [(row["line"], row["kind"]) for row in refused] == [(4, "tokens"), (8, "transactions")]
    assert one["outcomes"] == {"accepted": 4, "rejected": 2}


async def test_no_tenant_sees_another_s_imports(database: str) -> None:
    async with staged(database, log_of_one(), tenant="other") as stage, client(stage.console) as http:
        assert (await http.get(API)).json()["items"] == []
        assert (await http.get(f"{API}/{import_id()}/rows")).status_code == 404


async def test_rows_are_forgotten_after_thirty_days_and_their_sums_are_not(database: str) -> None:
    log = log_of_one()
    async with staged(database, log) as stage, client(stage.console) as http:
        log.wait(timedelta(days=32).total_seconds())
        for line in (4, 5, 2, 3):  # the same keys, so that every partition has gone on
            (answer_token if line > 3 else answer_station)(log, line, number=2)
        await stage.show()
        rows = (await http.get(f"{API}/{import_id()}/rows")).json()["items"]
        one = (await http.get(f"{API}/{import_id()}")).json()

    assert rows == []
    assert one["outcomes"] == {"accepted": 3, "rejected": 1}


async def test_every_fault_is_a_part_of_the_problem(database: str) -> None:
    faults = [Fault(line, "uid", "it has no uid") for line in range(2, 1_502)]
    async with staged(database, Log()) as stage, client(stage.console) as http:
        stage.importing.report = report(state="faulty", faults=faults)
        answer = await http.post(API, content=FILE, headers=CSV, params={"dry_run": "true"})

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:voltlog:problem:faulty-file")
    assert problem["detail"] == "import.csv has 1500 faults; nothing was sent."
    assert len(problem["errors"]) == 1_000
    assert problem["errors"][0] == {"pointer": "/2/uid", "detail": "line 2, uid: it has no uid"}


@pytest.mark.parametrize(
    ("failure", "status", "word"),
    [
        (ImportFailed("unreadable", "it is no XLSX workbook"), 422, "unreadable-file"),
        (ImportFailed("other_file", "another file was imported under this id"), 422, "key-reused"),
        (ImportFailed("unsent", "the log does not answer"), 503, "log-away"),
        (ImportFailed("unsure", "the broker did not say"), 503, "unsure"),
    ],
)
async def test_what_goes_wrong_is_a_problem(database: str, failure: ImportFailed, status: int, word: str) -> None:
    async with staged(database, Log()) as stage, client(stage.console) as http:
        stage.importing.failure = failure
        answer = await http.post(API, content=FILE, headers=CSV)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:voltlog:problem:{word}")


async def endless(pieces: int) -> AsyncIterator[bytes]:
    """A body without a stated length."""
    for _ in range(pieces):
        yield b"x" * 1_000


async def test_uploads_are_counted_while_they_come(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "LARGEST_UPLOAD", 100_000)
    monkeypatch.setattr("volt_console.uploads.LARGEST_UPLOAD", 100_000)
    async with staged(database, Log()) as stage, client(stage.console) as http:
        stage.importing.report = report(state="unchanged")
        stated = await http.post(API, content=b"x" * 200_000, headers=CSV)
        unstated = await http.post(API, content=endless(200), headers=CSV)
        far_too_much = await http.post(API, content=endless(5_000), headers=CSV)
        in_a_form = await http.post(API, files={"file": ("a.csv", b"x" * 120_000)})
        just_right = await http.post(API, content=endless(100), headers=CSV)
        elsewhere = await http.post("/api/v1/onboarding/policy", content=b"x" * 100_000)

    assert [one.status_code for one in (stated, unstated, far_too_much, in_a_form, elsewhere)] == [413] * 5
    assert just_right.status_code == 200
    assert [len(content) for _, content in stage.importing.asked] == [100_000]


async def test_a_body_has_a_type_or_a_name(database: str) -> None:
    async with staged(database, Log()) as stage, client(stage.console) as http:
        stage.importing.report = report(state="unchanged")
        refused = await http.post(API, content=FILE, headers={"Content-Type": "application/octet-stream"})
        named = await http.post(API, content=FILE, params={"name": "network.yml"})
        formed = await http.post(API, files={"file": ("tokens.tsv", FILE)}, data={"kind": "tokens"})
        no_file = await http.post(API, files={"other": ("tokens.tsv", FILE)})
        no_form = await http.post(API, content=FILE, headers={"Content-Type": "multipart/form-data"})

    assert [one.status_code for one in (refused, named, formed, no_file, no_form)] == [415, 200, 200, 422, 400]
    assert [(asked.name, asked.kind) for asked, _ in stage.importing.asked] == [
        ("network.yml", None), ("tokens.tsv", "tokens"),
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_form_that_was_cut_off_is_no_file(database: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nuid\nA\n'
    async with staged(database, Log()) as stage, client(stage.console) as http:
        cut = await http.post(API, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})

    assert (cut.status_code, cut.json()["type"]) == (422, "urn:voltlog:problem:no-file")
    assert stage.importing.asked == []
    gc.collect()  # Starlette leaves the half of a part to it, which is told as a warning


async def posted(stage: Stage, http: httpx.AsyncClient, do: str) -> httpx.Response:
    return await http.post(
        "/imports",
        files={"file": ("network.xlsx", b"PK")},
        data={"kind": "", "do": do},
        headers={"Accept": "text/html"},
    )


async def test_the_page_checks_imports_and_shows_what_became_of_it(database: str) -> None:
    async with staged(database, log_of_one()) as stage, client(stage.console) as http:
        stage.importing.report = report(
            state="checked", name="network.xlsx", rows={"tokens": 3}, commands={"drivers.register_token.v1": 2},
            unchanged={"tokens": 1}, ignored={"tokens": ("<colour>",)},
        )  # fmt: skip
        checked = await posted(stage, http, "check")
        stage.importing.report = report(state="faulty", name="network.xlsx", faults=[Fault(2, "uid", "it is <b>")])
        faulty = await posted(stage, http, "import")
        stage.importing.failure = ImportFailed("unreadable", "it is no XLSX workbook")
        unreadable = await posted(stage, http, "import")
        stage.importing.failure, stage.importing.report = None, report(commands={"drivers.register_token.v1": 5})
        imported = await posted(stage, http, "import")
        listed = await http.get("/imports")
        one = await http.get(f"/imports/{import_id()}")
        missing = await http.get(f"/imports/{import_id(9)}", headers={"Accept": "text/html"})

    assert (checked.status_code, "nothing is wrong with it" in checked.text) == (200, True)
    assert "1 of them change nothing" in checked.text
    assert "&lt;colour&gt;" in checked.text
    assert (faulty.status_code, "line 2, uid: it is &lt;b&gt;" in faulty.text) == (422, True)
    assert (unreadable.status_code, "it is no XLSX workbook" in unreadable.text) == (422, True)
    assert (imported.status_code, imported.headers["location"]) == (303, f"/imports/{import_id()}")
    assert [request.dry_run for request, _ in stage.importing.asked] == [True, False, False, False]
    assert "network-1.xlsx" in listed.text
    assert "1 refused" in listed.text
    assert RACED in one.text
    assert "4 of 5 answered" in one.text
    assert missing.status_code == 404
