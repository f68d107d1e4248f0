"""Links: the newer one wins, a loss is said once, a silent link comes back."""

from datetime import timedelta

from unit.station.station_story import Story, header
from unit.station.station_words16 import boot, status

from volt_contracts.envelope import LINK
from volt_contracts.gateway import CloseLink
from volt_contracts.network import AdoptStation
from volt_contracts.station import Booted, LinkLost, LinkUp
from volt_contracts.topics import GATEWAY_DOWNLINK, NETWORK_STATION_COMMANDS
from volt_station.domain.state import Connected, Disconnected, Silent


def test_a_link_is_up_with_the_offset_of_its_record() -> None:
    story = Story()
    up = story.link().only(LinkUp)
    assert (up.link_id, up.link_seq, up.identity, up.protocol) == ("link-1", story.offset, "CP-1", "ocpp1.6")
    assert up.time.at == story.now
    assert story.profile.protocol == "ocpp1.6"


def test_the_older_link_is_closed_and_its_frames_still_count() -> None:
    story = Story()
    story.link("old")
    old_seq = story.link_seq
    then = story.wait(seconds=5).link("new")
    assert then.names == ["LinkLost", "LinkUp"]
    assert then.only(LinkLost).cause == "superseded"
    record = then.records[0]
    assert record.topic is GATEWAY_DOWNLINK
    assert header(record, LINK) == b"old"
    assert record.body == CloseLink(link_id="old", reason="the station opened a newer link", by_link_id="new")
    story.link_id, story.link_seq = "old", old_seq
    assert boot(story).has(Booted)
    assert story.closed("old").events == []
    assert isinstance(story.twin.link, Connected)
    assert story.twin.link.line.link_id == "new"


def test_the_same_record_again_or_an_older_one_opens_nothing() -> None:
    story = Story()
    story.link()
    opened = story.past[-1]
    story.wait(seconds=1).link("link-2")
    assert story.step(opened).outputs == []


def test_closing_the_current_link_is_a_loss() -> None:
    story = Story()
    story.link()
    lost = story.closed().only(LinkLost)
    assert (lost.cause, lost.code) == ("closed", 1006)
    assert isinstance(story.twin.link, Disconnected)
    assert story.closed().events == []
    assert story.profile.protocol == "ocpp1.6"


def test_silence_is_noticed_after_two_and_a_half_times_the_alive_interval() -> None:
    story = Story()
    story.link()
    boot(story)
    heard = story.now
    assert story.wait(minutes=12, seconds=29).tick(heard).events == []
    lost = story.wait(seconds=1).tick(heard).only(LinkLost)
    assert lost.cause == "silent"
    assert lost.time.at == heard + timedelta(minutes=12, seconds=30)
    assert story.wait(minutes=30).tick(heard).events == []


def test_any_frame_of_a_silent_link_brings_it_back() -> None:
    story = Story()
    story.link()
    boot(story)
    heard = story.now
    story.wait(minutes=13).tick(heard)
    assert isinstance(story.twin.link, Silent)
    then = status(story, "Available")
    assert then.names == ["LinkUp", "ConnectorStatusChanged"]
    assert then.only(LinkUp).link_id == "link-1"
    assert then.only(LinkUp).link_seq == story.link_seq


def test_an_alive_record_brings_back_what_our_own_deadline_gave_up_but_not_what_the_gateway_called_silent() -> None:
    story = Story()
    story.link()
    boot(story)
    heard = story.now
    story.wait(minutes=13).tick(heard)
    assert story.alive().has(LinkUp)
    assert story.silent().only(LinkLost).cause == "silent"
    assert story.alive().events == []
    assert story.back().has(LinkUp)


def test_frames_of_another_link_wake_nothing() -> None:
    story = Story()
    story.link()
    story.silent()
    story.link_id = "stranger"
    assert status(story, "Available").names == ["ConnectorStatusChanged"]


def test_a_silent_link_that_is_superseded_is_closed_without_being_lost_again() -> None:
    story = Story()
    story.link()
    story.silent()
    then = story.link("link-2")
    assert then.names == ["LinkUp"]
    assert [body.link_id for body in then.to(GATEWAY_DOWNLINK)] == ["link-1"]


def test_an_unknown_station_is_handed_to_the_network_at_each_link() -> None:
    story = Story()
    for link in ("link-1", "link-2"):
        (command,) = story.link(link, known=False).to(NETWORK_STATION_COMMANDS)
        assert isinstance(command, AdoptStation)
        assert (command.identity, command.protocol, command.remote_address) == ("CP-1", "ocpp1.6", "192.0.2.7")
        assert (command.actor.kind, command.actor.id) == ("system", "adoption")
    assert story.link("link-3").to(NETWORK_STATION_COMMANDS) == []
