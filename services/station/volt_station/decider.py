"""The decider of the charger's twin: its topics and its functions."""

from volt_contracts.topics import (
    GATEWAY_DOWNLINK,
    GATEWAY_FRAMES,
    NETWORK_LOCATIONS,
    NETWORK_STATION_COMMANDS,
    NETWORK_STATIONS,
    STATION_COMMANDS,
    STATION_DEAD,
    STATION_EVENTS,
    STATION_EVIDENCE,
    STATION_PROFILES,
    STATION_STATE,
    STATION_TELEMETRY,
)
from volt_eventlog.decider import Decider
from volt_ocpp.quirks import QuirkSet, load_quirks
from volt_station.domain import evolve as fold
from volt_station.domain import evolve_commands, evolve_transactions, lag, limits, marks, numbers, state
from volt_station.domain.deadlines import deadline
from volt_station.inbox import IGNORED, deciding
from volt_station.profile import publishing, unshown
from volt_station.station_quirks import StationQuirks


def station_decider(quirks: QuirkSet) -> Decider:
    """The twin under a quirk set; another one than ours shows what it would make of stored frames."""
    known = StationQuirks(quirks)
    return Decider(
        owner="station",
        name="station",
        inputs=(GATEWAY_FRAMES, STATION_COMMANDS),
        commands=STATION_COMMANDS,
        events=STATION_EVENTS,
        state=STATION_STATE,
        dead=STATION_DEAD,
        state_types=(state.Station,),
        state_version=1,
        decide=deciding(known),
        evolve=fold.evolve,
        fold_modules=(state, fold, evolve_transactions, evolve_commands, lag, marks, numbers, limits),
        public=publishing(known),
        unshown=unshown,
        deadline=deadline,
        tables=(NETWORK_STATIONS, NETWORK_LOCATIONS),
        writes=(GATEWAY_DOWNLINK, STATION_TELEMETRY, STATION_EVIDENCE, STATION_PROFILES, NETWORK_STATION_COMMANDS),
        ignores=IGNORED,
    )


STATION = station_decider(load_quirks())
