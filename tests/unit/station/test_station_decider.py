"""The decider as the runner sees it: what it writes to, how large its state gets, when its public row changes."""

import sys

from unit.station.station_story import SNAPSHOTS, Story
from unit.station.station_words16 import boot, meter_values, start, status, stop

from volt_contracts.codec import type_name
from volt_contracts.gateway import LinkRefused
from volt_eventlog.decider import Record
from volt_eventlog.fold import Kept
from volt_station.app import SERVICE
from volt_station.decider import STATION


def size(story: Story) -> int:
    return len(SNAPSHOTS.encode(Kept(story.state)) or b"")


def charge(story: Story, wire_id: int, connector: int = 1) -> None:
    status(story, "Preparing", connector=connector)
    start(story.wait(seconds=5), wire_id, connector=connector)
    for minute in range(60):
        meter_values(story.wait(minutes=1), 1000 + minute, wire_id=wire_id, connector=connector)
    stop(story, wire_id)
    status(story.wait(seconds=5), "Available", connector=connector)


def test_the_state_of_a_station_is_small() -> None:
    story = Story()
    story.link()
    boot(story, chargePointSerialNumber="S1", firmwareVersion="1.2.3")
    for wire_id in range(1, 3):
        charge(story, wire_id, connector=wire_id)
    assert size(story) < 2048
    for wire_id in range(3, 60):
        start(story.wait(minutes=5), 1_000_000_000 + wire_id)
        stop(story.wait(minutes=5), 1_000_000_000 + wire_id)
    assert len(story.twin.ended) == 50
    assert size(story) < 8192


def test_readings_do_not_change_the_public_row() -> None:
    story = Story()
    story.link()
    boot(story)
    start(story)
    before, twin = story.profile, story.twin
    meter_values(story.wait(minutes=1), 2000)
    status(story, "Charging")
    assert story.profile == before
    assert STATION.unshown(twin, story.twin), "the row need not even be made"
    stop(story)
    assert story.profile != before
    assert not STATION.unshown(twin, story.twin)


def test_it_writes_only_where_it_said_it_would() -> None:
    story = Story()
    story.link(known=False)
    story.link("link-2")
    status(story, "Charging")
    then = meter_values(story.wait(minutes=1), 1000)
    written = [output.topic for output in then.outputs if isinstance(output, Record)]
    assert written
    assert set(written) <= set(STATION.writes)


def test_every_module_of_the_fold_is_part_of_its_hash() -> None:
    fold = {module.__name__ for module in STATION.fold_modules}
    assert {name for name in sys.modules if name.startswith("volt_station.domain.evolve")} <= fold


def test_refused_links_are_not_even_decoded() -> None:
    assert type_name(LinkRefused) in STATION.ignores
    assert (SERVICE.name, SERVICE.module, STATION.lane) == ("station", "volt_station", "station.station")
