"""A station's call as the readers of its actions get it: the payload, how its times are judged, and its quirks."""

from collections.abc import Callable
from datetime import tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from volt_contracts.fact import Decoder, FrameRef
from volt_contracts.gateway import Decision, Exchange
from volt_contracts.ids import entity_key, location_uid
from volt_contracts.network import LocationRow, StationRow
from volt_contracts.topics import NETWORK_LOCATIONS, NETWORK_STATIONS
from volt_eventlog.decider import Tables
from volt_eventlog.message import Message
from volt_ocpp.quirks.effects import EffectName
from volt_ocpp.versions import Version
from volt_station.domain import links
from volt_station.domain.facttime import Clock, Sent, Timed
from volt_station.domain.state import Station
from volt_station.domain.turn import Source, Turn
from volt_station.lenient import Object, moment, read_object
from volt_station.station_quirks import StationQuirks

CODE_VERSION = "1"
"""Of the code that turns frames into facts; raised when the same frame would give other facts."""


class Frame:
    """One call of a station with everything that reading it needs. Notes the quirks that had an effect."""

    __slots__ = (
        "_applied",
        "_clock",
        "_tables",
        "exchange",
        "meanings",
        "message",
        "payload",
        "quirks",
        "state",
        "suspect",
    )

    def __init__(self, state: Station, message: Message, tables: Tables, quirks: StationQuirks) -> None:
        self.state = state
        self.message = message
        self.exchange: Exchange = message.body
        in_force = quirks.of(state.hardware)
        self.quirks = in_force.quirks
        is_16 = self.exchange.protocol == Version.V16
        self.meanings = in_force.meanings_16 if is_16 else in_force.meanings_2
        self.suspect: list[str] = ["schema_violation"] if self.exchange.violations else []
        payload = read_object(self.exchange.call)
        if payload is None:
            self.suspect.append("unreadable_payload")
        self.payload: Object = payload or {}
        self._applied: list[str] = []
        self._tables = tables
        bound = self.quirks.unset_before
        linked_at = links.open_since(state.link, self.exchange.link_id)
        caught_up = links.caught_up(state.link, self.exchange.link_id)
        self._clock = Clock(self.exchange.received_at, linked_at, caught_up, None, bound and bound[0], state.lag)

    def apply(self, quirk: str) -> None:
        """A quirk had an effect on this frame."""
        if quirk not in self._applied:
            self._applied.append(quirk)

    def time(self, offline: bool | None = None, *, optional: bool = False) -> Timed:
        """The times of the fact whose timestamp stands in the payload."""
        return self.timed(moment(self.payload), offline, optional=optional)

    def timed(self, sent: Sent, offline: bool | None = None, *, optional: bool = False) -> Timed:
        """The times of a fact with this timestamp; `optional`: that there is none is nothing odd."""
        clock = self._clock
        if sent.value is not None and not sent.had_zone:
            quirk = self.quirks.named.get(EffectName.STATION_ZONE)
            if quirk is not None:
                self.apply(quirk)
                clock = replace(clock, zone=self._zone())
        timed = clock.judge(sent, offline)
        if timed.time.clock == "unset" and not (optional and sent.text is None):
            self._note_unset(sent)
        return timed

    def token_ref(self, pointer: str) -> str | None:
        """The reference of the token at that place of the call."""
        return self.exchange.token_refs.get(pointer)

    @property
    def decision(self) -> Decision | None:
        """What the answer said."""
        return self.exchange.decision

    def source(self) -> Source:
        """Where the facts of this frame come from; to be asked for when it has been read to its end."""
        exchange = self.exchange
        return Source(
            reference(self.message, exchange.message_id, exchange.action, exchange.protocol),
            Decoder(code_version=CODE_VERSION, quirk_set_version=self.quirks.version, applied=tuple(self._applied)),
            tuple(self.suspect),
        )

    def _note_unset(self, sent: Sent) -> None:
        bound = self.quirks.unset_before
        unreadable = self.quirks.named.get(EffectName.RECEIVE_TIME_WHEN_UNREADABLE)
        if sent.value is None and unreadable is not None:
            self.apply(unreadable)
        elif sent.value is not None and bound is not None and sent.value < bound[0]:
            self.apply(bound[1])

    def _zone(self) -> tzinfo | None:
        """Where it stands; what its location says goes before what it was registered with."""
        row: StationRow | None = self._tables.get(NETWORK_STATIONS, self.message.key)
        if row is None:
            return None
        name = row.place.time_zone
        if row.location_id is not None:
            tenant = self.message.tenant
            key = entity_key(tenant, location_uid(tenant, row.location_id))
            place: LocationRow | None = self._tables.get(NETWORK_LOCATIONS, key)
            name = name if place is None else place.location.time_zone or name
        return None if name is None else zone_of(name)


Hear = Callable[[Turn, Frame], None]
"""Reads a call of a station and says what follows from it."""


def reference(
    message: Message, message_id: str | None = None, action: str | None = None, protocol: str | None = None
) -> FrameRef:
    """The reference to a record of `gateway.frames`."""
    body = message.body
    return FrameRef(
        id=message.id,
        link_id=body.link_id,
        link_seq=body.link_seq,
        partition=message.partition,
        offset=message.offset,
        message_id=message_id,
        action=action,
        protocol=protocol,
    )


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo | None:
    """A time zone by its IANA name; None for one that is not known here."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
