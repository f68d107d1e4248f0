"""The process of an import; see `process.py`."""

import asyncio
import logging
import resource
import sys
from pathlib import Path
from time import monotonic

import msgspec

from volt_contracts.codec import Undecodable, UnknownType
from volt_contracts.refs import NoSecret
from volt_eventlog.bulk import BulkFailed, BulkUnsure
from volt_eventlog.kafka import Kafka, KafkaError
from volt_eventlog.sizes import TooLarge
from volt_imports.importing import Order, OtherFile, run_import
from volt_imports.process import MEMORY, Failed, Finished, Line, Passed, Request
from volt_imports.rows import Unreadable
from volt_runtime.run import StartError
from volt_runtime.settings import Settings, settings_of

EVERY_S = 0.1
"""Between two lines about the same step."""


def main() -> None:
    """Read the request, do it, say how it ended."""
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=Request)
    _bound(request.most_bytes)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what goes wrong becomes a sentence
    _say(_outcome(request, settings_of(Settings)))


def _outcome(request: Request, settings: Settings) -> Line:
    order = Order(
        path=Path(request.path),
        name=request.name,
        tenant=request.tenant,
        actor=request.actor,
        secret=settings.token_secret.get_secret_value(),
        kind=request.kind,
        issuer=request.issuer,
        key=request.key,
        dry_run=request.dry_run,
        wait=request.wait,
        source=request.source,
        part=request.part,
    )
    kafka = Kafka(settings.kafka_bootstrap_servers, settings.prefix, client_id=request.source)
    try:
        return Finished(asyncio.run(run_import(kafka, order, _Teller().tell)))
    except (Unreadable, OSError) as wrong:
        return Failed("unreadable", str(wrong))
    except MemoryError:
        return Failed("unreadable", MEMORY)
    except OtherFile as wrong:
        return Failed("other_file", str(wrong))
    except BulkUnsure as wrong:
        return Failed("unsure", str(wrong))
    except KafkaError:
        return Failed("unsent", "the log does not answer")
    except (BulkFailed, StartError, NoSecret, TooLarge, UnknownType, Undecodable) as wrong:
        return Failed("unsent", str(wrong))


class _Teller:
    """Says how far it is, not more often than anybody can see; of parts that were written, each."""

    def __init__(self) -> None:
        self._step, self._at = "", 0.0

    def tell(self, step: str, done: int, total: int) -> None:
        now = monotonic()
        if step != self._step or step == "sending" or now - self._at >= EVERY_S:
            self._step, self._at = step, now
            _say(Passed(step, done, total))


def _say(line: Line) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def _bound(most_bytes: int) -> None:
    """A file that would fill the machine's memory ends this process alone."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes if hard < 0 else min(most_bytes, hard), hard))


if __name__ == "__main__":
    main()
