"""A process that behaves as its first argument says: what `run` does with each is seen from outside."""

import asyncio
import sys
from typing import Any

from volt_runtime.run import Runtime, StartError, run
from volt_runtime.settings import Settings, settings_of


async def main(rt: Runtime[Any]) -> None:
    """Behave."""
    rt.readiness.add("main", lambda: None)
    match sys.argv[1]:
        case "works":
            rt.create_task(asyncio.Event().wait(), "worker")
            sys.stdout.write("working\n")
            sys.stdout.flush()
            await rt.stopping.wait()
        case "refuses":
            raise StartError("there is no topic; run `voltlog topics create` first")
        case "fails":
            raise ValueError("a mistake of ours")
        case "returns":
            return
        case "loses a task":
            rt.create_task(_die(ValueError("the task is dead")), "worker")
            await rt.stopping.wait()
        case "loses its offsets":
            rt.create_task(_die(StartError("station.station has no usable offset")), "station.station")
            await rt.stopping.wait()
        case "has a task cancelled":
            task = rt.create_task(asyncio.Event().wait(), "worker")
            asyncio.get_running_loop().call_later(0.01, task.cancel)
            await rt.stopping.wait()
        case "is slow":
            rt.create_task(_slow(), "worker")
            sys.stdout.write("working\n")
            sys.stdout.flush()
            await rt.stopping.wait()


async def _die(why: Exception) -> None:
    await asyncio.sleep(0.01)
    raise why


async def _slow() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0.2)
        sys.stdout.write("cleaned up\n")


if __name__ == "__main__":
    run("program", settings_of(Settings), main)
