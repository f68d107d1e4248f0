"""The two pure deciders chained in memory: frames → the twin → its facts → visits, with all deadlines between."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from unit.session.outage_delivery import Step
from unit.session.outage_world import World, moment
from unit.session.session_story import Life
from unit.session.session_story import Rows as SessionRows
from unit.station.station_story import KEY, Rows, Story, Then
from unit.station.station_words2 import boot as boot2
from unit.station.station_words16 import boot as boot16

from volt_contracts.message import Event
from volt_contracts.network import StationRow
from volt_contracts.session import Meter, Place, SessionFinalised
from volt_contracts.station import TransactionStarted
from volt_contracts.topics import NETWORK_STATIONS, STATION_EVENTS
from volt_session.decider import SESSION
from volt_session.domain.energy import energy_wh
from volt_session.domain.session import SessionState, current
from volt_station.domain.state import EMPTY


def tables(world: World, zone: str | None = None) -> dict[tuple[str, str], Any]:
    """What the network says of the station."""
    place = Place(network_version=1, time_zone=zone, meter=Meter(register_kind=world.register))  # type: ignore[arg-type]
    row = StationRow(
        version=1, station_uid=KEY.split("/")[1], identity="CP-1", adopted=False, security_profile=1,
        registration="accepted", place=place,
    )  # fmt: skip
    return {(NETWORK_STATIONS.name, KEY): row}


@dataclass
class Chain:
    """Both deciders of one station."""

    world: World
    zone: str | None = None
    station: Story = field(init=False)
    session: Life = field(init=False)
    links: int = 0
    heard_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        rows = tables(self.world, self.zone)
        self.station = Story(protocol=self.world.protocol, tables=Rows(rows), now=moment(-3600))
        self.session = Life(SESSION, KEY, SessionRows(rows), now=moment(-3600))
        self.heard_at = self.station.now

    @property
    def visits(self) -> SessionState:
        """What the session decider keeps."""
        return self.session.kept.state or SessionState()

    def take(self, step: Step) -> list[Event]:
        """One step; the facts that it led to."""
        self.pass_time(moment(0) + timedelta(seconds=step.at))
        self.heard_at = self.station.now
        if step.link == "close":
            return self._say(self.station.closed())
        if step.link == "open":
            return self._open()
        if step.link == "alive":
            return self._say(self.station.alive())
        frame = step.frame
        assert frame is not None
        token = None if frame.stay is None else frame.stay.token
        refs = {} if token is None else {"/idTag": token, "/idToken/idToken": token}
        return self._say(self.station.call(frame.action, frame.payload, decision=frame.decision, refs=refs))

    def _open(self) -> list[Event]:
        self.links += 1
        facts = self._say(self.station.link(f"link-{self.links}"))
        if self.links == 1:
            facts += self._say(boot16(self.station) if self.world.protocol == "ocpp1.6" else boot2(self.station))
        return facts

    def pass_time(self, until: datetime) -> None:
        """All deadlines up to that moment, of both."""
        while (due := self._due()) is not None and due <= until:
            self.station.now = max(self.station.now, due)
            self._say(self.station.tick(self.heard_at))
        self.station.now = max(self.station.now, until)
        self.session.pass_time(self.station.now)

    def _due(self) -> datetime | None:
        state = self.station.state
        deadline = None if state is None else self.station.decider.deadline(state, self.heard_at)
        return None if deadline is None else deadline.at

    def _say(self, then: Then) -> list[Event]:
        for event in then.events:
            self.session.hear(STATION_EVENTS, event, self.station.now)
        return list(then.events)

    def statuses(self) -> dict[int, str]:
        """EVSE → the live status of its connector."""
        found = {}
        for evse, kept in (self.station.state or EMPTY).evses.items():
            if 1 in kept.connectors:
                found[evse] = str(kept.connectors[1].status)
        return found

    def others_live(self, step: Step) -> list[Any]:
        """The visits of cars that are there now and are not the frame's own: session, state, energy so far."""
        mine = None if step.frame is None else step.frame.stay
        here = {stay.token for stay in self.world.stays if stay is not mine and stay.plug <= step.at < stay.unplug}
        visits = [current(self.visits, evse) for evse in range(1, self.world.evses + 1)]
        return [
            (visit.session_id, visit.changes[-1:], energy_wh(visit), visit.unplugged_at)
            for visit in visits
            if visit is not None and visit.transactions and visit.transactions[-1].token_ref in here
        ]

    def finals(self) -> list[SessionFinalised]:
        """Of all visits."""
        return self.session.all(SessionFinalised)

    def transactions(self) -> set[str]:
        """The uids of all that began."""
        return {event.transaction_uid for event in _of(self.station.events, TransactionStarted)}


def _of(events: Iterable[Event], kind: type[TransactionStarted]) -> list[TransactionStarted]:
    return [event for event in events if isinstance(event, kind)]
