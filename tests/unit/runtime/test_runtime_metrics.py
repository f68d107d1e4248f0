"""Metrics: plain memory that reads as the Prometheus text format 0.0.4."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_runtime.metrics import Metrics

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
VALUE = r"[-+]?(?:\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|[iI]nf|[nN]a[nN])"
LABEL = rf'{NAME}="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = rf"{NAME}(?:\{{{LABEL}(?:,{LABEL})*\}})? {VALUE}"
LINE = re.compile(rf"# HELP {NAME} .*|# TYPE {NAME} (?:counter|gauge|histogram)|{SAMPLE}")


def samples(metrics: Metrics) -> dict[str, str]:
    """Name with labels → value, after every line was checked against the grammar."""
    text = metrics.text()
    assert text.endswith("\n")
    lines = text.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_a_counter_grows() -> None:
    metrics = Metrics()
    frames = metrics.counter("volt_frames_total", "frames", action="Boot")
    frames.add()
    frames.add(2)
    assert samples(metrics) == {'volt_frames_total{action="Boot"}': "3"}


@pytest.mark.parametrize("count", [1_234_567, 2**53, 99_999_999])
def test_large_counts_lose_no_digit(count: int) -> None:
    metrics = Metrics()
    metrics.counter("c", "h").add(count)
    assert float(samples(metrics)["c"]) == count


def test_the_same_name_and_labels_are_the_same_object() -> None:
    metrics = Metrics()
    assert metrics.counter("c", "h", a="1", b="2") is metrics.counter("c", "h", b="2", a="1")
    assert metrics.counter("c", "h", a="1") is not metrics.counter("c", "h", a="2")
    assert metrics.histogram("h", "h") is metrics.histogram("h", "h")


def test_a_gauge_is_read_when_it_is_asked_for() -> None:
    metrics = Metrics()
    level = [1.5]
    metrics.gauge("g", "h", lambda: level[0])
    assert samples(metrics) == {"g": "1.5"}
    level[0] = math.inf
    assert float(samples(metrics)["g"]) == math.inf


def test_a_histogram_is_cumulative_and_ends_in_infinity() -> None:
    metrics = Metrics()
    times = metrics.histogram("t_seconds", "h", buckets=(0.1, 1.0), view="v")
    for value in (0.1, 0.5, 0.5, 7.0):
        times.observe(value)
    times.observe(0.05, times=2)
    found = samples(metrics)
    assert [found[f't_seconds_bucket{{view="v",le="{le}"}}'] for le in ("0.1", "1", "+Inf")] == ["3", "5", "6"]
    assert found['t_seconds_count{view="v"}'] == "6"
    assert float(found['t_seconds_sum{view="v"}']) == pytest.approx(8.2)
    assert len(found) == 5


def test_help_and_type_stand_once_before_their_samples() -> None:
    metrics = Metrics()
    for action in ("a", "b"):
        metrics.counter("c_total", "what it counts", action=action).add()
    assert metrics.text().splitlines() == [
        "# HELP c_total what it counts",
        "# TYPE c_total counter",
        'c_total{action="a"} 1',
        'c_total{action="b"} 1',
    ]


def test_nothing_counted_is_an_empty_page() -> None:
    assert Metrics().text().strip() == ""


@given(st.dictionaries(st.sampled_from(["action", "tenant", "type"]), st.text(), max_size=3))
def test_any_label_value_can_be_read(labels: dict[str, str]) -> None:
    """Types and actions come from stations: quotes, backslashes and line ends among them."""
    metrics = Metrics()
    metrics.counter("c_total", "h", **labels).add()
    text = metrics.text()
    lines = text.split("\n")
    assert len(lines) == 4
    assert LINE.fullmatch(lines[2])
