"""What the console's tables answer, after the facts that a day brings."""

from decimal import Decimal

import pytest
from integration.console.console_stage import staged
from unit.console.console_log import Log
from unit.console.console_story import Charger, Visit, command

from volt_console.queries import commands, counts, session_list, sessions, station_list, stations, timeline
from volt_console.queries.station_list import StationFilter
from volt_console.views import station_timeline
from volt_contracts import gateway, network, session, station
from volt_contracts.message import Actor
from volt_contracts.topics import GATEWAY_FRAMES, NETWORK_STATION_EVENTS, SESSION_EVENTS, STATION_EVENTS
from volt_eventlog.message import Message

pytestmark = pytest.mark.postgres


async def test_a_station_shows_its_link_boot_and_connectors(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot()
    charger.status(2, "Faulted", error="GroundFailure")
    async with staged(database, log) as stage:
        found = await stations.station(stage.console.database, "demo", log.uid("CP-1"))
    assert found is not None
    assert (found.identity, found.online, found.vendor, found.registration) == ("CP-1", True, "Volterra", "accepted")
    assert [(plug.evse, plug.status, plug.error_code) for plug in found.connectors] == [
        (1, "Available", None),
        (2, "Faulted", "GroundFailure"),
    ]


async def test_the_loss_of_an_older_link_leaves_the_station_online(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    former = charger.link
    charger.connect()
    lost = station.LinkLost(time=log.time(), link_id=former, cause="superseded")
    log.append(STATION_EVENTS, "CP-1", lost)
    async with staged(database, log) as stage:
        online = await stations.station(stage.console.database, "demo", log.uid("CP-1"))
        charger.lose_link("silent")
        await stage.show()
        offline = await stations.station(stage.console.database, "demo", log.uid("CP-1"))
    assert online is not None
    assert online.online
    assert offline is not None
    assert (offline.online, offline.lost_cause) == (False, "silent")


async def test_a_status_that_is_repeated_keeps_its_since(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1", connectors=1)
    charger.connect()
    charger.boot()
    began = charger.status(1, "Occupied", "Preparing").at
    async with staged(database, log) as stage:
        for _ in range(3):
            log.wait(60)
            charger.status(1, "Occupied", "Charging", "Charging")
            await stage.show()
        found = await stations.station(stage.console.database, "demo", log.uid("CP-1"))
    assert found is not None
    since = found.connectors[0].since
    assert since is not None
    assert abs((since - began).total_seconds()) < 1
    assert found.connectors[0].charging_state == "Charging"


async def test_a_visit_from_plug_to_its_final_word(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    visit.meter(6_000, minutes=10, soc=40)
    async with staged(database, log) as stage:
        running = await sessions.session(stage.console.database, "demo", visit.id)
        visit.stop("Local")
        visit.unplug("Local")
        await stage.show()
        ended = await sessions.session(stage.console.database, "demo", visit.id)
        visit.revise(Decimal("1000.25"))
        visit.finalise()
        await stage.show()
        final = await sessions.session(stage.console.database, "demo", visit.id)
    assert running is not None
    assert running.state == "running"
    assert (running.energy_wh, running.power_w, running.soc_percent) == (Decimal(1_000), Decimal(6_000), Decimal(40))
    assert running.energy_started_at is not None
    assert ended is not None
    assert (ended.state, ended.power_w, ended.stop_reason, ended.complete) == ("ended", None, "Local", True)
    assert [transaction.stop_reason for transaction in ended.transactions] == ["Local"]
    assert final is not None
    assert (final.state, final.energy_wh, final.revision) == ("finalised", Decimal("1000.25"), 1)
    assert [point.energy_wh for point in final.curve] == [0, Decimal("750.1875"), Decimal("1000.25")]
    assert [point.interpolated for point in final.curve] == [False, True, False]


async def test_what_a_visit_says_of_its_charging_goes_before_what_the_connector_last_said(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1", protocol="ocpp2.0.1")
    charger.connect()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    paused = session.ChargingStateChanged(
        session_id=visit.id, charging_state="SuspendedEV", suspended_by="ev", at=log.now
    )
    log.append(SESSION_EVENTS, "CP-1", paused)
    async with staged(database, log) as stage:
        found = await stations.station(stage.console.database, "demo", log.uid("CP-1"))
        charging = await station_list.stations(stage.console.database, "demo", StationFilter(show="charging"))
    assert found is not None
    assert found.connectors[0].charging_state == "SuspendedEV"
    assert charging.items == []


async def test_a_refused_token_never_takes_the_place_of_an_accepted_one(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    refused = session.Authorization(token_ref="x" * 32, source="rfid", verdict="Blocked", at=log.now)
    body = session.SessionAuthorized(session_id=visit.id, authorization=refused, refused=True)
    log.append(SESSION_EVENTS, "CP-1", body)
    async with staged(database, log) as stage:
        found = await sessions.session(stage.console.database, "demo", visit.id)
    assert found is not None
    assert (found.verdict, found.token_ref) == ("Accepted", visit.token_ref)


async def test_a_timeline_holds_every_record_of_the_visit_in_the_order_of_the_log(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot()
    log.wait(60)
    before = len(log.messages)
    visit = Visit(charger)
    visit.plug()
    visit.start()
    visit.meter(6_000)
    visit.stop()
    visit.unplug()
    mine = log.messages[before:]
    log.wait(60)
    other = Visit(charger, connector=2)
    other.plug()
    async with staged(database, log) as stage:
        found = await sessions.session(stage.console.database, "demo", visit.id)
        assert found is not None
        whole = await timeline.of_session(stage.console.database, "demo", found)
        parts = []
        cursor = None
        while True:
            page = await timeline.of_session(stage.console.database, "demo", found, cursor, limit=4)
            parts += page.items
            cursor = page.next
            if cursor is None:
                break
    assert [record.event_id for record in whole.items] == [message.id for message in mine]
    assert parts == whole.items
    assert {record.topic for record in whole.items} == {"gateway.frames", "station.events", "session.events"}


def _remote_start(log: Log, charger: Charger, visit: Visit) -> list[Message]:
    """StartSession, passed on to the station, and its outcomes; the transaction names the station's command."""
    passed = session.SessionCommandAccepted(
        command_id="asked",
        station_command_id="sent",
        command="StartSession",
        actor=Actor(kind="operator", id="local"),
        until=log.now,
        at=log.now,
    )
    began = [log.append(SESSION_EVENTS, charger.identity, passed)]
    sent = station.CommandSent(
        command_id="sent",
        command="RequestStart",
        message_id="m",
        link_id=charger.link,
        action="RemoteStartTransaction",
        answer_until=log.now,
        actor="session",
        at=log.now,
    )
    began.append(log.append(STATION_EVENTS, charger.identity, sent))
    finished = station.CommandFinished(command_id="sent", outcome="accepted", command="RequestStart", at=log.now)
    began.append(log.append(STATION_EVENTS, charger.identity, finished))
    visit.plug()
    visit.start(command_id="sent")
    return began


async def test_a_timeline_holds_the_remote_start_that_led_to_the_visit(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    visit = Visit(charger)
    began = _remote_start(log, charger, visit)
    async with staged(database, log) as stage:
        found = await sessions.session(stage.console.database, "demo", visit.id)
        assert found is not None
        page = await timeline.of_session(stage.console.database, "demo", found)
        latest = await commands.latest_commands(stage.console.database, "demo", log.uid("CP-1"))
    assert {message.id for message in began} <= {record.event_id for record in page.items}
    assert [record.command for record in latest] == ["StartSession"], "the station's part of it is not shown twice"


async def test_frames_are_forgotten_by_the_logs_own_time(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(station_timeline, "FORGET_EVERY", 1)
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot()
    log.wait(8 * 86_400)
    charger.exchange("Heartbeat", {})
    async with staged(database, log) as stage:
        records = await timeline.of_station(stage.console.database, "demo", log.uid("CP-1"))
    assert [record.summary for record in records if record.topic == "gateway.frames"] == ["Heartbeat → answered"]
    assert any(record.topic == "station.events" for record in records)


async def test_a_command_that_was_sent_and_answered(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    identifier = command(charger, "UnlockConnector", "rejected", "A transaction runs.")
    async with staged(database, log) as stage:
        found = await commands.command(stage.console.database, "demo", identifier)
    assert found is not None
    assert (found.command, found.outcome, found.sentence) == ("UnlockConnector", "rejected", "A transaction runs.")
    assert found.position is not None
    assert found.position.startswith("station.events:")


async def test_pages_of_stations_hold_each_once_in_order(database: str) -> None:
    log = Log()
    for number in range(23):
        Charger(log, f"CP-{number:02d}").connect()
    async with staged(database, log) as stage:
        seen: list[str] = []
        cursor = None
        while True:
            page = await station_list.stations(stage.console.database, "demo", cursor=cursor, limit=5)
            seen += [found.identity for found in page.items]
            cursor = page.next
            if cursor is None:
                break
        searched = await station_list.stations(stage.console.database, "demo", StationFilter(search="-1"))
        literal = await station_list.stations(stage.console.database, "demo", StationFilter(search="%"))
        offline = await station_list.stations(stage.console.database, "demo", StationFilter(show="offline"))
    assert seen == [f"CP-{number:02d}" for number in range(23)]
    assert [found.identity for found in searched.items] == [f"CP-{number}" for number in range(10, 20)]
    assert literal.items == []
    assert offline.items == []


async def test_no_tenant_sees_anothers_data(database: str) -> None:
    ours, theirs = Log("demo"), Log("other")
    for log in (ours, theirs):
        charger = Charger(log, "CP-1")
        charger.connect()
        visit = Visit(charger)
        visit.plug()
        visit.start()
        visit.meter(6_000)
        command(charger, "Reset", "accepted")
    async with staged(database, ours) as stage:
        await stage.tables.apply(_elsewhere(theirs))
        base = stage.console.database
        numbers = await counts.counts(base, "demo")
        assert (numbers.stations, numbers.running) == (1, 1)
        listed = await session_list.sessions(base, "demo")
        assert [found.station_uid for found in listed.items] == [ours.uid("CP-1")]
        assert await stations.station(base, "demo", theirs.uid("CP-1")) is None
        foreign = (await session_list.sessions(base, "other")).items[0]
        assert await sessions.session(base, "demo", foreign.session_id) is None
        assert (await timeline.of_session(base, "demo", foreign)).items == []
        assert await timeline.of_station(base, "demo", foreign.station_uid) == []
        assert await commands.latest_commands(base, "demo", foreign.station_uid) == []
        place = (await timeline.of_station(base, "other", foreign.station_uid))[0]
        assert await timeline.record_at(base, "demo", place.topic, place.partition, place.offset) is None


def _elsewhere(log: Log) -> list[Message]:
    """The same log further on in the same partitions, as two tenants share them."""
    return [
        Message(m.topic, m.key, m.body, m.envelope, m.partition, m.offset + 10_000, m.at, m.lane) for m in log.messages
    ]


async def test_texts_from_stations_are_stored_whatever_they_hold(database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-\x00<b>\U0001f50c", vendor="Vol\x00t", model="'; DROP TABLE x; --")
    charger.connect()
    charger.boot()
    uid = log.uid(charger.identity)
    refusal = gateway.LinkRefused(
        identity="x", path="/x\x00", remote_address="1", reason="bad_path", sentence="No\x00", at=log.now
    )
    log.append(GATEWAY_FRAMES, charger.identity, refusal)
    known = network.StationRegistered(
        version=2,
        identity="CP-\x00",
        security_profile=1,
        registration="accepted",
        place=session.Place(),
        actor="operator",
        at=log.now,
    )
    log.append(NETWORK_STATION_EVENTS, charger.identity, known)
    results = ({"variable": "a\x00", "value": "\\u0000"},)
    answered = station.CommandFinished(
        command_id="c", outcome="accepted", command="GetVariables", results=results, at=log.now
    )
    log.append(STATION_EVENTS, charger.identity, answered)
    async with staged(database, log) as stage:
        found = await stations.station(stage.console.database, "demo", uid)
        outcome = await commands.command(stage.console.database, "demo", "c")
    assert found is not None
    assert found.identity == "CP-\N{REPLACEMENT CHARACTER}"
    assert found.model == "'; DROP TABLE x; --"
    assert outcome is not None
    assert outcome.results[0]["variable"] == "a\N{REPLACEMENT CHARACTER}"
