"""The agreement on a version."""

import pytest

from volt_ocpp.versions import Version, negotiate


@pytest.mark.parametrize(
    ("offered", "configured", "expected"),
    [
        (["ocpp1.6"], None, Version.V16),
        (["ocpp1.6", "ocpp2.0.1", "ocpp2.1"], None, Version.V21),
        (["ocpp2.0.1", "ocpp1.6"], Version.V16, Version.V201),
        (["ocpp1.6, ocpp2.0.1"], None, Version.V201),
        ([" ocpp1.6 "], None, Version.V16),
        ([], Version.V16, Version.V16),
        ([""], Version.V16, Version.V16),
        ([], None, None),
        (["ocpp1.5"], Version.V16, None),
        (["OCPP1.6"], None, None),
        (["graphql-ws", "ocpp1.6"], None, Version.V16),
    ],
)
def test_the_newest_offered_version_wins(
    offered: list[str], configured: Version | None, expected: Version | None
) -> None:
    assert negotiate(offered, configured) is expected


def test_a_version_is_named_in_sentences_as_people_write_it() -> None:
    assert [version.label for version in Version] == ["OCPP 1.6", "OCPP 2.0.1", "OCPP 2.1"]
