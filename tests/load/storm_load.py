"""Many stations that lose their gateway and come back as chargers do; every loss, attempt and return is on file.

    PYTHONPATH=tests .venv/bin/python -m load.storm_load --stations 10000 --rate 300 --acks a.ndjson --links l.ndjson

Stations call in turn, `--rate` MeterValues a second in all. Who loses its socket waits `--wait-minimum` and up to
`--random-range` seconds more, doubles the minimum with each failure, `--repeat-times` times (OCPP 2.0.1
RetryBackOffWaitMinimum, RandomRange, RepeatTimes), and never comes before a Retry-After is over. On return it says what
was not answered, or its status; it is back when that is acknowledged.

    --acks FILE     as gateway_load writes it, with took_ms
    --links FILE    one JSON line each: at (Unix time), station, and said: connected | lost | refused (status; 0: no
                    answer at all) | back

Prints `{"said": "connected", …}` when all are booted, and ends at SIGTERM. Bounded; it talks to this machine only.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import uvloop
from load.gateway_load import LOOPBACK, Charger, Options, Tally, repeat_late_calls, take_turns, until
from picows import WSError, WSInvalidStatusError, WSTransport, WSUpgradeResponse, ws_connect

STATUS = b'{"connectorId":1,"errorCode":"NoError","status":"Available"}'
SETTLE_S = 300.0
GOODBYE_S = 10.0


class Returning(Charger):
    """A station that comes back."""

    def __init__(self, options: Options, tally: Tally, number: int, run_name: str, links: IO[str]) -> None:
        super().__init__(options, tally, number, run_name)
        self._links = links
        self._was_lost = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The first thing that is said is what was not answered; else how the connector is."""
        self.note("connected")
        super().on_ws_connected(transport)
        if not self.waits:
            self._say("StatusNotification", STATUS)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """It is lost: that begins its way back."""
        super().on_ws_disconnected(transport)
        self._was_lost = True
        self.note("lost")

    def note(self, said: str, **more: int) -> None:
        """A line for the file."""
        self._links.write(json.dumps({"at": time.time(), "station": self.identity, "said": said, **more}) + "\n")

    def _accepted(self, name: bytes, action: str, text: bytes, took: float) -> None:
        self._said["took_ms"] = round(1000 * took, 2)
        super()._accepted(name, action, text, took)
        if self._was_lost:
            self._was_lost = False
            self.note("back")


class BackOff:
    """How long a station waits before it tries again (OCPP 2.0.1 part 4 §5.3)."""

    def __init__(self, minimum_s: float, range_s: float, repeats: int) -> None:
        self._minimum_s = minimum_s
        self._range_s = range_s
        self._repeats = repeats

    def pause_s(self, failures: int) -> float:
        """After so many attempts that failed since the loss."""
        return self._minimum_s * 2.0 ** min(failures, self._repeats) + random.uniform(0, self._range_s)


async def keep_connected(charger: Returning, url: str, back_off: BackOff) -> None:
    """Connect, and when the socket is lost, wait and connect again, for ever."""
    failures = 0
    while True:
        retry_after = 0.0
        try:
            transport, _ = await ws_connect(
                lambda: charger,
                f"{url}/{charger.identity}",
                extra_headers={"Sec-WebSocket-Protocol": "ocpp1.6"},
                read_buffer_init_size=2048,
                enable_auto_pong=False,
            )
            failures = 0
            with suppress(OSError, WSError):
                await transport.wait_disconnected()
        except WSInvalidStatusError as refused:
            failures += 1
            retry_after = _refused(charger, refused.response)
        except (OSError, WSError, TimeoutError):
            failures += 1
            charger.note("refused", status=0)
        await asyncio.sleep(max(retry_after, back_off.pause_s(failures)))


def _refused(charger: Returning, answer: WSUpgradeResponse | None) -> float:
    """Note a refusal; the seconds that the gateway asks to be left alone for."""
    charger.note("refused", status=0 if answer is None else int(answer.status))
    return 0.0 if answer is None else float(answer.headers.get("Retry-After") or 0)


async def run(options: Options, back_off: BackOff, acks: IO[bytes], links: IO[str]) -> None:
    """Connect all, call in turn, until the process is asked to end."""
    tally, ending, name = Tally(acks), asyncio.Event(), f"{int(time.time()):x}"
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    chargers = [Returning(options, tally, number, name, links) for number in range(options.stations)]
    tasks = []
    for number, charger in enumerate(chargers):
        tasks.append(asyncio.create_task(keep_connected(charger, options.url, back_off)))
        if not number % 4:
            await asyncio.sleep(4 / options.connect_per_s)
    await until(lambda: ending.is_set() or all(charger.booted for charger in chargers), SETTLE_S)
    _say("connected", connected=tally.connected, booted=sum(charger.booted for charger in chargers))
    tally.counting = True
    tasks += [
        asyncio.create_task(repeat_late_calls(list(chargers))),
        asyncio.create_task(take_turns(list(chargers), options.rate)),
    ]
    await ending.wait()
    tally.counting = False
    await until(lambda: not any(charger.waits for charger in chargers), GOODBYE_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    _say("ended", frames=tally.frames, resent=tally.resent, connected=tally.connected)


def _say(said: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"said": said, **more}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="ws://127.0.0.1:9000/ocpp/demo")
    parser.add_argument("--stations", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--identity", default="STORM-")
    parser.add_argument("--acks", type=Path, required=True)
    parser.add_argument("--links", type=Path, required=True)
    parser.add_argument("--answer-timeout", type=float, default=30.0)
    parser.add_argument("--connect-per-s", type=float, default=200.0)
    parser.add_argument("--wait-minimum", type=float, default=2.0)
    parser.add_argument("--random-range", type=float, default=10.0)
    parser.add_argument("--repeat-times", type=int, default=3)
    said = parser.parse_args()
    if urlsplit(said.url).hostname not in LOOPBACK:
        parser.error("the load goes to this machine only")
    if not 0 < said.stations <= 15_000:
        parser.error("1 to 15,000 stations")
    options = Options(
        url=said.url, stations=said.stations, seconds=3600, frames=0, mode="meter", rate=said.rate, readings=0,
        tokens=["TAG0001"], identity=said.identity, acks=said.acks, answer_timeout=said.answer_timeout,
        connect_per_s=said.connect_per_s, pid=0,
    )  # fmt: skip
    back_off = BackOff(said.wait_minimum, said.random_range, said.repeat_times)
    with said.acks.open("ab", buffering=0) as acks, said.links.open("a", buffering=1) as links:
        uvloop.run(run(options, back_off, acks, links))


if __name__ == "__main__":
    main()
