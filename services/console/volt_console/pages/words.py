"""How pages say things: energy, power, spans of time, what a connector does. Pure; numbers stay exact until shown."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from volt_console.pages.suspicions import parted
from volt_console.queries.commands import CommandRecord
from volt_console.queries.sessions import Session
from volt_console.queries.stations import Connector
from volt_console.queries.tokens import Token, Version

Tone = Literal["live", "good", "wait", "bad", "off", "plain"]
"""The colour of a word: something flows, all is well, waiting, wrong, not there, neither."""


def kwh(energy_wh: Decimal | None) -> str:
    """Wh as kWh with two decimals, half up."""
    return "–" if energy_wh is None else f"{_rounded(energy_wh / 1000, '0.01'):,}"


def kw(power_w: Decimal | None) -> str:
    """W as kW with one decimal, half up."""
    return "–" if power_w is None else f"{_rounded(power_w / 1000, '0.1'):,}"


def percent(value: Decimal) -> str:
    """A whole number of percent."""
    return f"{_rounded(value, '1')}"


def _rounded(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), rounding=ROUND_HALF_UP)


def span(begin: datetime | None, end: datetime | None) -> str:
    """How long it lasted: `3 h 20 min`, `12 min`, `40 s`."""
    if begin is None or end is None:
        return "–"
    seconds = max(0, int((end - begin).total_seconds()))
    hours, minutes = divmod(seconds // 60, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def short(identifier: str | None) -> str:
    """The first eight characters of an id."""
    return "–" if identifier is None else identifier[:8]


def tail(identifier: str) -> str:
    """The last eight characters: trace ids of one process may begin alike."""
    return identifier[-8:]


def protocol(name: str | None) -> str:
    """`ocpp2.0.1` as people write it."""
    return "–" if not name else name.replace("ocpp", "OCPP ")


_CHARGING: dict[str, tuple[str, Tone]] = {
    "Charging": ("Charging", "live"),
    "SuspendedEV": ("Paused by car", "wait"),
    "SuspendedEVSE": ("Paused by station", "wait"),
    "EVConnected": ("Plugged in", "wait"),
    "Idle": ("Idle", "wait"),
}

_STATUS: dict[str, tuple[str, Tone]] = {
    "Available": ("Free", "good"),
    "Occupied": ("Occupied", "wait"),
    "Reserved": ("Reserved", "wait"),
    "Unavailable": ("Out of service", "off"),
    "Faulted": ("Faulted", "bad"),
}


def condition(plug: Connector) -> tuple[str, Tone]:
    """What a connector does, in a word, and its tone."""
    if plug.status in {None, "Occupied"} and plug.charging_state in _CHARGING:
        return _CHARGING[plug.charging_state]
    return _STATUS.get(plug.status or "", ("Unknown", "off"))


def plug_name(evse: int | None, connector: int | None) -> str:
    """`1`, or `1.2` where an EVSE has several connectors; 0 is no plug: not known yet, or the station itself."""
    if not evse:
        return "–"
    return str(evse) if connector in {None, 0, 1} else f"{evse}.{connector}"


def doing(visit: Session) -> tuple[str, Tone]:
    """What a visit does, in a word, and its tone."""
    if visit.state == "finalised":
        return "Final", "plain"
    if visit.state == "ended":
        return "Ended", "plain"
    if not visit.online:
        return "Station offline", "off"
    return _CHARGING.get(visit.charging_state or "", ("Waiting", "wait"))


def curve_paths(visit: Session) -> tuple[str, str] | None:
    """The energy curve as SVG points in a field of 1000 × 100: line and area; None without a curve."""
    points = visit.curve
    if len(points) < 2 or points[-1].at <= points[0].at or points[-1].energy_wh <= 0:
        return None
    begin, length = points[0].at, (points[-1].at - points[0].at).total_seconds()
    most = max(point.energy_wh for point in points)
    placed = [
        f"{1000 * (point.at - begin).total_seconds() / length:.1f},{100 - 98 * float(point.energy_wh / most):.1f}"
        for point in points
    ]
    line = " ".join(placed)
    return line, f"0,100 {line} 1000,100"


def oddities(visit: Session) -> list[str]:
    """What an operator should know of a visit, each in a few words."""
    said = []
    if visit.refused:
        said.append(f"token {visit.verdict or 'refused'}")
    if visit.complete is False:
        said.append(f"missing {', '.join(_lacks(visit.missing)) or 'something'}")
    if visit.revision:
        said.append("revised" if visit.revision == 1 else f"revised {visit.revision} times")
    return said + [word.replace("_", " ") for word in visit.suspect]


def _lacks(missing: Sequence[str]) -> list[str]:
    """In a list, how many messages never came is enough."""
    others, numbers = parted(missing)
    messages = len(numbers)
    return others + ([f"{messages} {'message' if messages == 1 else 'messages'}"] if messages else [])


_STANDINGS: dict[str, tuple[str, Tone]] = {
    "accepted": ("Accepted", "good"),
    "blocked": ("Blocked", "bad"),
    "no_credit": ("No credit", "bad"),
    "lost": ("Lost", "bad"),
    "expired": ("Expired", "wait"),
    "erased": ("Erased", "off"),
}


def standing(token: Token) -> tuple[str, Tone]:
    """Whether a token is good for charging, in a word, and its tone."""
    return _STANDINGS[token.standing]


def token_changes(versions: Sequence[Version]) -> list[tuple[Version, list[str]]]:
    """Each version, the latest first, with what had changed by then in plain words."""
    older = [*versions[1:], None]
    return [(now, _changed(now, then)) for now, then in zip(versions, older, strict=True)] if versions else []


def _changed(now: Version, then: Version | None) -> list[str]:
    if now.state == "erased":
        return ["erased"]
    if then is None or then.state == "erased":
        return [f"known, {now.status.replace('_', ' ')}"]
    found = [
        f"{name.replace('_', ' ')} {_said(name, getattr(then, name))} → {_said(name, getattr(now, name))}"
        for name in ("status", "token_type", "valid_until", "group_ref", "issuer", "contract_ref", "account_uid")
        if getattr(now, name) != getattr(then, name)
    ]
    return found or ["concurrent use " + (now.concurrent or "allowed")]


def _said(name: str, value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d")
    return short(str(value)) if name.endswith(("_ref", "_uid")) else str(value).replace("_", " ")


_OUTCOMES: dict[str | None, Tone] = {"accepted": "good", None: "wait", "expired": "off", "unknown": "wait"}


def outcome(record: CommandRecord) -> tuple[str, Tone]:
    """How a command went, in a word, and its tone."""
    tone = _OUTCOMES.get(record.outcome, "bad")
    return (record.outcome or "on its way").replace("_", " "), tone
