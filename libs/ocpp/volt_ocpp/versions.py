"""The OCPP versions that Voltlog speaks and how one of them is agreed on."""

from collections.abc import Sequence
from enum import StrEnum


class Version(StrEnum):
    """A protocol version; the value is its WebSocket subprotocol name (OCPP-J 1.6 §3.1.2, 2.0.1 part 4 §3.1.2)."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"

    @property
    def label(self) -> str:
        """The version as it is written in a sentence for people."""
        return f"OCPP {self.value.removeprefix('ocpp')}"


NEWEST_FIRST = (Version.V21, Version.V201, Version.V16)


def negotiate(offered: Sequence[str], configured: Version | None) -> Version | None:
    """Choose the version of a new link.

    Of the offered subprotocols the newest one wins. A station that offers none at all gets the version that is
    configured for it. None means that the upgrade is to be refused: the station offers only what is not spoken here,
    or offers nothing and has nothing configured.
    """
    names = {name for item in offered for part in item.split(",") if (name := part.strip())}
    if not names:
        return configured
    return next((version for version in NEWEST_FIRST if version.value in names), None)
