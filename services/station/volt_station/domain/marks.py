"""Short marks by which a repetition is told: 48 bits as eight characters, kept in a bounded row per EVSE."""

from binascii import b2a_base64
from decimal import Decimal
from hashlib import blake2b

import msgspec

from volt_contracts.station import (
    ConnectorStatusChanged,
    Reading,
    ReadingsTaken,
    TransactionStarted,
)
from volt_station.domain.limits import WINDOW

LENGTH = 8

_encode = msgspec.json.Encoder(decimal_format="string").encode


def mark(text: str) -> str:
    """The mark of a text."""
    return _mark(text.encode(errors="replace"))


def _mark(content: bytes) -> str:
    return b2a_base64(blake2b(content, digest_size=6).digest(), newline=False).decode()


def bears(row: str, one: str) -> bool:
    """Whether the row holds the mark."""
    at = row.find(one)
    while at >= 0 and at % LENGTH:
        at = row.find(one, at + 1)
    return at >= 0


def added(row: str, marks: list[str]) -> str:
    """The row with these marks at its end; the oldest ones fall out."""
    return (row + "".join(marks))[-WINDOW * LENGTH :]


def of_status(event: ConnectorStatusChanged) -> str:
    """Identity of a StatusNotification: connector, timestamp, status."""
    return mark(f"status|{event.connector}|{event.time.sent}|{event.status_as_sent}")


def of_condition(event: ConnectorStatusChanged) -> str:
    """All that a StatusNotification says but its time."""
    return mark(f"{event.status_as_sent}|{event.error_code}|{event.vendor_error_code}|{event.info}")


def of_start(event: TransactionStarted) -> str:
    """Identity of a start."""
    return start(event.hardware_epoch, event.evse, event.time.sent, event.token_ref, event.register_wh)


def start(epoch: int, evse: int, sent: str | None, token_ref: str | None, register_wh: Decimal | None) -> str:
    """Identity of a start within its hardware epoch: EVSE, timestamp as sent, token, register."""
    return mark(f"{epoch}|{evse}|{sent}|{token_ref}|{register_wh}")


def of_stop(sent: str | None, token_ref: str | None, reason: str | None) -> str:
    """Identity of a stop, beside the transaction it names: timestamp as sent, token, reason."""
    return mark(f"{sent}|{token_ref}|{reason}")


def of_reading(reading: Reading, clock: str, sent: str | None) -> str:
    """Identity of the values of one moment: timestamp, and of each value measurand, phase, context and location.

    EVSE and moment imply the transaction. The values themselves belong to the identity, for a repetition repeats them
    and a stuck clock must not make energy vanish.
    """
    moment = sent if clock == "unset" else reading.at
    return _mark(_encode((moment, reading.context, reading.values)))


def of_readings(event: ReadingsTaken) -> list[str]:
    """The marks of all moments in an event; none for numbered ones, whose identity is their number."""
    if event.seq_no is not None:
        return []
    clock, sent = event.time.clock, event.time.sent
    return [of_reading(reading, clock, sent) for reading in event.readings]
