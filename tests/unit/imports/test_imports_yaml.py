"""YAML: nested stations, texts that stay texts, and what must not unfold."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.imports.import_files import written

from volt_contracts.network import Connector, Evse
from volt_contracts.session import Meter
from volt_imports.contents import contents_of
from volt_imports.reading.yaml import YamlRows
from volt_imports.rows import Unreadable

WHOLE = """
organisations:
  - {organisation: VLT, name: Volt GmbH, kind: legal entity, country: de}
locations:
  - location: L1
    name: Harbour
    time_zone: Europe/Berlin
    legal_entity: VLT
stations:
  - identity: CP1
    location: L1
    protocol: 1.6
    evses:
      - number: 1
        evse_id: DE*VLT*E0001
        meter serial: 00042
        metrology: eichrecht
        connectors:
          - {standard: type2, format: socket, max_power: 22 kW}
      - number: 2
        connectors:
          - {number: 1, standard: CCS2}
          - {number: 2, standard: CHAdeMO}
  - identity: CP2
tokens:
  - uid: 1e5
  - {uid: no, status: ~, colour: red}
"""


def test_a_whole_network(tmp_path: Path) -> None:
    contents = written(tmp_path, "network.yaml", WHOLE)

    assert contents.faults == []
    assert contents.rows == {"organisations": 1, "locations": 1, "stations": 5, "tokens": 2}
    assert contents.stations["CP1"].described() == (
        Evse(
            number=1, evse_id="DE*VLT*E0001", meter=Meter(serial="00042", metrology="eichrecht"),
            connectors=(Connector(standard="IEC_62196_T2", format="socket", max_power_w=22000),),  # type: ignore[arg-type]
        ),
        Evse(
            number=2,
            connectors=(Connector(standard="IEC_62196_T2_COMBO"), Connector(number=2, standard="CHADEMO")),
        ),
    )  # fmt: skip
    assert contents.stations["CP2"].described() is None
    assert list(contents.tokens) == ["1E5", "NO"]
    assert contents.ignored == {"tokens": ("colour",)}
    assert [station.line for station in contents.stations.values()] == [10, 24]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("tokens: [&a {uid: A}, *a]", "anchors"),
        ("tokens: [{uid: [[[[[[[[[[1]]]]]]]]]]}]", "8 deep"),
        ("tokens: {uid: A}", "tokens is a list"),
        ("cars: []", "none of organisations"),
        ("- uid: A", "begins with one of"),
        ("hello", "begins with one of"),
        ("tokens: [", "line 2: it is no YAML"),
        ("tokens:\n  - {uid: A, uid: B}", "line 2: uid stands there twice"),
        ("tokens:\n  - {[a]: B}", "a name is a text"),
        (b"tokens: [\xff\xfe]", "no YAML"),
    ],
)
def test_what_cannot_be_read_has_its_sentence(tmp_path: Path, text: str | bytes, word: str) -> None:
    with pytest.raises(Unreadable, match=word):
        written(tmp_path, "network.yml", text)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("tokens:\n  - A", 2, ""),
        ("tokens:\n  - uid: [A]", 2, "uid"),
        ("tokens: [{uid: A}, {uid: B}]", 1, ""),
        ("{tokens: [{uid: A}], stations: [{identity: B}]}", 1, ""),
        ("stations:\n  - identity: A\n    evses: 3", 3, "evses"),
        ("stations:\n  - identity: A\n    evses:\n      - 1", 4, "evses"),
        ("tokens:\n  - uid: A\n    group: " + "B" * 2001, 3, "group"),
    ],
)
def test_faults_have_their_line(tmp_path: Path, text: str, line: int, column: str) -> None:
    (fault,) = written(tmp_path, "network.yaml", text).faults
    assert (fault.line, fault.column) == (line, column)


def test_a_list_alone_is_of_the_kind_that_was_said() -> None:
    assert list(contents_of(YamlRows(BytesIO(b"- uid: A\n"), "tokens")).tokens) == ["A"]


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    assert written(tmp_path, "a.yaml", "").rows == {}
    assert written(tmp_path, "b.yaml", "tokens:\n").rows == {}


@given(st.binary(max_size=100))
def test_no_bytes_make_it_fall_over(tail: bytes) -> None:
    for head in (b"", b"tokens:\n", b"stations:\n  - identity: A\n    evses:\n"):
        try:
            contents_of(YamlRows(BytesIO(head + tail)))
        except Unreadable:
            continue
