"""What the lists are asked: every filter, with other values each time, so that no answer is only a remembered one."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlencode

import httpx

PAGES = 100
DAYS = 360


@dataclass(frozen=True)
class Seen:
    """Rows that there are, found by the API itself: what is asked for exists."""

    sessions: list[dict[str, Any]]
    stations: list[dict[str, Any]]
    deep_sessions: str
    deep_stations: str

    @classmethod
    def of(cls, client: httpx.Client) -> "Seen":
        """Look around: visits of the whole year, stations of a hundred pages."""
        now, dice = datetime.now(UTC), Random(1)  # noqa: S311
        sessions = []
        for _ in range(20):
            before = (now - timedelta(days=dice.uniform(0, DAYS))).isoformat()
            sessions += _get(client, "/api/v1/sessions", opened_before=before)["items"]
        stations, deep_stations = _walked(client, "/api/v1/stations")
        _, deep_sessions = _walked(client, "/api/v1/sessions")
        return cls(sessions, stations, deep_sessions, deep_stations)


def _walked(client: httpx.Client, path: str) -> tuple[list[dict[str, Any]], str]:
    """The rows of a hundred pages, and the cursor of the last of them."""
    rows, cursor = [], ""
    for _ in range(PAGES):
        page = _get(client, path, cursor=cursor)
        rows += page["items"]
        if page["next"] is None:
            break
        cursor = page["next"]
    return rows, cursor


def _get(client: httpx.Client, path: str, **wanted: str) -> Any:
    answer = client.get(f"{path}?{urlencode(wanted)}")
    answer.raise_for_status()
    return answer.json()


Wish = Callable[[Seen, Random], dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """A kind of request; `wish` says what this one asks for."""

    name: str
    path: str
    wish: Wish = lambda _seen, _dice: {}
    promised: bool = True


def _station(name: str) -> Wish:
    return lambda seen, dice: {name: dice.choice(seen.stations)[name]}


def _visit(name: str) -> Wish:
    return lambda seen, dice: {name: dice.choice(seen.sessions)[name]}


def _always(**wanted: Any) -> Wish:
    return lambda _seen, _dice: wanted


def _part(seen: Seen, dice: Random) -> dict[str, Any]:
    found = dice.choice(seen.stations)
    return {"search": dice.choice([found["identity"][2:8], found["serial"][1:], found["location"].upper()])}


def _period(_seen: Seen, dice: Random) -> dict[str, Any]:
    begin = datetime.now(UTC) - timedelta(days=dice.uniform(1, DAYS))
    return {"opened_from": begin.isoformat(), "opened_before": (begin + timedelta(days=1)).isoformat()}


def _anything(seen: Seen, dice: Random) -> dict[str, Any]:
    found = dice.choice(seen.sessions)
    word = dice.choice(["session_id", "token_ref", "identity", "location"])
    return {"search": found[word][:8] if word == "session_id" else found[word]}


STATIONS, SESSIONS = "/api/v1/stations", "/api/v1/sessions"

QUESTIONS = (
    Question("stations, first page", STATIONS),
    Question("stations, page 100", STATIONS, lambda seen, _: {"cursor": seen.deep_stations}),
    Question("stations, latest change first", STATIONS, _always(sort="-changed")),
    *(
        Question(f"stations {show}", STATIONS, _always(show=show))
        for show in ("online", "offline", "charging", "available", "faulted", "suspect")
    ),
    *(
        Question(f"stations by {name}", STATIONS, _station(name))
        for name in ("protocol", "vendor", "location", "firmware")
    ),
    Question("stations pending", STATIONS, _always(registration="pending")),
    Question(
        "stations of a vendor, faulted, OCPP 2.1",
        STATIONS,
        lambda seen, dice: {**_station("vendor")(seen, dice), "show": "faulted", "protocol": "ocpp2.1"},
    ),
    Question("stations, part of a text", STATIONS, _part),
    Question("stations, two letters that none has", STATIONS, _always(search="~~")),
    Question("stations, counted", f"{STATIONS}/count", _always(show="charging")),
    Question("visits, first page", SESSIONS),
    Question("visits, page 100", SESSIONS, lambda seen, _: {"cursor": seen.deep_sessions}),
    *(Question(f"visits {state}", SESSIONS, _always(state=state)) for state in ("running", "ended", "finalised")),
    Question("visits suspect", SESSIONS, _always(suspect="any")),
    Question("visits with a rare reason", SESSIONS, _always(suspect="concurrent")),
    Question("visits revised", SESSIONS, _always(revised="true")),
    Question("visits of a day", SESSIONS, _period),
    *(Question(f"visits by {name}", SESSIONS, _visit(name)) for name in ("station_uid", "location", "token_ref")),
    Question("visits, searched by id, token, station, location", SESSIONS, _anything),
    Question("visits, counted", f"{SESSIONS}/count", _always(state="finalised")),
    Question("one visit", SESSIONS, lambda seen, dice: {"": dice.choice(seen.sessions)["session_id"]}),
    Question("the overview's page", "/", promised=False),
    Question("the page of stations", "/stations", _part, promised=False),
    Question("the page of visits", "/sessions", _visit("location"), promised=False),
)


class Asker:
    """Asks one question again and again."""

    def __init__(self, client: httpx.Client, seen: Seen, question: Question, seed: int = 0) -> None:
        self._client = client
        self._addresses = self._made(seen, question, Random(seed))  # noqa: S311

    def ask(self, times: int) -> list[float]:
        """The milliseconds that each took."""
        took = []
        for _ in range(times):
            address = next(self._addresses)
            began = time.perf_counter()
            answer = self._client.get(address)
            took.append(1000 * (time.perf_counter() - began))
            answer.raise_for_status()
        return took

    @staticmethod
    def _made(seen: Seen, question: Question, dice: Random) -> Iterator[str]:
        while True:
            wanted = question.wish(seen, dice)
            one = wanted.pop("", None) if "" in wanted else None
            path = question.path if one is None else f"{question.path}/{one}"
            yield f"{path}?{urlencode(wanted)}" if wanted else path
