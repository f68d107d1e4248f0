"""BootNotification, hardware that changes, and registration."""

from unit.station.station_story import Story
from unit.station.station_words16 import boot, start

from volt_contracts.gateway import Decision
from volt_contracts.station import Booted, HardwareChanged


def test_a_boot_is_a_fact_with_the_registration_that_went_out() -> None:
    story = Story()
    story.link()
    then = boot(
        story,
        chargePointVendor=" Acme ",
        chargePointSerialNumber="S1",
        meterSerialNumber="M1",
        firmwareVersion="1.2",
        chargeBoxSerialNumber="B1",
        iccid="",
        meterType="EM24",
    )
    fact = then.only(Booted)
    assert (fact.registration, fact.vendor, fact.model, fact.serial) == ("accepted", "Acme", "One", "S1")
    assert (fact.firmware, fact.box_serial, fact.meter_serial, fact.meter_type) == ("1.2", "B1", "M1", "EM24")
    assert (fact.iccid, fact.imsi, fact.hardware_epoch) == (None, None, 0)
    assert fact.frame is not None
    assert (fact.frame.action, fact.frame.message_id, fact.frame.link_seq) == ("BootNotification", "m1", 101)
    assert fact.decoder is not None
    assert fact.decoder.code_version == "1"
    profile = story.profile
    assert (profile.registration, profile.vendor, profile.firmware, profile.boot_seen) == (
        "accepted",
        "Acme",
        "1.2",
        True,
    )
    assert profile.quirk_set_version == fact.decoder.quirk_set_version


def test_without_a_decision_the_answer_tells_the_registration() -> None:
    story = Story()
    story.link()
    story.call("BootNotification", {}, answer={"status": "Rejected", "interval": 60})
    assert story.profile.registration == "rejected"
    assert story.call("BootNotification", {}).only(Booted).registration == "rejected"


def test_a_refused_boot_has_no_effect() -> None:
    story = Story()
    story.link()
    refused = story.call("BootNotification", {}, error="FormationViolation", decision=Decision(registration="accepted"))
    assert refused.events == []


def test_another_serial_opens_a_new_hardware_epoch() -> None:
    story = Story()
    story.link()
    boot(story, chargePointSerialNumber="S1", meterSerialNumber="M1")
    then = boot(story, chargePointSerialNumber="S2", meterSerialNumber="M1")
    assert then.names == ["HardwareChanged", "Booted"]
    changed = then.only(HardwareChanged)
    assert (changed.hardware_epoch, changed.what) == (1, ("serial",))
    assert changed.before == {"serial": "S1", "meter": "M1"}
    assert changed.after == {"serial": "S2", "meter": "M1"}
    assert then.only(Booted).hardware_epoch == 1
    assert story.profile.hardware_epoch == 1


def test_another_meter_and_another_serial_are_one_change() -> None:
    story = Story()
    story.link()
    boot(story, chargePointSerialNumber="S1", meterSerialNumber="M1")
    then = boot(story, chargePointSerialNumber="S2", meterSerialNumber="M2")
    assert then.only(HardwareChanged).what == ("serial", "meter")


def test_serials_that_come_late_or_are_left_out_change_nothing() -> None:
    story = Story()
    story.link()
    boot(story)
    boot(story, chargePointSerialNumber="S1")
    assert boot(story).names == ["Booted"]
    assert boot(story, chargePointSerialNumber="S1").names == ["Booted"]
    assert boot(story, chargePointSerialNumber="S9").has(HardwareChanged)


def test_a_boot_ends_no_transaction() -> None:
    story = Story()
    story.link()
    boot(story)
    start(story)
    assert boot(story).names == ["Booted"]
    assert story.profile.running == ("4711",)
