"""What stations, cars and operators do, told as the facts that the log would hold: what the console is tested with."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal

import msgspec
from unit.console.console_log import Log

from volt_contracts import eventlog, gateway, network, session, station
from volt_contracts.fact import Fact
from volt_contracts.ids import derive
from volt_contracts.topics import GATEWAY_FRAMES, NETWORK_STATION_EVENTS, SESSION_EVENTS, STATION_EVENTS
from volt_eventlog.message import Message

Protocol = Literal["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
RAW = msgspec.Raw(b"{}")


@dataclass
class Charger:
    """A station that connects, boots and reports its connectors."""

    log: Log
    identity: str
    vendor: str = "Volterra"
    model: str = "Duo 22"
    protocol: Protocol = "ocpp1.6"
    connectors: int = 2
    link: str = ""
    links: int = 0

    def connect(self) -> None:
        """Link up, and adoption at the first contact."""
        self.links += 1
        self.link = derive(self.log.uid(self.identity), f"link {self.links}")
        opened = gateway.LinkOpened(
            link_id=self.link,
            gateway_id="gateway-0",
            identity=self.identity,
            protocol=self.protocol,
            path=f"/ocpp/demo/{self.identity}",
            remote_address="127.0.0.1",
            known=self.links > 1,
            security_profile=0,
            opened_at=self.log.now,
        )
        frame = self.log.append(GATEWAY_FRAMES, self.identity, opened)
        self._fact(self._link_up(frame), frame)
        if self.links == 1:
            self._adopt(frame)

    def _link_up(self, frame: Message) -> station.LinkUp:
        return station.LinkUp(
            time=self.log.time(),
            link_id=self.link,
            link_seq=frame.offset,
            gateway_id="gateway-0",
            identity=self.identity,
            protocol=self.protocol,
            known=self.links > 1,
            security_profile=0,
            remote_address="127.0.0.1",
        )

    def _adopt(self, cause: Message) -> None:
        adopted = network.StationAdopted(
            version=1,
            identity=self.identity,
            protocol=self.protocol,
            remote_address="127.0.0.1",
            place=session.Place(network_version=1, location="Depot North"),
            registration="accepted",
            security_profile=0,
            at=self.log.now,
        )
        self.log.append(NETWORK_STATION_EVENTS, self.identity, adopted, cause)

    def boot(self, registration: gateway.Registration = "accepted") -> None:
        """BootNotification, and Available on every connector."""
        decision = gateway.Decision(registration=registration)
        frame = self.exchange("BootNotification", {"vendor": self.vendor, "model": self.model}, decision)
        booted = station.Booted(
            time=self.log.time(),
            registration=registration,
            vendor=self.vendor,
            model=self.model,
            serial=f"SN-{self.identity}",
            firmware="4.2.1",
            reason="PowerUp",
        )
        self._fact(booted, frame)
        for connector in range(1, self.connectors + 1):
            self.status(connector, "Available")

    def exchange(self, action: str, call: dict[str, object], decision: gateway.Decision | None = None) -> Message:
        """A call and its answer on the wire."""
        body = gateway.Exchange(
            link_id=self.link,
            protocol=self.protocol,
            message_id=f"m{self.log.now.timestamp():.3f}",
            action=action,
            call=msgspec.Raw(msgspec.json.encode(call)),
            answer=RAW,
            received_at=self.log.now,
            decision=decision,
        )
        return self.log.append(GATEWAY_FRAMES, self.identity, body)

    def status(
        self,
        connector: int,
        status: station.ConnectorStatus,
        sent: str | None = None,
        charging: station.ChargingState | None = None,
        error: str | None = None,
    ) -> Message:
        """StatusNotification of one connector."""
        sent = sent or status
        frame = self.exchange("StatusNotification", {"connectorId": connector, "status": sent})
        changed = station.ConnectorStatusChanged(
            time=self.log.time(),
            evse=connector,
            connector=1,
            status=status,
            status_as_sent=sent,
            charging_state=charging,
            error_code=error,
        )
        return self._fact(changed, frame)

    def lose_link(self, cause: Literal["closed", "silent", "superseded"] = "closed") -> None:
        """The socket is gone."""
        body = gateway.LinkClosed(link_id=self.link, by="station", code=1006, at=self.log.now)
        frame = self.log.append(GATEWAY_FRAMES, self.identity, body)
        self._fact(station.LinkLost(time=self.log.time(), link_id=self.link, cause=cause, code=1006), frame)

    def _fact(self, body: Fact, cause: Message) -> Message:
        return self.log.append(STATION_EVENTS, self.identity, body, cause)


@dataclass
class Visit:
    """A car at a connector, from plug to unplug."""

    charger: Charger
    connector: int = 1
    token_ref: str = "kq3m7z2vxa5ndw4t6yhbr2cgfe3jlsup"
    id: str = ""
    transaction: str = ""
    register: Decimal = Decimal(1_204_300)
    energy: Decimal = Decimal(0)
    began: Message | None = field(default=None, repr=False)

    @property
    def log(self) -> Log:
        """The log of the charger."""
        return self.charger.log

    def plug(self) -> None:
        """The cable goes in: the visit begins."""
        cause = self.charger.status(self.connector, "Occupied", "Preparing", "EVConnected")
        opened = session.SessionStarted(
            session_id="",
            opened_by="plugged",
            evse=self.connector,
            connector=1,
            hardware_epoch=0,
            started_at=self.log.now,
            plugged_at=self.log.now,
            place=session.Place(network_version=1, location="Depot North"),
        )
        self.id = derive(cause.id, "session/0")
        self.began = self._say(msgspec.structs.replace(opened, session_id=self.id), cause)

    def start(self, verdict: gateway.Verdict = "Accepted", command_id: str | None = None) -> None:
        """StartTransaction with a token, or with the grant of a command."""
        decision = gateway.Decision(verdict=verdict, verdict_source="authorizations", transaction_id=170_331_552)
        call: dict[str, object] = {"connectorId": self.connector, "meterStart": int(self.register), "idTag": "TAG0001"}
        frame = self.charger.exchange("StartTransaction", call, decision)
        self.transaction = derive(frame.id, "transaction")
        fact = self.log.append(STATION_EVENTS, self.charger.identity, self._started(verdict, command_id), frame)
        refused = verdict != "Accepted"
        right = self._right(verdict)
        self._say(session.SessionAuthorized(session_id=self.id, authorization=right, refused=refused), fact)
        joined = session.TransactionJoined(
            session_id=self.id,
            transaction_uid=self.transaction,
            protocol_id="170331552",
            hardware_epoch=0,
            started_at=self.log.now,
            register_wh=self.register,
        )
        self._say(joined, fact)
        cause = self.charger.status(self.connector, "Occupied", "Charging", "Charging")
        self._say(session.ChargingStateChanged(session_id=self.id, charging_state="Charging", at=self.log.now), cause)

    def _started(self, verdict: gateway.Verdict, command_id: str | None) -> station.TransactionStarted:
        return station.TransactionStarted(
            time=self.log.time(),
            transaction_uid=self.transaction,
            protocol_id="170331552",
            hardware_epoch=0,
            evse=self.connector,
            connector=1,
            token_ref=self.token_ref,
            verdict=verdict,
            register_wh=self.register,
            command_id=command_id,
        )

    def _right(self, verdict: gateway.Verdict) -> session.Authorization:
        return session.Authorization(token_ref=self.token_ref, source="rfid", verdict=verdict, at=self.log.now)

    def meter(self, watts: int, minutes: float = 1, soc: int | None = None) -> None:
        """Charge for some minutes at `watts`, then report it."""
        self.log.wait(minutes * 60)
        added = (Decimal(watts) * Decimal(str(minutes)) / 60).quantize(Decimal("0.1"))
        self.register, self.energy = self.register + added, self.energy + added
        percent = None if soc is None else Decimal(soc)
        reading = station.Reading(
            at=self.log.now, register_wh=self.register, power_w=Decimal(watts), soc_percent=percent
        )
        frame = self.charger.exchange("MeterValues", {"connectorId": self.connector, "meterValue": []})
        taken = station.ReadingsTaken(
            time=self.log.time(), evse=self.connector, transaction_uid=self.transaction, readings=(reading,)
        )
        cause = self.log.append(STATION_EVENTS, self.charger.identity, taken, frame)
        metered = session.SessionMetered(
            session_id=self.id,
            at=self.log.now,
            energy_wh=self.energy,
            power_w=Decimal(watts),
            soc_percent=percent,
            transaction_uid=self.transaction,
        )
        self._say(metered, cause)

    def suspend(self) -> None:
        """The car takes no more."""
        cause = self.charger.status(self.connector, "Occupied", "SuspendedEV", "SuspendedEV")
        changed = session.ChargingStateChanged(
            session_id=self.id, charging_state="SuspendedEV", suspended_by="ev", at=self.log.now
        )
        self._say(changed, cause)

    def stop(self, reason: str = "EVDisconnected") -> None:
        """StopTransaction."""
        call: dict[str, object] = {"transactionId": 170_331_552, "meterStop": int(self.register), "reason": reason}
        frame = self.charger.exchange("StopTransaction", call)
        ended = station.TransactionEnded(
            time=self.log.time(),
            transaction_uid=self.transaction,
            protocol_id="170331552",
            evse=self.connector,
            connector=1,
            register_wh=self.register,
            reason=reason,
        )
        cause = self.log.append(STATION_EVENTS, self.charger.identity, ended, frame)
        left = session.TransactionLeft(
            session_id=self.id,
            transaction_uid=self.transaction,
            ended_at=self.log.now,
            register_wh=self.register,
            reason=reason,
        )
        self._say(left, cause)

    def unplug(self, reason: str = "EVDisconnected") -> None:
        """The cable comes out: the visit ends, provisionally."""
        cause = self.charger.status(self.connector, "Available")
        ended = session.SessionEnded(
            session_id=self.id,
            closed_by="station",
            complete=True,
            evse=self.connector,
            connector=1,
            summary=self.summary(reason),
        )
        self._say(ended, cause)

    def revise(self, energy: Decimal) -> None:
        """A late reading changes the energy."""
        self.energy = energy
        revised = session.SessionRevised(
            session_id=self.id,
            revision=1,
            reason="late reading",
            before={},
            after={"energy_wh": msgspec.Raw(b'"1"')},
            summary=self.summary("EVDisconnected"),
            at=self.log.now,
        )
        self._say(revised, self.began)

    def finalise(self) -> None:
        """Nothing more is awaited."""
        begin = self.began.at if self.began else self.log.now
        curve = (
            session.CurvePoint(at=begin, energy_wh=Decimal(0)),
            session.CurvePoint(at=begin + (self.log.now - begin) / 2, energy_wh=self.energy * 3 / 4, interpolated=True),
            session.CurvePoint(at=self.log.now, energy_wh=self.energy),
        )
        summary = self.summary("EVDisconnected")
        final = session.SessionFinalised(
            session_id=self.id, summary=summary, curve=curve, complete=True, at=self.log.now
        )
        self._say(final, self.began)

    def summary(self, reason: str) -> session.Summary:
        """What is known at the end."""
        begin = self.began.at if self.began else self.log.now
        return session.Summary(
            started_at=begin,
            energy_wh=self.energy,
            plugged_at=begin,
            authorized_at=begin + timedelta(seconds=20),
            energy_started_at=begin + timedelta(seconds=80),
            energy_ended_at=self.log.now - timedelta(minutes=4),
            transaction_ended_at=self.log.now,
            unplugged_at=self.log.now,
            ended_at=self.log.now,
            transactions=(self.transaction,),
            token_ref=self.token_ref,
            stop_reason=reason,
            authorization="accepted",
        )

    def _say(self, body: session.SessionEvent, cause: Message | None) -> Message:
        return self.log.append(SESSION_EVENTS, self.charger.identity, body, cause)


def command(
    charger: Charger, name: str, outcome: Literal["accepted", "rejected", "expired"], sentence: str | None = None
) -> str:
    """A command to a station, sent on its link, with its outcome. Answers the command id."""
    log = charger.log
    identifier = derive(log.uid(charger.identity), f"{name} {log.now.isoformat()}")
    sent = station.CommandSent(
        command_id=identifier,
        command=name,
        message_id=identifier,
        link_id=charger.link,
        action=name,
        answer_until=log.now + timedelta(seconds=30),
        actor="operator local",
        at=log.now,
    )
    cause = log.append(STATION_EVENTS, charger.identity, sent)
    report = gateway.CallReport(
        link_id=charger.link,
        command_id=identifier,
        message_id=identifier,
        protocol=charger.protocol,
        action=name,
        report="result",
        call=RAW,
        answer=msgspec.Raw(b'{"status":"Accepted"}'),
        at=log.now,
    )
    frame = log.append(GATEWAY_FRAMES, charger.identity, report, cause)
    finished = station.CommandFinished(
        command_id=identifier,
        outcome=outcome,
        sentence=sentence,
        command=name,
        status=outcome.capitalize(),
        sent_at=log.now,
        at=log.now,
    )
    log.append(STATION_EVENTS, charger.identity, finished, frame)
    return identifier


def parked(log: Log, error: str = "Traceback (most recent call last):\n  …\nKeyError: 'unit'\n") -> eventlog.KeyParked:
    """A key stands still."""
    return eventlog.KeyParked(
        cause="a-cause", error=error, message_type="gateway.exchange.v1", resume_at={"gateway.frames": 7}, at=log.now
    )


def tell_variables(charger: Charger, **values: str) -> None:
    """A station answers with configuration keys (1.6)."""
    log = charger.log
    finished = station.CommandFinished(
        command_id=derive(log.uid(charger.identity), f"GetVariables {log.now.isoformat()}"),
        outcome="accepted",
        command="GetVariables",
        results=tuple({"variable": name, "value": value, "status": "Accepted"} for name, value in values.items()),
        at=log.now,
    )
    log.append(STATION_EVENTS, charger.identity, finished)
