"""Meter values: which are new, which transaction they belong to, and where they are kept.

Inside a visit or a transaction they are events, for ever; a copy of all of them goes to `station.telemetry`.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from msgspec.structs import replace

from volt_contracts.fact import FactTime
from volt_contracts.station import Reading, ReadingsTaken, SignedMeterData, TransactionStarted, TransactionUpdated
from volt_contracts.topics import STATION_EVIDENCE, STATION_TELEMETRY
from volt_station.domain import attribution, marks, transactions
from volt_station.domain.heard import Meter, Moment
from volt_station.domain.measurands import OFFERED
from volt_station.domain.state import NO_EVSE, Ended, Running, visit_is_open
from volt_station.domain.turn import Source, Turn

_at = attrgetter("time.at")
TRANSACTION_UID = "transaction_uid"
"""Header of `station.evidence`."""


def taken(turn: Turn, meter: Meter, source: Source) -> None:
    """MeterValues, whatever transaction they name."""
    fresh = _fresh(turn, meter.evse, meter.moments)
    if not fresh:
        return
    uid = _named(turn, meter, fresh[0], source)
    if uid is not None:
        _say(turn, meter.evse, meter.connector, uid, fresh, source, inside=meter.claimed)
        return
    for attributed, moments in groupby(fresh, key=lambda one: _by_window(turn, meter.evse, one)):
        _say(turn, meter.evse, meter.connector, attributed, list(moments), source, inside=meter.claimed)


def of_transaction(
    turn: Turn, transaction: Running | Ended, moments: Sequence[Moment], source: Source, seq_no: int | None = None
) -> bool:
    """Readings that came inside a message of their transaction; whether any of them was new."""
    fresh = _fresh(turn, transaction.evse, moments) if seq_no is None else list(moments)
    connector = transaction.connector if isinstance(transaction, Running) else None
    if fresh:
        _say(turn, transaction.evse, connector, transaction.uid, fresh, source, seq_no=seq_no)
    return bool(fresh)


def _fresh(turn: Turn, evse: int, moments: Sequence[Moment]) -> list[Moment]:
    """The moments that were not taken in before."""
    seen = turn.state.evses.get(evse, NO_EVSE).seen
    found: dict[str, Moment] = {}
    for one in moments:
        mark = marks.of_reading(one.reading, one.time.clock, one.time.sent)
        if not marks.bears(seen, mark):
            found.setdefault(mark, replace(one, mark=mark))
    return list(found.values())


def _named(turn: Turn, meter: Meter, first: Moment, source: Source) -> str | None:
    """The uid of the transaction that the message names; one that runs unheard of is adopted."""
    if meter.protocol_id is None:
        return None
    known = attribution.by_protocol_id(turn.state, meter.protocol_id)
    if known is not None:
        return known.uid
    if meter.numbered and _runs_unheard_of(turn, meter.evse, first.time):
        return _adopt(turn, meter, first, source)
    return None


def _runs_unheard_of(turn: Turn, evse: int, time: FactTime) -> bool:
    """A live reading of an EVSE that is not free and has no transaction we know: it came with a migrated network."""
    if evse <= 0 or time.offline in ("inferred", "reported") or attribution.by_window(turn.state, evse, time):
        return False
    connectors = turn.state.evses.get(evse, NO_EVSE).connectors.values()
    return not any(connector.status == "Available" for connector in connectors)


def _adopt(turn: Turn, meter: Meter, first: Moment, source: Source) -> str:
    identity = f"running|{meter.protocol_id}|{meter.evse}|{first.time.sent}"
    event = TransactionStarted(
        time=first.time,
        frame=source.frame,
        decoder=source.decoder,
        suspect=source.suspect,
        transaction_uid=transactions.uid(turn, identity, turn.state.starts),
        protocol_id=meter.protocol_id or "",
        hardware_epoch=turn.state.hardware.epoch,
        evse=meter.evse,
        connector=meter.connector or 1,
        adopted=True,
    )
    transactions.say_started(turn, event)
    return event.transaction_uid


def _by_window(turn: Turn, evse: int, one: Moment) -> str | None:
    return attribution.by_window(turn.state, evse, one.time)


def _say(
    turn: Turn,
    evse: int,
    connector: int | None,
    uid: str | None,
    moments: list[Moment],
    source: Source,
    *,
    seq_no: int | None = None,
    inside: bool = False,
) -> None:
    for together in _together(moments):
        newest = max(together, key=_at) if len(together) > 1 else together[0]
        event = ReadingsTaken(
            time=newest.time,
            frame=source.frame,
            decoder=source.decoder,
            suspect=_suspect(turn, uid, together, source),
            evse=evse,
            connector=connector,
            transaction_uid=uid,
            seq_no=seq_no,
            readings=tuple(one.reading for one in together),
        )
        if uid is not None or inside or visit_is_open(turn.state, evse):
            turn.say_taken(event, [one.mark for one in together])
        turn.write(STATION_TELEMETRY, event)
        _keep_evidence(turn, evse, uid, together)
    if uid is not None:
        _note_offer(turn, uid, moments, source)


def _together(moments: Iterable[Moment]) -> Iterable[list[Moment]]:
    """Moments of one kind of clock share an event. Without a clock each has its own: its text is its identity."""
    for clock, group in groupby(moments, key=lambda one: one.time.clock):
        if clock == "unset":
            yield from ([one] for one in group)
        else:
            yield list(group)


def _suspect(turn: Turn, uid: str | None, moments: list[Moment], source: Source) -> tuple[str, ...]:
    reasons = list(source.suspect)
    for one in moments:
        reasons.extend(one.suspect)
    running = None if uid is None else turn.state.running.get(uid)
    if running is not None and _goes_back(running, [one.reading for one in moments]):
        reasons.append("register_went_back")
    return tuple(dict.fromkeys(reasons))


def _goes_back(running: Running, readings: list[Reading]) -> bool:
    register, at = running.register_wh, running.register_at
    for reading in readings:
        if reading.register_wh is None or (at is not None and reading.at < at):
            continue
        if register is not None and reading.register_wh < register:
            return True
        register, at = reading.register_wh, reading.at
    return False


def _keep_evidence(turn: Turn, evse: int, uid: str | None, moments: list[Moment]) -> None:
    headers = [] if uid is None else [(TRANSACTION_UID, uid.encode())]
    for one in moments:
        for signed in one.signed:
            row = SignedMeterData(
                transaction_uid=uid,
                evse=evse,
                data=signed.data,
                encoding=signed.encoding,
                method=signed.method,
                public_key=signed.public_key,
                key_source="sent" if signed.public_key else "none",
                context=signed.context,
                meter_serial=signed.meter_serial or turn.state.hardware.meter_serial,
                pagination=signed.pagination,
                at=one.reading.at,
            )
            turn.write(STATION_EVIDENCE, row, headers)


def _note_offer(turn: Turn, uid: str, moments: list[Moment], source: Source) -> None:
    """What the station offers is a fact of the transaction when it changes."""
    running = turn.state.running.get(uid)
    if running is None:
        return
    for one in reversed(moments):
        for value in one.reading.values:
            if value.measurand == OFFERED and value.phase is None and value.unit == "W":
                if value.value != running.offered_w:
                    turn.say(
                        TransactionUpdated(
                            time=one.time,
                            frame=source.frame,
                            decoder=source.decoder,
                            transaction_uid=uid,
                            offered_w=value.value,
                        )
                    )
                return
