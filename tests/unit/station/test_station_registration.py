"""What may be asked of a station that is not accepted, and of one that never booted."""

from unit.station.station_orders import START, payload, sent, station16
from unit.station.station_story import OPERATOR, Story
from unit.station.station_words16 import start

from volt_contracts.message import Actor, Command
from volt_contracts.station import (
    CommandFinished,
    CommandSent,
    RegistrationChanged,
    RequestStop,
    Reset,
    SetRegistration,
    TriggerMessage,
)


def test_registration_is_changed_without_the_wire() -> None:
    story = station16()
    actor = Actor(kind="operator", id="anna", reason="new site")
    then = story.command(SetRegistration(actor=actor, registration="rejected"), id="c1")
    assert then.names == ["RegistrationChanged", "CommandFinished"]
    assert then.only(RegistrationChanged).reason == "operator:anna: new site"
    assert then.only(CommandFinished).outcome == "accepted"
    assert then.records == []
    assert story.profile.registration == "rejected"


def test_while_pending_nothing_is_started_or_stopped() -> None:
    story = station16()
    start(story)
    (uid,) = story.twin.running
    story.command(SetRegistration(actor=OPERATOR, registration="pending"))
    stop = RequestStop(actor=OPERATOR, transaction_uid=uid)
    for command in (START, stop):
        assert story.command(command).only(CommandFinished).outcome == "rejected"
    assert sent(story.command(Reset(actor=OPERATOR))).action == "Reset"


def test_while_rejected_only_its_boot_is_asked_for() -> None:
    story = station16()
    story.command(SetRegistration(actor=OPERATOR, registration="rejected"))
    refused: tuple[Command, ...] = (
        START,
        Reset(actor=OPERATOR),
        TriggerMessage(actor=OPERATOR, message="Heartbeat"),
    )
    for command in refused:
        assert story.command(command).only(CommandFinished).outcome == "rejected"
    call = sent(story.command(TriggerMessage(actor=OPERATOR, message="BootNotification")))
    assert payload(call) == {"requestedMessage": "BootNotification"}


def test_a_boot_that_never_came_is_asked_for_once_on_a_link() -> None:
    story = Story()
    story.link()
    assert story.wait(seconds=59).tick().events == []
    then = story.wait(seconds=1).tick()
    assert payload(sent(then)) == {"requestedMessage": "BootNotification"}
    assert then.only(CommandSent).actor == "system:boot"
    story.report(sent(then), "result", {"status": "Accepted"})
    assert story.tick().events == []
    assert story.profile.boot_seen is False


def test_a_station_that_has_booted_once_is_not_asked() -> None:
    story = station16()
    story.link("link-2")
    assert story.wait(minutes=5).tick().events == []
