"""The script of one visit, the same in every version: plug, authorize, charge, stop, unplug."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TYPE_CHECKING

from volt_simulator.acn import Stay
from volt_simulator.car import Flow
from volt_simulator.clock import true_time
from volt_simulator.connector import Connector, ProfileSource, Retuned, Start, Status, Stop, Unplug
from volt_simulator.ledger import Charge
from volt_simulator.traits import StartPoint
from volt_simulator.transaction import Grant, StopReason, Trigger

if TYPE_CHECKING:
    from volt_simulator.station import Station

# Real seconds; they shrink with the compression as everything does.
FETCHES_CARD_S = 30
FETCHES_CABLE_S = 20
STAYS_AFTER_STOP_S = 240
SHARE_OF_PULLED_PLUGS = 0.5
COMES_BACK_WHEN_FULL_S = 180
TRIES_TO_PULL_EVERY_S = 0.2


class Situation(Enum):
    """Where a visit stands."""

    WAITING = "plugged, nobody authorized yet"
    CHARGING = "energy may flow"
    LINGERING = "plugged, but no energy any more"
    STUCK = "the driver wants to leave, the plug does not come out"
    GONE = "the plug leaves"


class VisitScript:
    """Plays one visit at one connector; orders from outside change its course at every moment."""

    def __init__(self, station: "Station", connector: Connector, stay: Stay, opening: Start | None) -> None:
        self._station = station
        self._books = station.books
        self._connector = connector
        self._opening = opening
        self._car = station.car_for(stay, station.dice)
        length_s = int(stay.length.total_seconds())
        self._pace = max(1, min(station.pace, int(length_s / station.shortest_stay_s)))
        self._length_s = length_s / self._pace
        self._wants_wh = self._car.missing_wh
        self._visit = connector.next_visit()
        self._choose_plug()
        self._card: str | None = None
        self._grant: Grant | None = None
        self._profile: ProfileSource | None = None
        self._leave_at: float | None = None
        self._leave_reason = StopReason.EV_DISCONNECTED
        self._pulls_plug = station.dice.random() < SHARE_OF_PULLED_PLUGS
        self._comes_back = False
        self._has_second_thoughts = station.dice.random() < station.second_thoughts
        self._scenes: dict[Situation, Callable[[], Awaitable[Situation]]] = {
            Situation.WAITING: self._waiting,
            Situation.CHARGING: self._charging,
            Situation.LINGERING: self._lingering,
            Situation.STUCK: self._stuck,
        }

    @property
    def has_plugged(self) -> bool:
        """Whether the car was ever plugged in; a driver who is refused before that drives on."""
        return self._visit.plugged_at is not None

    async def run(self) -> None:
        """Plays to the end."""
        try:
            situation = await self._arrival()
            while situation is not Situation.GONE:
                situation = await self._scenes[situation]()
            self._depart()
        finally:
            self._connector.starting = self._connector.stuck = False
            if self._card is not None:
                self._station.tokens.give_back(self._card)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _soon(self, real_s: float) -> float:
        return self._now() + self._station.pause_s(real_s)

    async def _arrival(self) -> Situation:
        if self._station.traits.start_point is not StartPoint.AUTHORIZED:
            self._plug()
            return Situation.WAITING
        # TxStartPoint Authorized: the card comes first, the cable after it (OCPP 2.0.1 E03).
        if not await self._present_card() or self._grant is None:
            return Situation.GONE
        self._open(self._start_trigger(self._grant), "Idle")
        await asyncio.sleep(self._station.pause_s(FETCHES_CABLE_S))
        self._plug()
        return Situation.CHARGING

    def _choose_plug(self) -> None:
        """One of several; the last one stays the choice until the central system knows that it is free."""
        connector = self._connector
        if connector.plugs > 1 and connector.reported == Status.AVAILABLE:
            connector.plug = self._station.dice.randint(1, connector.plugs)

    def _plug(self) -> None:
        self._visit.plugged_at = true_time()
        self._connector.visit = self._visit
        self._station.show(self._connector, Status.PREPARING)
        if self._connector.transaction is not None:
            self._books.update(self._connector, Trigger.CABLE_PLUGGED_IN, "EVConnected")
        elif self._station.traits.start_point is StartPoint.EV_CONNECTED:
            self._open(Trigger.CABLE_PLUGGED_IN, "EVConnected")
        self._books.begin_visit(self._connector.evse, self._visit)

    async def _waiting(self) -> Situation:
        if self._opening is None:
            match await self._connector.order(self._soon(FETCHES_CARD_S)):
                case Unplug(reason):
                    return self._leave(reason)
                case Stop(reason, transaction) if transaction is self._connector.transaction:
                    return self._end(reason)
                case Stop() | Retuned():
                    return Situation.WAITING
                case Start() as order:
                    self._opening = order
        if await self._present_card():
            return Situation.CHARGING
        self._leave_at = self._soon(STAYS_AFTER_STOP_S)
        return Situation.LINGERING

    async def _present_card(self) -> bool:
        """A card is held to the reader, or a remote start stands for it. Whether energy may flow."""
        order, self._opening = self._opening, None
        if order is None and self._card is None:
            self._card = self._station.tokens.take(self._station.dice)
        token = self._card if order is None else order.token
        assert token is not None
        self._profile = None if order is None else order.profile
        grant = await self._station.authorizer.ask(token, order)
        self._connector.starting = False
        if grant is None:
            return False
        self._grant = grant
        self._visit.token = self._visit.token or grant.token
        self._visit.authorized_at = self._visit.authorized_at or true_time()
        return True

    def _open(self, trigger: Trigger, charging_state: str) -> None:
        self._books.open(self._connector, self._visit, trigger, charging_state, self._grant)

    async def _charging(self) -> Situation:
        connector, grant = self._connector, self._grant
        assert grant is not None
        if connector.transaction is None:
            self._open(self._start_trigger(grant), "Charging")
        elif connector.transaction.token is None:
            self._books.authorize(connector, grant)
        transaction = connector.transaction
        assert transaction is not None
        flow = Flow(self._car, connector.meter, self._pace, self._now())
        connector.flow = flow
        self._wants_wh = self._car.missing_wh
        self._install_profile()
        self._station.limits.obey()
        self._note_charge(flow)
        if transaction.charging_state != "Charging":
            self._books.update(connector, Trigger.CHARGING_STATE_CHANGED, "Charging")
        self._station.show(connector, Status.CHARGING)
        return await self._flowing(flow)

    def _install_profile(self) -> None:
        """The remote start may have brought one."""
        profile = None if self._profile is None else self._profile(self._connector.evse)
        self._profile = None
        if profile is not None:
            self._station.limits.install(profile)

    def _note_charge(self, flow: Flow) -> None:
        """So that a restarted station can tell what flowed meanwhile."""
        transaction = self._connector.transaction
        assert transaction is not None
        transaction.charge = Charge(
            wants_wh=self._wants_wh,
            power_w=flow.power_w,
            pace=self._pace,
            began_at=true_time(),
            given_wh=flow.given_wh,
        )
        self._books.note(transaction)

    def _start_trigger(self, grant: Grant) -> Trigger:
        if grant.authorization == "remote":
            return Trigger.REMOTE_START
        by_power = self._station.traits.start_point is StartPoint.POWER_PATH_CLOSED
        return Trigger.CHARGING_STATE_CHANGED if by_power else Trigger.AUTHORIZED

    async def _flowing(self, flow: Flow) -> Situation:
        connector = self._connector
        leave_at = self._now() + self._length_s / (2 if self._has_second_thoughts else 1)
        reading_at = self._now() + self._station.configuration.meter_interval_s
        while True:
            full_at = leave_at if flow.is_full else flow.full_at
            match await connector.order(min(leave_at, reading_at, full_at)):
                case Unplug(reason):
                    return self._leave(reason)
                case Stop(reason, transaction) if transaction is connector.transaction:
                    return self._end(reason)
                case Start():
                    connector.starting = False
                case Retuned():
                    self._note_charge(flow)
            now = self._now()
            if now >= leave_at:
                return self._finish()
            flow.settle(now)
            if flow.is_full and connector.status is not Status.SUSPENDED_EV:
                self._tell_state(Status.SUSPENDED_EV)
                self._station.limits.obey()
                if flow.car.leaves_when_full:
                    leave_at = min(leave_at, self._soon(COMES_BACK_WHEN_FULL_S))
            elif not flow.is_full:
                self._tell_state(Status.CHARGING if flow.power_w > 0 else Status.SUSPENDED_EVSE)
            if now >= reading_at:
                self._books.read(connector, Trigger.METER_VALUE_PERIODIC)
                reading_at = now + self._station.configuration.meter_interval_s

    def _tell_state(self, status: Status) -> None:
        """2.x has a charging state for each of these words."""
        if self._connector.status is not status:
            self._books.update(self._connector, Trigger.CHARGING_STATE_CHANGED, status.value)
            self._station.show(self._connector, status)

    def _finish(self) -> Situation:
        """The recorded stay is over: the driver stops with the card, pulls the plug, or comes back for more."""
        if self._has_second_thoughts:
            self._has_second_thoughts, self._comes_back = False, True
            return self._end(StopReason.LOCAL)
        return self._leave(StopReason.EV_DISCONNECTED) if self._pulls_plug else self._end(StopReason.LOCAL)

    async def _lingering(self) -> Situation:
        match await self._connector.order(self._leave_at):
            case Unplug(reason):
                return self._leave(reason)
            case Stop(reason, transaction) if transaction is self._connector.transaction:
                return self._end(reason)
            case Stop() | Retuned():
                return Situation.LINGERING
            case Start() as order:
                self._opening = order
            case None if not self._comes_back:
                return self._leave(self._leave_reason)
        self._comes_back = False
        self._station.show(self._connector, Status.PREPARING)
        return Situation.WAITING

    def _end(self, reason: StopReason) -> Situation:
        self._books.close(self._connector, reason, true_time())
        self._station.limits.obey()
        self._station.show(self._connector, Status.FINISHING)
        self._leave_at = self._soon(STAYS_AFTER_STOP_S)
        return Situation.LINGERING

    def _leave(self, reason: StopReason) -> Situation:
        self._leave_reason = reason
        return Situation.STUCK if self._is_held and self.has_plugged else Situation.GONE

    @property
    def _is_held(self) -> bool:
        """The lock does not open; when the fleet ends somebody comes with a tool."""
        return self._station.traits.faults.stuck_connector and not self._station.gate.draining

    async def _stuck(self) -> Situation:
        if self._connector.transaction is not None:
            self._books.close(self._connector, StopReason.LOCAL, true_time())
            self._station.limits.obey()
        self._connector.stuck = True
        self._station.show(self._connector, Status.FINISHING)
        while self._is_held:
            await self._connector.order(self._now() + TRIES_TO_PULL_EVERY_S)
        self._connector.stuck = False
        return Situation.GONE

    def _depart(self) -> None:
        if not self.has_plugged:
            return
        at = true_time()
        if self._connector.transaction is not None:
            self._books.close(self._connector, self._leave_reason, at)
            self._station.limits.obey()
        self._visit.unplugged_at = at
        self._connector.visit, self._connector.last_visit = None, self._visit
        self._books.end_visit(self._connector.evse, self._visit)
        self._station.show(self._connector, Status.AVAILABLE)
