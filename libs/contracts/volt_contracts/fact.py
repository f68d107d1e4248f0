"""What every fact from a station carries: its times, its way to us, how it was decoded, and what is odd about it."""

from datetime import datetime
from typing import Literal

import msgspec

from volt_contracts.message import Event

ClockQuality = Literal["good", "offset", "local", "unset"]
"""`offset`: off by more than a minute; `local`: sent without a zone; `unset`: no usable time, receive time rules."""

Offline = Literal["no", "reported", "inferred", "unknown"]
"""Whether the station was offline when it happened; 2.x reports it, for 1.6 it is inferred from the age of the fact."""


class FactTime(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`at` rules; the rest says where it came from. All aware UTC."""

    at: datetime
    received_at: datetime
    sent: str | None = None
    """The station's own text, as it was sent."""
    clock: ClockQuality = "good"
    offline: Offline = "no"

    @property
    def is_history(self) -> bool:
        """Whether the station was offline when it happened: such a fact changes no live state."""
        return self.offline in ("reported", "inferred")


class Decoder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """By which code and which quirks a frame became this fact."""

    code_version: str
    quirk_set_version: str
    applied: tuple[str, ...] = ()


class FrameRef(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The frame that a fact was read from. Its place in `gateway.frames` is a hint; the id is the reference."""

    id: str
    link_id: str
    link_seq: int
    partition: int
    offset: int
    message_id: str | None = None
    action: str | None = None
    protocol: str | None = None


class Fact(Event, frozen=True, kw_only=True):
    """An event read from a station's frame. `suspect` lists soft oddities, each a word that the README explains."""

    time: FactTime
    frame: FrameRef | None = None
    decoder: Decoder | None = None
    suspect: tuple[str, ...] = ()
