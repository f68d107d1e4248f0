"""One message's turn: the twin as it is told, what was said so far, and where the facts of this turn come from."""

from collections.abc import Sequence

import msgspec

from volt_contracts.envelope import Header
from volt_contracts.fact import Decoder, FrameRef
from volt_contracts.message import Event
from volt_contracts.station import ReadingsTaken
from volt_contracts.topics import Topic
from volt_eventlog.decider import Decided, Output, Record
from volt_eventlog.message import Message, Tick
from volt_station.domain.evolve import evolve, readings_taken
from volt_station.domain.state import EMPTY, Station


class Source(msgspec.Struct, frozen=True):
    """The frame that facts are read from, how it was decoded, and what is odd about all of it."""

    frame: FrameRef
    decoder: Decoder
    suspect: tuple[str, ...] = ()

    def applying(self, quirk: str) -> "Source":
        """The same, with one more quirk that had an effect."""
        decoder = msgspec.structs.replace(self.decoder, applied=(*self.decoder.applied, quirk))
        return Source(self.frame, decoder, self.suspect)

    def with_suspect(self, reasons: Sequence[str]) -> "Source":
        """The same, with more that is odd."""
        return Source(self.frame, self.decoder, (*self.suspect, *reasons))


class Turn:
    """Collects outputs; every event that is said is folded at once, so that the next decision knows it."""

    __slots__ = ("cause", "outputs", "state")

    def __init__(self, state: Station | None, cause: Message | Tick) -> None:
        self.state: Station = EMPTY if state is None else state
        self.cause = cause
        self.outputs: list[Output] = []

    def say(self, event: Event) -> None:
        """An event of this station."""
        self.outputs.append(event)
        self.state = evolve(self.state, event)

    def say_taken(self, event: ReadingsTaken, marks: list[str]) -> None:
        """Readings of this station, with their marks: they are told apart by them before, and marks are dear."""
        self.outputs.append(event)
        self.state = readings_taken(self.state, event, marks)

    def write(self, topic: Topic, body: msgspec.Struct, headers: Sequence[Header] = ()) -> None:
        """A record for another topic, with the key of this station."""
        self.outputs.append(Record(topic, self.cause.key, body, tuple(headers)))

    def decided(self) -> Decided:
        """All of it, with the twin as it is now."""
        return Decided(self.outputs, self.state)

    def id_after(self, more: int = 0) -> str:
        """The id that the next output will bear, or one of those that follow it."""
        return self.cause.output_id(len(self.outputs) + more)
