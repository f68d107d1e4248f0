"""Log lines are JSON, one object a line, whatever is logged."""

import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from volt_runtime.log import JsonLines, logger


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Any:
    """The last line that was logged, as it would be written."""
    caplog.set_level(logging.DEBUG, logger="volt")
    return lambda: json.loads(JsonLines().format(caplog.records[-1]))


def test_a_sentence_and_its_fields(said: Any) -> None:
    logger("gateway").info("a station was refused", station="CP-1", count=2)
    line = said()
    assert (line["level"], line["logger"], line["message"]) == ("info", "volt.gateway", "a station was refused")
    assert (line["station"], line["count"]) == ("CP-1", 2)
    assert datetime.fromisoformat(line["at"]).tzinfo is not None


def test_fields_of_any_kind_become_text(said: Any) -> None:
    logger("x").warning("odd", path=Path("/a"), amount=Decimal("1.50"), at=datetime(2026, 3, 1, tzinfo=UTC), kind=str)
    assert (said()["path"], said()["amount"]) == ("/a", "1.50")


def test_line_ends_stay_within_the_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="volt")
    logger("x").info("two\nlines", station="a\nb\x00")
    assert "\n" not in JsonLines().format(caplog.records[-1])


def test_percent_signs_are_no_format(said: Any) -> None:
    logger("x").info("100 % of %s")
    assert said()["message"] == "100 % of %s"


def test_a_failure_has_its_stack(said: Any) -> None:
    try:
        raise ValueError("nothing works")
    except ValueError as wrong:
        logger("x").error("failed", exc=wrong)
    assert "ValueError: nothing works" in said()["exception"]


def test_the_ids_of_the_current_trace_are_added(said: Any) -> None:
    tracer = TracerProvider().get_tracer("t")
    with tracer.start_as_current_span("s") as span:
        logger("x").info("within")
        context = span.get_span_context()
        line = said()
    assert (line["trace_id"], line["span_id"]) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    logger("x").info("without")
    assert "trace_id" not in said()
    assert not trace.get_current_span().get_span_context().is_valid
