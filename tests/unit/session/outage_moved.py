"""Clocks that are moved while cars charge on a link that stays open, and all that a station then says, in its order."""

from dataclasses import replace
from typing import Literal

from unit.session.outage_chain import Chain
from unit.session.outage_delivery import Step
from unit.session.outage_voice import Frame, Stamp, status, told
from unit.session.outage_world import MINUTE, Charge, Stay, World

from volt_session.domain.energy import energy_wh
from volt_session.domain.session import Open, current, running

StartPoint = Literal["PowerPathClosed", "EVConnected", "Authorized"]


def three_cars(protocol: str, register: str, every: int = 10 * MINUTE) -> World:
    """A, B and C charge one after the other on one EVSE; each stays for three times `every`."""
    stays, shown = [], 17_000
    for number in range(3):
        plug = number * 4 * every
        first = 0 if register == "session" else shown
        readings = tuple((plug + 20 + every * nth, first + 1000 * nth) for nth in (1, 2))
        charge = Charge(plug + 20, readings, plug + 2 * every + 40, first, first + 2500 + number)
        stays.append(Stay(number, 1, plug, charge, plug + 3 * every))
        shown = charge.last_wh
    return World(protocol, register, 1, tuple(stays))


def live(world: World, stamp: Stamp, start_point: StartPoint, linked: int, late_stop: int = 0) -> list[Step]:
    """All that a station with a link since `linked` sends, each thing when it happens.

    With `late_stop` a transaction is stopped by the unplugging, and its stop comes so many seconds after `Available`.
    """
    steps = [Step(linked, link="open")]
    steps += [Step(linked + 1, status(world, evse, linked + 1, stamp)) for evse in range(1, world.evses + 1)]
    frames = told(world, stamp)
    if world.protocol != "ocpp1.6":
        frames = [one for frame in frames for one in _as_it_starts(frame, start_point, stamp)]
    if late_stop:
        frames = [_stopped_late(frame, stamp, late_stop) for frame in frames]
    if world.protocol != "ocpp1.6":
        frames.sort(key=lambda frame: frame.made)
        frames = [_online(frame, frames) for frame in frames]
    steps += [Step(at, link="alive") for at in range(linked + 5 * MINUTE, world.end, 5 * MINUTE)]
    return sorted([*steps, *(Step(frame.made + 0.3, frame) for frame in frames)], key=lambda step: step.at)


def _stopped_late(frame: Frame, stamp: Stamp, seconds: int) -> Frame:
    stay = frame.stay
    if frame.kind != "stop" or stay is None:
        return frame
    sent = {"timestamp": stamp(stay.unplug)}
    values = [value | sent for value in frame.payload.get("meterValue", [])]
    payload = frame.payload | sent | ({"meterValue": values} if values else {})
    return replace(frame, made=stay.unplug + seconds, payload=payload)


def _online(frame: Frame, frames: list[Frame]) -> Frame:
    """A station that says of each event whether it was offline; its numbers are those of the order."""
    if frame.action != "TransactionEvent":
        return frame
    mine = [other for other in frames if other.stay is frame.stay and other.action == "TransactionEvent"]
    number = next(place for place, other in enumerate(mine) if other is frame)
    return replace(frame, payload=frame.payload | {"offline": False, "seqNo": number})


def _as_it_starts(frame: Frame, start_point: StartPoint, stamp: Stamp) -> list[Frame]:
    """The same with another TxStartPoint: the card before the cable, or the cable before the card (2.0.1 E02, E03)."""
    stay = frame.stay
    if frame.kind != "start" or start_point == "PowerPathClosed" or stay is None:
        return [frame]
    made = stay.plug - 10 if start_point == "Authorized" else stay.plug
    sent = {"timestamp": stamp(made)}
    value = [frame.payload["meterValue"][0] | sent]
    state = "Idle" if start_point == "Authorized" else "EVConnected"
    info = frame.payload["transactionInfo"] | {"chargingState": state}
    start = replace(frame, made=made, payload=frame.payload | sent | {"meterValue": value, "transactionInfo": info})
    if start_point == "Authorized":
        return [start]
    card = {name: value for name, value in frame.payload.items() if name != "meterValue"} | {"eventType": "Updated"}
    without = {name: value for name, value in start.payload.items() if name != "idToken"}
    begun = replace(start, payload=without | {"triggerReason": "CablePluggedIn"}, decision=None)
    return [begun, replace(frame, kind="reading", payload=card)]


def lived_through(world: World, stamp: Stamp, start_point: StartPoint, linked: int, late_stop: int = 0) -> Chain:
    """Both deciders after all of it; each car's visit is the one that goes on while it is there, and only then."""
    chain = Chain(world)
    for step in live(world, stamp, start_point, linked, late_stop):
        chain.take(step)
        check_present(chain, step, late_stop)
    return chain


def check_present(chain: Chain, step: Step, late_stop: int = 0) -> None:
    """What goes on at the EVSE is the visit of the car that is there, with its energy so far and no other's."""
    stay = None if step.frame is None else step.frame.stay
    if stay is None or step.frame is None:
        return
    visit = current(chain.visits, stay.evse)
    if step.frame.made >= stay.unplug:
        assert chain.statuses()[stay.evse] == "Available"
        assert visit is None or step.frame.made < stay.unplug + late_stop, "the car has left"
        return
    assert visit is not None
    assert len([one for one in chain.visits.visits if isinstance(one, Open) and one.evse == stay.evse]) == 1
    if step.frame.made >= stay.charge.start:
        assert {one.token_ref for one in visit.transactions} == {stay.token}
        flowed = [wh - stay.charge.first_wh for at, wh in stay.charge.readings if at <= step.frame.made]
        if step.frame.made < stay.charge.stop:
            assert energy_wh(visit) <= max([0, *flowed])
            assert energy_wh(visit) == max([0, *flowed]) or chain.world.register == "session", "of some it is not known"
    if step.frame.made >= stay.charge.stop and step.frame.kind == "stop":
        assert energy_wh(visit) == stay.charge.energy_wh
        assert not running(visit)
